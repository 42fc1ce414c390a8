"""Crops with paper around their line: all but a little is cut off.

Paper above and below makes characters small; paper before a line is seldom seen in training, where
what is no ink there was mostly the box to be ticked that damage had taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.page import Box
from crnn.preprocess.crop import LINE_ASPECT, MARGIN
from crnn.preprocess.normalize import MIN_CONTRAST, paper_level

Grey = NDArray[np.uint8]

MOST, KEPT = 0.5, 0.25
"""Paper beside the ink of a crop over so many heights of the line, or sizes of the character, is
cut off; of a character's so many sizes are kept."""

UPRIGHT, ROWS = 0.55, 64
"""Ink as wide as a line's is one if grey changes along its rows that share of what it changes along
its columns: 一 and 二 are strokes that lie, letters have others that stand. No more rows are looked
at than twice as many."""

BLANK = 0.4
"""A quarter of a crop differs by less than that, beside all of it, where it has no ink."""

FAINT = 0.25
"""What is that far from paper to the strongest ink, or MIN_CONTRAST levels, may be faint ink."""

END = 0.3
"""Paper kept before and behind a line, in heights."""


@dataclass(frozen=True)
class Trimmed:
    """A crop's inner part. grey: (H, W); left, right, top: columns and rows cut off it."""

    grey: Grey
    left: int = 0
    right: int = 0
    top: int = 0

    @property
    def box(self) -> Box:
        """Where it stood in the crop."""
        height, width = self.grey.shape
        return self.left, self.top, self.left + width, self.top + height

    def turned(self, quarters: int) -> Grey:
        """The part turned anticlockwise."""
        return np.ascontiguousarray(np.rot90(self.grey, quarters))

    def left_offset(self, quarters: int) -> int:
        """Columns that are cut off on the left of a lying line so turned.

        None of one on end, whose characters each span all of it.
        """
        return {0: self.left, 2: self.right}.get(quarters, 0)


def trim_whitespace(crop: Grey) -> Trimmed:
    """The crop (H, W) without most of the paper around its ink.

    All of it where there is little of that, or where it is not as clear as that.
    """
    height, width = crop.shape
    smooth = _smooth(crop)
    if not _has_blank_side(smooth):
        return Trimmed(crop)
    ink = _faintly_inked(smooth, paper_level(crop))
    rows, columns = _ends(ink, 1), _ends(ink, 0)
    if not rows or not columns:
        return Trimmed(crop)
    tall, wide = rows[1] - rows[0], columns[1] - columns[0]
    is_line = wide >= LINE_ASPECT * tall and _has_vertical_strokes(
        crop[slice(*rows), slice(*columns)]
    )
    size, above, beside = (tall, MARGIN, END) if is_line else (max(tall, wide), KEPT, KEPT)
    top, end = _kept(rows, size, above, height)
    left, right = _kept(columns, size, beside, width)
    if right - left < end - top:  # a narrow character keeps its paper
        more = (end - top) - (right - left)
        left = max(0, left - more // 2)
        right = min(width, left + end - top)
    return Trimmed(crop[top:end, left:right], left, width - right, top)


def trim_ends(crop: Grey) -> tuple[Grey, int]:
    """The crop (H, W) of a tight line without the paper before and behind it.

    With it how many columns were cut off on its left.
    """
    height, width = crop.shape
    if width < LINE_ASPECT * height:
        return crop, 0
    columns = _ends(_faintly_inked(_smooth(crop), paper_level(crop)), 0)
    if not columns:
        return crop, 0
    margin = math.ceil(END * height)
    left, right = max(0, columns[0] - margin), min(width, columns[1] + margin)
    if right - left < LINE_ASPECT * height:
        return crop, 0
    return crop[:, left:right], left


def _smooth(crop: Grey) -> Grey:
    """The crop (H, W) without its grain."""
    return np.asarray(cv2.blur(crop, (3, 3)), np.uint8)


def _faintly_inked(smooth: Grey, paper: int) -> NDArray[np.bool_]:
    """Where there may be ink, of either polarity; nowhere on a crop without contrast. (H, W)."""
    darkest, lightest, _, _ = cv2.minMaxLoc(smooth)
    most = max(paper - darkest, lightest - paper)
    if most < MIN_CONTRAST:
        return np.zeros(smooth.shape, bool)
    is_ink = np.abs(np.arange(256) - paper) > min(FAINT * most, MIN_CONTRAST)
    return np.asarray(cv2.LUT(smooth, is_ink.view(np.uint8))).view(np.bool_)


def _has_blank_side(smooth: Grey) -> bool:
    """Whether a quarter of a crop (H, W), at one of its sides, is paper alone, by a glance."""
    height, width = (max(1, size // 4) for size in smooth.shape)
    most = BLANK * _spread(smooth)
    sides = (smooth[:height], smooth[-height:], smooth[:, :width], smooth[:, -width:])
    return any(_spread(side) < most for side in sides)


def _spread(grey: Grey) -> float:
    low, high, _, _ = cv2.minMaxLoc(grey)
    return high - low


def _ends(ink: NDArray[np.bool_], axis: int) -> tuple[int, int] | None:
    """The first column (axis 0) or row (axis 1) with ink, and the one after the last."""
    result = np.flatnonzero(ink.any(axis=axis))
    return (int(result[0]), int(result[-1]) + 1) if result.size else None


def _has_vertical_strokes(grey: Grey) -> bool:
    """Whether ink (H, W) has strokes that stand, as letters have, beside those that lie."""
    stride = max(1, len(grey) // ROWS)
    smooth = _smooth(np.ascontiguousarray(grey[::stride, ::stride])).astype(np.float32)
    along, down = (np.abs(np.diff(smooth, axis=axis)).sum() for axis in (1, 0))
    return bool(along >= UPRIGHT * down)


def _kept(inked: tuple[int, int], size: int, kept_margin: float, whole: int) -> tuple[int, int]:
    """What is kept of so many rows or columns, of which some are inked, with a share of a size."""
    start, stop = inked
    margin = math.ceil(kept_margin * size)
    first = max(0, start - margin) if start > MOST * size else 0
    last = min(whole, stop + margin) if whole - stop > MOST * size else whole
    return first, last
