"""Pieces of smeared ink put together to lines, and what holds several lines cut apart."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.layout.binarize import MIN_TEXT_HEIGHT, Grey
from crnn.page import Box

WORD_GAP = 0.9
"""Pieces of large print this many of their own heights apart may stand in one line."""

RIM, DASHES = 0.3, 0.25
"""Text heights: how near to the picture's edge its rim is, and how thick dashes are at most."""


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
        kept[owner] = union(box, kept[owner]) if owner in kept else box
        for band in range(kept[owner][1] // height, kept[owner][3] // height + 1):
            bands.setdefault(band, []).append(owner)
    return list(kept.values())


def _belongs(a: Box, b: Box, height: int) -> bool:
    down = overlap(a[1], a[3], b[1], b[3])
    across = overlap(a[0], a[2], b[0], b[2])
    low, high = sorted((a[3] - a[1], b[3] - b[1]))
    if down >= 0.6 * low and across > -0.4 * height:
        return low >= 0.3 * high or across > -0.25 * height
    if low > 1.8 * height and down >= 0.6 * high and across > -WORD_GAP * low:
        return True
    stacked = low < 0.6 * height and down > -0.22 * height and high + low < 1.7 * height
    return stacked and across >= 0.7 * min(a[2] - a[0], b[2] - b[0])


def split(ink: Grey, box: Box, height: int) -> list[Box]:
    """A box of several lines cut where hardly any ink stands between them. ink: (H, W)."""
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


def is_text(box: Box, ink: Grey, height: int) -> bool:
    """Whether ink (H, W) in a box is of a line's size and as dense as writing."""
    left, top, right, bottom = box
    if bottom - top < max(MIN_TEXT_HEIGHT, 0.4 * height) or bottom - top > 8 * height:
        return False
    edge = RIM * height
    if right - left < 1.5 * height and (left < edge or right > ink.shape[1] - edge):
        return False  # what is cut off there is another page's, or none
    columns = np.count_nonzero(ink[top:bottom, left:right], axis=0)
    if right - left > 4 * height and np.quantile(columns, 0.95) < DASHES * height:
        return False  # a dashed rule
    share = columns.sum() / ((bottom - top) * (right - left))
    solid = share > 0.7 and min(bottom - top, right - left) > height  # a punched hole
    return bool(0.02 < share < 0.9) and not solid


def corners(row: NDArray[np.int32]) -> Box:
    """The box of a row of connectedComponentsWithStats."""
    left, top, width, height = (int(value) for value in row[:4])
    return left, top, left + width, top + height


def components(mask: Grey) -> list[Box]:
    """The boxes of a mask's connected pieces. (H, W)."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return [corners(row) for row in stats[1:]]


def overlap(a0: int, a1: int, b0: int, b1: int) -> int:
    """Pixels that two ranges share; negative is the gap between them."""
    return min(a1, b1) - max(a0, b0)


def union(a: Box, b: Box) -> Box:
    """The smallest box round two."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
