"""Ruled grids: from the rules of a page to cells with rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from crnn.layout.binarize import Grey
from crnn.layout.line_segmentation import corners
from crnn.layout.ruled_lines import Rules
from crnn.page import Box

LEAST_CELL = 0.8
"""The least width and height of a cell, in text heights."""
SAME_EDGE = 0.5
"""Edges of cells nearer than this, in text heights, are one rule."""
MAX_CELLS = 2000


@dataclass(frozen=True)
class CellPlace:
    """A cell of a grid: its box, its first row and column, and how many of each it spans."""

    box: Box
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True)
class Grid:
    """A ruled table: its box, and its cells row by row."""

    box: Box
    rows: int
    columns: int
    cells: tuple[CellPlace, ...]


def find_grids(rules: Rules, height: int) -> list[Grid]:
    """The tables that rules enclose, from the top; height: of the text, in pixels."""
    if not rules.down.any() or not rules.across.any():
        return []
    gap = max(3, height // 2) | 1
    across = cv2.morphologyEx(rules.across, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    down = cv2.morphologyEx(rules.down, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    lattice = np.asarray(cv2.bitwise_or(across, down), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(lattice, connectivity=8)
    results = []
    for row in stats[1:]:
        box = corners(row)
        if box[2] - box[0] >= 4 * height and box[3] - box[1] >= 2 * height:
            grid = _grid(lattice, box, height)
            if grid:
                results.append(grid)
    return sorted(results, key=lambda grid: (grid.box[1], grid.box[0]))


def _grid(lattice: Grey, box: Box, height: int) -> Grid | None:
    """The cells inside a connected lattice (H, W); None where these are no rows and columns."""
    boxes = _cell_boxes(lattice, box, height)
    if not 2 <= len(boxes) <= MAX_CELLS:
        return None
    columns = edges([side for b in boxes for side in (b[0], b[2])], height)
    rows = edges([side for b in boxes for side in (b[1], b[3])], height)
    if len(columns) < 3 or len(rows) < 3:
        return None
    cells = []
    for b in boxes:
        left, right = nearest(columns, b[0]), nearest(columns, b[2])
        top, bottom = nearest(rows, b[1]), nearest(rows, b[3])
        cells.append(CellPlace(b, top, left, max(1, bottom - top), max(1, right - left)))
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Grid(box, len(rows) - 1, len(columns) - 1, tuple(cells))


def _cell_boxes(lattice: Grey, box: Box, height: int) -> list[Box]:
    """The white rectangles between rules."""
    left, top, right, bottom = box
    inside = cv2.bitwise_not(lattice[top:bottom, left:right])
    inside = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(inside, np.uint8), connectivity=4)
    wide, high = right - left + 2, bottom - top + 2
    results = []
    for row in stats[1:]:
        x, y, w, h, area = (int(value) for value in row)
        outside = x == 0 or y == 0 or x + w == wide or y + h == high
        if outside or min(w, h) < LEAST_CELL * height or area < 0.6 * w * h:
            continue
        results.append((left + x - 1, top + y - 1, left + x - 1 + w, top + y - 1 + h))
    return results


def edges(sides: list[int], height: int) -> list[float]:
    """The rules that sides of cells lie at: sides near each other are one."""
    groups: list[list[int]] = []
    for side in sorted(sides):
        if groups and side - groups[-1][-1] <= SAME_EDGE * height:
            groups[-1].append(side)
        else:
            groups.append([side])
    return [sum(group) / len(group) for group in groups]


def nearest(places: list[float], at: float) -> int:
    """Which place is nearest."""
    return min(range(len(places)), key=lambda n: abs(places[n] - at))


def cell_at(grid: Grid, box: Box) -> int | None:
    """The number of the cell that a line's middle stands in."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for number, cell in enumerate(grid.cells):
        left, top, right, bottom = cell.box
        if left <= x < right and top <= y < bottom:
            return number
    return None
