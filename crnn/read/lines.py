"""image -> line crops: finding the lines of a clean page or form.

Ink by adaptive threshold, ruled lines taken out, what is left smeared sideways by part of a
character's height (Wong, Casey, Wahl 1982, run-length smoothing), and the pieces put together to
lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.errors import ImageTooLarge
from crnn.read.page import Box
from crnn.read.tensor import dark_on_light

Grey = NDArray[np.uint8]
Boxes = NDArray[np.int32]

RULE_LENGTH = 2.2
SMEAR = 1.2
MARGIN = 0.14
MIN_TEXT_HEIGHT, MAX_TEXT_HEIGHT = 5, 400
STANDS_ON_END = 1.8
"""An image this many times higher than wide may be a line turned by a quarter."""
MAX_PIECES, MAX_LINES = 3000, 600
"""More is no page of text, and would keep a core busy for minutes."""
WORKING_SIDE = 1800
"""Longer images are searched at this size: print at 300 dpi is larger than finding it takes."""


@dataclass(frozen=True)
class LineCrop:
    """A cut-out line. grey: (H, W), box: where it stood in the image."""

    grey: Grey
    box: Box


def is_single_line(grey: Grey, boxes: list[Box]) -> bool:
    """Whether an image is the crop of one line, upright or on end, rather than a page.

    grey: (H, W); boxes: what `find_boxes` found in it.
    """
    height, width = grey.shape
    if height > STANDS_ON_END * width:
        turned = np.ascontiguousarray(np.rot90(grey))
        return is_single_line(turned, find_boxes(turned))
    rows = group_rows(boxes)
    tallest: int = max((box[3] - box[1] for box in boxes), default=0)
    if len(rows) <= 1:
        return bool(tallest >= 0.25 * height or height <= 64 or width >= 6 * height)
    return bool(tallest >= 0.55 * height)


def find_lines(grey: Grey) -> list[LineCrop]:
    """The lines of a page in reading order, top to bottom, left to right. grey: (H, W)."""
    return cut(grey, find_boxes(grey))


def cut(grey: Grey, boxes: list[Box]) -> list[LineCrop]:
    """The crops of boxes in reading order, each with a margin. grey: (H, W)."""
    height, width = grey.shape
    crops = []
    for row in group_rows(boxes):
        for left, top, right, bottom in row:
            margin = max(2, round((bottom - top) * MARGIN))
            box = (
                max(0, left - margin),
                max(0, top - margin),
                min(width, right + margin),
                min(height, bottom + margin),
            )
            crops.append(LineCrop(grey[box[1] : box[3], box[0] : box[2]], box))
    return crops


def find_boxes(grey: Grey) -> list[Box]:
    """The ink boxes of lines, in no order. grey: (H, W)."""
    scale = WORKING_SIDE / max(grey.shape)
    if scale >= 1:
        return _find_boxes(grey)
    small = np.asarray(
        cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )
    height, width = grey.shape
    return [
        (
            int(left / scale),
            int(top / scale),
            min(width, math.ceil(right / scale)),
            min(height, math.ceil(bottom / scale)),
        )
        for left, top, right, bottom in _find_boxes(small)
    ]


def _find_boxes(grey: Grey) -> list[Box]:
    ink = ink_mask(dark_on_light(grey))
    height = text_height(ink)
    if height == 0:
        return []
    ruled = rule_mask(ink, height)
    unruled = np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(ruled)), np.uint8)
    ink = drop_specks(unruled, height)
    reach = max(3, round(SMEAR * height))
    smeared = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    smeared = cv2.bitwise_and(smeared, cv2.bitwise_not(vertical_rules(ruled, height)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(smeared, connectivity=8)
    if len(stats) > MAX_PIECES:
        raise ImageTooLarge(
            f"{len(stats) - 1} pieces of ink; a page may have {MAX_PIECES}: is it a photograph?"
        )
    boxes = merge([_corners(row) for row in stats[1:]], height)
    boxes = [part for box in boxes for part in split(ink, box, height)]
    boxes = [box for box in boxes if _is_text(box, ink, height)]
    if len(boxes) > MAX_LINES:
        raise ImageTooLarge(f"{len(boxes)} lines on one page; the limit is {MAX_LINES}")
    return boxes


def ink_mask(grey: Grey) -> Grey:
    """255 where there is ink, by a threshold adapted to the neighbourhood. (H, W)."""
    block = min(51, (min(grey.shape) // 2) | 1)
    mask = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, max(3, block), 12
    )
    dark, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.where((grey < dark * 0.6), np.uint8(255), mask).astype(np.uint8)


def text_height(ink: Grey) -> int:
    """The usual height of characters in pixels, from connected pieces of ink; 0 without any."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = stats[1:]
    widths, heights = pieces[:, cv2.CC_STAT_WIDTH], pieces[:, cv2.CC_STAT_HEIGHT]
    likely = (heights >= MIN_TEXT_HEIGHT) & (heights <= MAX_TEXT_HEIGHT) & (widths <= 4 * heights)
    likely &= heights <= 8 * widths
    if not likely.any():
        return 0
    found = np.sort(heights[likely])
    return int(found[int(0.75 * (len(found) - 1))])


def rule_mask(ink: Grey, height: int) -> Grey:
    """255 on ruled lines, both ways: straight runs longer than any character's stroke. (H, W)."""
    length = max(12, round(RULE_LENGTH * height))
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    rules = cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8))
    return np.asarray(rules, np.uint8)


def vertical_rules(ruled: Grey, height: int) -> Grey:
    """The upright lines among the ruled ones: no line of text crosses them. (H, W)."""
    upright = cv2.morphologyEx(ruled, cv2.MORPH_OPEN, np.ones((2 * height, 1), np.uint8))
    return np.asarray(upright, np.uint8)


def drop_specks(ink: Grey, height: int) -> Grey:
    """Ink without pieces far smaller than a dot of the usual text. (H, W)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= max(3, 0.006 * height * height)
    keep[0] = False
    if count > 1:
        return np.where(keep[labels], np.uint8(255), np.uint8(0)).astype(np.uint8)
    return ink


def merge(boxes: list[Box], height: int) -> list[Box]:
    """Pieces of one line put together: side by side, or a part above or below its own."""
    count = len(boxes) + 1
    while len(boxes) < count:
        count = len(boxes)
        boxes = _merge_once(sorted(boxes), height)
    return boxes


def _merge_once(boxes: list[Box], height: int) -> list[Box]:
    """One pass; each box meets only those that reach into its bands of one text height."""
    kept: dict[int, Box] = {}
    bands: dict[int, list[int]] = {}
    for number, box in enumerate(boxes):
        reach = range((box[1] - height) // height, (box[3] + height) // height + 1)
        near = {i for band in reach for i in bands.get(band, ()) if i in kept}
        owner = next((i for i in sorted(near) if _belongs(box, kept[i], height)), number)
        kept[owner] = _union(box, kept[owner]) if owner in kept else box
        for band in range(kept[owner][1] // height, kept[owner][3] // height + 1):
            bands.setdefault(band, []).append(owner)
    return list(kept.values())


def split(ink: Grey, box: Box, height: int) -> list[Box]:
    """A box of several lines cut where hardly any ink stands between them."""
    left, top, right, bottom = box
    if bottom - top < 1.7 * height:
        return [box]
    filled = np.count_nonzero(ink[top:bottom, left:right], axis=1)
    rows = filled > max(1, 0.02 * (right - left))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], rows.view(np.int8), [0]))))
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    bands: list[list[int]] = []
    for start, end in runs:
        small = bands and (
            end - start < 0.35 * height or bands[-1][1] - bands[-1][0] < 0.35 * height
        )
        if bands and (small and start - bands[-1][1] < 0.3 * height):
            bands[-1][1] = end
        else:
            bands.append([start, end])
    return [(left, top + start, right, top + end) for start, end in bands] or [box]


def group_rows(boxes: list[Box]) -> list[list[Box]]:
    """Boxes at one level side by side, rows from top to bottom."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b[1] + b[3]) / 2):
        last = rows[-1] if rows else []
        if last and _at_one_level(box, last):
            last.append(box)
        else:
            rows.append([box])
    return [sorted(row) for row in rows]


def _at_one_level(box: Box, row: list[Box]) -> bool:
    middle = (box[1] + box[3]) / 2
    if not min(b[1] for b in row) < middle < max(b[3] for b in row):
        return False
    shared = (
        _overlap(box[0], box[2], b[0], b[2]) > 0.3 * min(box[2] - box[0], b[2] - b[0]) for b in row
    )
    return not any(shared)


def _belongs(a: Box, b: Box, height: int) -> bool:
    down = _overlap(a[1], a[3], b[1], b[3])
    across = _overlap(a[0], a[2], b[0], b[2])
    low, high = sorted((a[3] - a[1], b[3] - b[1]))
    if down >= 0.6 * low and across > -0.4 * height:
        return low >= 0.3 * high or across > -0.25 * height
    stacked = low < 0.6 * height and down > -0.22 * height and high + low < 1.7 * height
    return stacked and across >= 0.7 * min(a[2] - a[0], b[2] - b[0])


def _is_text(box: Box, ink: Grey, height: int) -> bool:
    left, top, right, bottom = box
    if bottom - top < max(MIN_TEXT_HEIGHT, 0.4 * height) or bottom - top > 5 * height:
        return False
    share = np.count_nonzero(ink[top:bottom, left:right]) / ((bottom - top) * (right - left))
    return bool(0.02 < share < 0.9)


def _corners(row: NDArray[np.int32]) -> Box:
    left, top, width, height = (int(value) for value in row[:4])
    return left, top, left + width, top + height


def _overlap(a0: int, a1: int, b0: int, b1: int) -> int:
    """Pixels that two ranges share; negative is the gap between them."""
    return min(a1, b1) - max(a0, b0)


def _union(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
