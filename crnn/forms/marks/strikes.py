"""Fields that are crossed out: a long line through what is written.

A stroke of a character is no longer than the character is high, so a line that is longer, covers
most of the writing and has writing on both sides of it was drawn to strike it out.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.blank_subtraction import Writing
from crnn.page import Box

Grey = NDArray[np.uint8]

LONGER = 1.8
"""A line is so many times as long as the writing is high; strokes of characters are shorter."""
SPANNED, OVERSHOT = 0.8, 0.1
"""Of a few characters: how much of the width a line is long, in parts of it and at least of their
height; and how far it reaches beyond them on either side, in parts of the height."""
SEVERAL = 1.7
"""Writing so many times as wide as high is more than one character."""
THIN, FAT = 0.15, 20.0
"""Bold characters touch and seem to hold lines: for each share of their height that the pen is
thicker than THIN, a line must be FAT times as much longer."""
COVERED, BOTH_SIDES = 0.8, 0.2
"""Share of the writing's columns that a strike covers, and share of the columns it covers that have
writing above and below it. Chosen on the forms of tests.bench.forms.forms, crossed out and not."""
RIM = 0.08
"""Of a box so much of its height is left out all around: what remains of its rules is no strike."""
ANGLES = range(-28, 29, 4)
"""Degrees from the horizontal that a strike may have."""


def is_struck(writing: Writing, box: Box, *, number: bool = False) -> bool:
    """Whether what is written in a box is crossed out.

    number: it holds digits, so that a line through one or two of them is no stroke of a character.
    """
    left, top, right, bottom = box
    rim = max(3, round(RIM * (bottom - top)))
    mask = writing.mask[top + rim : bottom - rim, left + rim : right - rim]
    columns = np.flatnonzero(mask.any(0))
    rows = np.flatnonzero(mask.any(1))
    if not columns.size:
        return False
    mask = np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    line = _line(mask)
    is_short = number or mask.shape[1] >= SEVERAL * mask.shape[0]
    if is_short and not line.any():
        line = _through_short(mask)
    crossed = line.any(0)
    if crossed.sum() < COVERED * columns.size:
        return False
    return bool(_between(mask, line)[crossed].mean() >= BOTH_SIDES)


def _line(mask: Grey) -> Grey:
    """The widest line of a mask (H, W): straight pieces of one direction, one behind the other."""
    height, width = mask.shape
    length = round((LONGER + FAT * max(0.0, _pen(mask) / height - THIN)) * height)
    best = np.zeros_like(mask)
    if length > width:
        return best
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    rim = (length, length, length, length)
    framed = cv2.copyMakeBorder(thick, *rim, cv2.BORDER_CONSTANT, value=0)
    opened = [cv2.morphologyEx(framed, cv2.MORPH_OPEN, _bar(length, angle)) for angle in ANGLES]
    widest = 0
    for one, next_ in itertools.pairwise(opened):
        both = np.maximum(one, next_)[length:-length, length:-length]
        result, across = _widest(np.ascontiguousarray(both, np.uint8))
        if across > widest:
            best, widest = result, across
    return best


def _through_short(mask: Grey) -> Grey:
    """A line (H, W) through a few characters that begins before them and ends after them."""
    height, width = mask.shape
    length = round(SPANNED * width)
    if length < SPANNED * height:
        return np.zeros_like(mask)
    rim = (length, length, length, length)
    framed = cv2.copyMakeBorder(mask, *rim, cv2.BORDER_CONSTANT, value=0)
    for angle in ANGLES:
        opened = cv2.morphologyEx(framed, cv2.MORPH_OPEN, _bar(length, angle))
        line = np.ascontiguousarray(opened[length:-length, length:-length])
        near = cv2.dilate(line, np.ones((5, 5), np.uint8)) > 0
        digits = np.flatnonzero(((mask > 0) & ~near).any(0))
        spare = OVERSHOT * height
        if line.any() and digits.size and digits[0] >= spare and digits[-1] < width - spare:
            return np.asarray(line, np.uint8)
    return np.zeros_like(mask)


def _pen(mask: Grey) -> float:
    """How thick the strokes of a mask (H, W) are, in pixels."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    around = sum(cv2.arcLength(one, closed=True) for one in outlines)
    return 2 * float(np.count_nonzero(mask)) / max(1.0, around)


def _widest(lines: Grey) -> tuple[Grey, int]:
    """The widest of some lines (H, W), gaps in it closed, and its width."""
    joined = cv2.dilate(lines, np.ones((3, max(3, lines.shape[0] // 2)), np.uint8))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if count < 2:
        return np.zeros_like(lines), 0
    widest = 1 + int(stats[1:, cv2.CC_STAT_WIDTH].argmax())
    result = np.where(pieces == widest, lines, np.uint8(0))
    return result, int(np.count_nonzero(result.any(0)))


def _between(mask: Grey, line: Grey) -> NDArray[np.bool_]:
    """Columns near which there is ink above the line and ink below it. mask, line: (H, W)."""
    height, width = mask.shape
    count = (line > 0).sum(0)  # (W,)
    thick = float(np.quantile(count[count > 0], 0.25))
    alone = np.flatnonzero((count > 0) & (count <= thick + 1))  # columns with no character on it
    row, column = np.arange(height)[:, None], np.arange(width) / width
    middle = ((line > 0) * row).sum(0) / np.maximum(1, count)
    bend = min(2, alone.size - 1)
    centre = np.polyval(np.polyfit(column[alone], middle[alone], bend), column)
    half = max(thick, _pen(mask)) / 2 + 2
    reach = np.ones((1, max(3, height // 2)), np.uint8)
    result = np.ones(width, bool)
    for side in (row < centre - half, row > centre + half):
        inked = np.where(((mask > 0) & side).any(axis=0, keepdims=True), np.uint8(1), np.uint8(0))
        result &= np.asarray(cv2.dilate(inked, reach), np.uint8).reshape(width) > 0
    return result


def _bar(length: int, angle: int) -> Grey:
    """A straight line of pixels of that length and angle in degrees."""
    wide = max(1, round(length * float(np.cos(np.radians(angle)))))
    high = round(length * float(np.sin(np.radians(abs(angle)))))
    bar = np.zeros((high + 1, wide), np.uint8)
    ends = ((0, high), (wide - 1, 0)) if angle > 0 else ((0, 0), (wide - 1, high))
    return np.asarray(cv2.line(bar, *ends, 1, 1), np.uint8)
