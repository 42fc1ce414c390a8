"""A page surveyed: its lines, rules and tables, and how it lay in the image.

Ink by adaptive threshold, ruled lines taken out, what is left smeared sideways by part of a
character's height (Wong, Casey, Wahl 1982, run-length smoothing), and the pieces put together to
lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.errors import ImageTooLarge
from crnn.layout import (
    dewarp,
    line_segmentation,
    ruled_lines,
    tables,
)
from crnn.layout import (
    reading_order as order,
)
from crnn.layout.binarize import (
    Grey,
    Labelled,
    at_rim,
    dark_ink,
    evened,
    ink_mask,
    labelled,
    light,
    specks,
    text_height,
)
from crnn.page import Box

SMEAR = 1.2
MAX_PIECES, MAX_LINES = 3000, 600
"""More is no page of text, and would keep a core busy for minutes."""
WORKING_SIDE = 1800
"""Longer images are searched at this size: print at 300 dpi is larger than finding it takes."""
LARGE = 1.8
"""Print so much higher than the usual text is smeared by its own height."""


@dataclass(frozen=True)
class Survey:
    """What stands on a page, in pixels of `grey`, the page as it is read: upright and evenly lit.

    grey: (H, W). boxes: the ink of lines, in no order. lifted: the rules (h, w) at the size
    searched, `scale` times that of grey. ink: (h, w) without rules; height: of the text there.
    to_image: the matrix (3, 3) from grey to the image, None where they are the same; turns: how
    many quarters anticlockwise the image was turned.
    """

    grey: Grey
    boxes: list[Box]
    grids: list[tables.Grid]
    lifted: Grey | None
    scale: float
    height: int
    to_image: NDArray[np.float64] | None = None
    ink: Grey | None = None
    turns: int = 0


def survey(grey: Grey) -> Survey:
    """What is found on a page (H, W) as it lies."""
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    small = grey
    if scale < 1:
        small = np.asarray(
            cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    upright = dark_ink(small)
    paper = light(upright)
    if paper is not None:
        grey = evened(grey if upright is small else np.asarray(cv2.bitwise_not(grey)), paper)
        upright = evened(upright, paper)
    ink = ink_mask(upright)
    result = labelled(ink)
    height = text_height(result)
    if height == 0:
        return Survey(grey, [], [], None, scale, 0)
    rubbish = specks(result, height) | at_rim(result, height)
    ink = result.only(~rubbish)
    ruled = ruled_lines.find_rules(ink, result, height)
    strokes = np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(ruled.both)), np.uint8)
    gone = ruled_lines.lifted(ink, strokes, ruled)
    result = labelled(strokes)
    ink = result.only(~specks(result, height))
    boxes = _lines(ink, result, ruled, height)
    grids = tables.find_grids(ruled, height)
    back = 1 / scale
    return Survey(
        grey,
        [_scaled(box, back, grey.shape) for box in boxes],
        [_grid_scaled(grid, back, grey.shape) for grid in grids],
        gone if gone.any() else None,
        scale,
        height,
        ink=ink,
    )


def _lines(ink: Grey, known: Labelled, ruled: ruled_lines.Rules, height: int) -> list[Box]:
    """The boxes of lines in ink (H, W) without rules, whose pieces are known."""
    walls = ruled_lines.standing(ruled, height)
    large, usual = _by_size(ink, known, height)
    results = [box for box in large if line_segmentation.is_text(box, ink, height)]
    smeared = _smeared(usual, walls, height)
    boxes = line_segmentation.components(smeared)
    if len(boxes) > MAX_PIECES:
        raise ImageTooLarge(
            f"{len(boxes)} pieces of ink; a page may have {MAX_PIECES}: is it a photograph?"
        )
    boxes = line_segmentation.merge(boxes, height)
    boxes = [part for box in boxes for part in line_segmentation.split(usual, box, height)]
    results += [box for box in boxes if line_segmentation.is_text(box, usual, height)]
    if len(results) > MAX_LINES:
        raise ImageTooLarge(f"{len(results)} lines on one page; the limit is {MAX_LINES}")
    return results


def _smeared(ink: Grey, walls: Grey, height: int) -> Grey:
    reach = max(3, round(SMEAR * height)) | 1
    # OpenCV closes towards the rim, as if ink stood beyond it: the rim is moved away.
    wider = cv2.copyMakeBorder(ink, 0, 0, reach, reach, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(wider, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    smeared = np.ascontiguousarray(closed[:, reach:-reach])
    return np.asarray(cv2.bitwise_and(smeared, cv2.bitwise_not(walls)), np.uint8)


def _by_size(ink: Grey, known: Labelled, height: int) -> tuple[list[Box], Grey]:
    """The lines of large print in ink (H, W), and the ink without them."""
    stats = known.stats
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    large = (high > LARGE * height) & (high <= ruled_lines.LARGEST_CHARACTER * height)
    large &= (wide <= 3 * high) & (wide >= 0.12 * high)
    large[0] = False
    if np.count_nonzero(large) < 2:
        return [], ink
    mask = known.only(large)
    tall = int(np.median(high[large]))
    rows = line_segmentation.merge(
        line_segmentation.components(_smeared(mask, np.zeros_like(mask), tall)), tall
    )
    rows = [box for box in rows if box[2] - box[0] > 1.6 * (box[3] - box[1])]
    chosen = np.zeros(len(stats), np.bool_)
    grown = []
    for box in rows:
        left, top, right, bottom = box
        reach = round(0.25 * (bottom - top))
        inside = _inside(stats, (left - reach, top - reach, right + reach, bottom + reach))
        if inside.size:
            box = line_segmentation.union(box, _round(stats[inside]))
        if len(line_segmentation.split(ink, box, height)) > 1:
            continue  # two lines of the usual print that touch
        chosen[inside] = True
        grown.append(box)
    if not grown:
        return [], ink
    return grown, np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(known.only(chosen))), np.uint8)


def _inside(stats: NDArray[np.int32], box: Box) -> NDArray[np.intp]:
    """The numbers of the pieces whose whole box lies in another."""
    left, top, right, bottom = box
    x, y, w, h = (stats[:, n] for n in range(4))
    held = (x >= left) & (y >= top) & (x + w <= right) & (y + h <= bottom)
    held[0] = False
    return np.flatnonzero(held)


def _round(stats: NDArray[np.int32]) -> Box:
    """The box round pieces."""
    x, y, w, h = (stats[:, n] for n in range(4))
    return int(x.min()), int(y.min()), int((x + w).max()), int((y + h).max())


def _scaled(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    left, top, right, bottom = box
    return (
        int(left * factor),
        int(top * factor),
        min(shape[1], math.ceil(right * factor)),
        min(shape[0], math.ceil(bottom * factor)),
    )


def _grid_scaled(grid: tables.Grid, factor: float, shape: tuple[int, ...]) -> tables.Grid:
    cells = tuple(replace(c, box=_scaled(c.box, factor, shape)) for c in grid.cells)
    return replace(grid, box=_scaled(grid.box, factor, shape), cells=cells)


def dewarped(page: Survey) -> Survey:
    """The survey of the page laid level, flat and evenly lit; itself where it is."""
    result, matrix = page, None
    sheet = dewarp.paper_corners(page.grey)
    if sheet is not None and _holds_the_ink(sheet, page):
        matrix, size = dewarp.flattening(sheet)
        result = survey(_warped(page.grey, matrix, size))
    level_only = matrix is None
    for _ in range(2):
        if result.ink is None:
            break
        level = dewarp.straightening(result.ink)
        if level is None:
            break
        shrink = np.diag((result.scale, result.scale, 1.0))
        level = np.linalg.inv(shrink) @ level @ shrink
        matrix = level if matrix is None else level @ matrix
        size = _extent(matrix, page.grey.shape) if level_only else result.grey.shape[::-1]
        result = survey(_warped(page.grey, matrix, size))
    if matrix is None:
        return page
    return replace(result, to_image=np.asarray(np.linalg.inv(matrix), np.float64))


def _holds_the_ink(sheet: NDArray[np.float64], page: Survey) -> bool:
    """Whether nearly all ink stands inside corners (4, 2): the edge of a shadow cuts through it."""
    if page.ink is None:
        return False
    inside = np.zeros_like(page.ink)
    cv2.fillConvexPoly(inside, np.rint(sheet * page.scale).astype(np.int32), 255)
    held = np.count_nonzero(cv2.bitwise_and(page.ink, inside))
    return bool(held >= 0.95 * np.count_nonzero(page.ink))


def _extent(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int]:
    """How wide and high the image of a picture is, from the origin."""
    height, width = shape
    sides = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float64)
    reached = cv2.perspectiveTransform(sides, matrix)[0].max(axis=0)
    limit = 2 * max(shape)
    return int(min(limit, max(8, reached[0]))), int(min(limit, max(8, reached[1])))


def _warped(grey: Grey, matrix: NDArray[np.float64], size: tuple[int, int]) -> Grey:
    rim = int(np.percentile(grey[::8, ::8], 80))
    return np.asarray(
        cv2.warpPerspective(grey, matrix, size, flags=cv2.INTER_CUBIC, borderValue=rim), np.uint8
    )


def reading_order(page: Survey) -> list[Box]:
    """The boxes of a page in the order they are read: tables cell by cell, prose by columns."""
    placed: dict[Box, list[Box]] = {grid.box: _within(grid, page.boxes) for grid in page.grids}
    taken = {box for boxes in placed.values() for box in boxes}
    blocks = [box for box in page.boxes if box not in taken] + list(placed)
    ordered = []
    for box in order.in_order(blocks):
        ordered += placed.get(box, [box])
    return ordered


def _within(grid: tables.Grid, boxes: list[Box]) -> list[Box]:
    """The lines of a table, cell by cell; what stands in no cell where it would be one."""
    cells: dict[tuple[int, int], list[Box]] = {}
    tops = [cell.box[1] for cell in grid.cells]
    for box in boxes:
        number = tables.cell_at(grid, box)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if number is not None:
            cell = grid.cells[number]
            cells.setdefault((cell.row, cell.column), []).append(box)
        elif grid.box[0] <= x < grid.box[2] and grid.box[1] <= y < grid.box[3]:
            row = grid.cells[max(0, sum(top <= y for top in sorted(tops)) - 1)].row
            cells.setdefault((row, grid.columns), []).append(box)
    return [box for place in sorted(cells) for row in order.group_rows(cells[place]) for box in row]
