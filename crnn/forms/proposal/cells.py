"""Where a blank can be written on: cells between rules, boxes to tick, rules to write on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.darkness import darkness, ink
from crnn.page import Box

Grey = NDArray[np.uint8]

SMALLEST, LARGEST = 0.006, 0.03
"""The sides of a box to tick in parts of the page's longer side."""
RULE = 0.022
"""A rule is at least that long, in the same parts."""
SQUARE = 0.18
FILLED = 0.86
"""How far the sides of a box may differ; how much of its corners' box a cell covers."""


@dataclass(frozen=True)
class Layout:
    """cells: closed by rules all around; squares: boxes to tick; underlines: single rules."""

    cells: tuple[Box, ...]
    squares: tuple[Box, ...]
    underlines: tuple[Box, ...]


def layout(blank: Grey) -> Layout:
    """Where a blank (H, W) can be written on."""
    dark = ink(darkness(blank))
    side = max(blank.shape)
    squares = _squares(dark, side)
    across = _runs(dark, (max(12, round(RULE * side)), 1))
    down = _runs(dark, (1, max(12, round(RULE * side))))
    rules = np.asarray(cv2.dilate(across | down, np.ones((3, 3), np.uint8)), np.uint8)
    cells = _cells(rules, squares, side)
    return Layout(cells, squares, _underlines(across, down, cells, side))


def _runs(dark: Grey, size: tuple[int, int]) -> Grey:
    """Straight runs of ink as long as (W, H) says, a skew of one pixel forgiven. (H, W)."""
    kernel = np.ones((size[1], size[0]), np.uint8)
    thick = cv2.dilate(dark, np.ones((3, 1) if size[1] == 1 else (1, 3), np.uint8))
    return np.asarray(cv2.morphologyEx(thick, cv2.MORPH_OPEN, kernel), np.uint8)


def _cells(rules: Grey, squares: tuple[Box, ...], side: int) -> tuple[Box, ...]:
    """Rectangles of paper that rules close, none of them the page. rules: (H, W)."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(255 - rules, connectivity=4)
    height, width = rules.shape
    results = []
    for left, top, wide, high, area in stats[1:].tolist():
        touches = left == 0 or top == 0 or left + wide == width or top + high == height
        small = min(wide, high) < 0.009 * side
        if touches or small or area < FILLED * wide * high:
            continue
        box = (left - 1, top - 1, left + wide + 1, top + high + 1)
        if not any(_is_same(box, one) for one in squares):
            results.append(box)
    return tuple(results)


def _squares(dark: Grey, side: int) -> tuple[Box, ...]:
    """Boxes to tick: closed, square, empty, with paper around them. dark: (H, W)."""
    least, most = max(8, SMALLEST * side), max(16, LARGEST * side)
    outlines, tree = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    results = []
    for outline, (_, _, child, parent) in zip(
        outlines, tree[0] if tree is not None else (), strict=True
    ):
        left, top, wide, high = cv2.boundingRect(outline)
        alike = abs(wide - high) <= SQUARE * max(wide, high)
        if parent >= 0 or child < 0 or not alike or not least <= max(wide, high) <= most:
            continue
        inner = max(cv2.contourArea(outlines[at]) for at in _children(tree[0], child))
        straight = cv2.contourArea(outline) >= 0.86 * (wide - 1) * (high - 1)
        inside = dark[top + 4 : top + high - 4, left + 4 : left + wide - 4]
        if straight and inner >= 0.45 * wide * high and not inside.any():
            results.append((left, top, left + wide, top + high))
    return tuple(results)


def _children(tree: NDArray[np.int32], first: int) -> list[int]:
    results = []
    while first >= 0:
        results.append(first)
        first = int(tree[first][0])
    return results


def _underlines(across: Grey, down: Grey, cells: tuple[Box, ...], side: int) -> tuple[Box, ...]:
    """Rules that close no cell and meet no upright one. across, down: (H, W)."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(across, connectivity=8)
    crossed = set(np.unique(pieces[cv2.dilate(down, np.ones((5, 5), np.uint8)) > 0]).tolist())
    results = []
    for number, (left, top, wide, high, _) in enumerate(stats.tolist()):
        if number == 0 or number in crossed or wide < 0.04 * side or high > 0.01 * side:
            continue
        inside = any(c[0] < left and left + wide < c[2] and c[1] < top < c[3] for c in cells)
        if not inside or wide < 0.9 * side:
            results.append((left, top, left + wide, top + high))
    return tuple(results)


def _is_same(a: Box, b: Box) -> bool:
    return all(abs(x - y) <= 6 for x, y in zip(a, b, strict=True))
