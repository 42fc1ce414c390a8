"""image -> line crops: the lines of a page or form, cut out of it as it is surveyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.layout.analysis import Survey, dewarped, reading_order, survey
from crnn.layout.reading_order import group_rows
from crnn.page import Box
from crnn.preprocess.trim import trim_whitespace

__all__ = [
    "ON_END_ASPECT",
    "LineCrop",
    "all_of",
    "cut",
    "find_boxes",
    "find_lines",
    "group_rows",
    "is_single_line",
    "only_line",
    "dewarped",
    "survey",
]

Grey = NDArray[np.uint8]

MARGIN = 0.14
ON_END_ASPECT = 1.8
"""An image this many times higher than wide may be a line turned by a quarter."""
SMALL = 256
"""Pixels of a side; in an image no larger one character may stand alone, cut to its edges."""
PARTS, SQUARE = 4, 1.6
"""Such an image with so few pieces, and sides as alike, may be one character in parts: 三, 亮."""
HIGHEST, COLUMN_GAP = 0.5, 3.0
"""A line amid paper has pieces over that share of the height of all ink there, and from one to the
next it is no further than so many heights."""
PAPER = 0.85
"""The quantile of a crop's levels that rules are painted over with."""


@dataclass(frozen=True)
class LineCrop:
    """A cut-out line. grey: (H, W), box: where it stood in the image.

    ruled: the same with the rules that were lifted off it, None where there were none.
    """

    grey: Grey
    box: Box
    ruled: Grey | None = None


def is_single_line(grey: Grey, boxes: list[Box]) -> bool:
    """Whether an image is the crop of one line, upright or on end, rather than a page.

    grey: (H, W); boxes: what `find_boxes` found in it.
    """
    height, width = grey.shape
    if height > ON_END_ASPECT * width:
        turned = np.ascontiguousarray(np.rot90(grey))
        return is_single_line(turned, find_boxes(turned))
    rows = group_rows(boxes)
    tallest = _tallest(boxes)
    if not rows and max(height, width) <= SMALL:
        return True  # a character cut to its edges, or nothing
    if len(rows) <= 1:
        return bool(tallest >= 0.25 * height or height <= 64 or width >= 6 * height)
    return bool(tallest >= 0.55 * height)


def only_line(
    grey: Grey, page: Survey, is_character: Callable[[Grey], bool] = lambda _: False
) -> LineCrop | None:
    """The line of an image (H, W) that is the crop of one, or holds one amid paper; else None.

    page: what was found in it. What is askew, in several rows or far apart is a page, but for what
    may be one character of several parts, and is_character says so.
    """
    if is_single_line(grey, page.boxes):
        return all_of(grey)
    rows = group_rows(page.boxes)
    if len(rows) > 1 and may_be_character(grey, page) and is_character(grey):
        inner = trim_whitespace(grey)
        return LineCrop(inner.grey, inner.box)
    if len(rows) != 1 or _is_apart(rows[0]):
        return None
    inner = trim_whitespace(grey)
    if inner.grey is grey or _tallest(rows[0]) < HIGHEST * len(inner.grey):
        return None
    if dewarped(page) is not page:
        return None
    return LineCrop(inner.grey, inner.box)


def may_be_character(grey: Grey, page: Survey) -> bool:
    """Whether an image (H, W) is small and square, and has few pieces."""
    low, high = sorted(grey.shape)
    return bool(high <= SMALL and high < SQUARE * low and len(page.boxes) <= PARTS)


def _is_apart(row: list[Box]) -> bool:
    """Whether boxes side by side are columns rather than the words of a line."""
    gaps = [right[0] - left[2] for left, right in pairwise(row)]
    return max(gaps, default=0) > COLUMN_GAP * _tallest(row)


def _tallest(boxes: list[Box]) -> int:
    """The height of the highest of some boxes; 0 where there are none."""
    return max((bottom - top for _, top, _, bottom in boxes), default=0)


def all_of(grey: Grey) -> LineCrop:
    """All of an image (H, W) as the crop of a line."""
    return LineCrop(grey, (0, 0, grey.shape[1], grey.shape[0]))


def find_lines(grey: Grey) -> list[LineCrop]:
    """The lines of a page in reading order, as it lies. grey: (H, W)."""
    return cut(survey(grey))


def find_boxes(grey: Grey) -> list[Box]:
    """The ink boxes of lines, in no order. grey: (H, W)."""
    return survey(grey).boxes


def cut(page: Survey) -> list[LineCrop]:
    """The crops of a page's lines in reading order, each with a margin, rules lifted."""
    height, width = page.grey.shape
    crops = []
    for left, top, right, bottom in reading_order(page):
        margin = max(2, round((bottom - top) * MARGIN))
        box = (
            max(0, left - margin),
            max(0, top - margin),
            min(width, right + margin),
            min(height, bottom + margin),
        )
        crops.append(_crop(page, box))
    return crops


def _crop(page: Survey, box: Box) -> LineCrop:
    """A part of a page with paper where its rules were."""
    left, top, right, bottom = box
    crop = page.grey[top:bottom, left:right]
    if page.lifted is None:
        return LineCrop(crop, box)
    results = [int(side * page.scale) for side in box]
    gone = page.lifted[results[1] : results[3] + 1, results[0] : results[2] + 1]
    if not gone.any():
        return LineCrop(crop, box)
    if gone.shape != crop.shape:
        size = (crop.shape[1], crop.shape[0])
        gone = np.asarray(cv2.resize(gone, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    bare = np.where(gone > 0, np.uint8(np.quantile(crop, PAPER)), crop).astype(np.uint8)
    return LineCrop(crop, box, bare)
