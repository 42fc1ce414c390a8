"""Fields that are crossed out: a long line through what is written.

A stroke of a character is no longer than the character is high, so a line that is longer, covers
most of the writing and has writing on both sides of it was drawn to strike it out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.subtract import Writing
from crnn.read.page import Box

Grey = NDArray[np.uint8]

LONGER = 1.8
"""A line is so many times as long as the writing is high; strokes of characters are shorter."""
COVERED, BOTH_SIDES = 0.8, 0.2
"""Share of the writing's columns that a strike covers, and share of the columns it covers that have
writing above and below it. Chosen on the forms of tests.bench.forms, crossed out and not."""
ANGLES = range(-28, 29, 4)
"""Degrees from the horizontal that a strike may have."""


def is_struck(writing: Writing, box: Box) -> bool:
    """Whether what is written in a box is crossed out."""
    left, top, right, bottom = box
    mask = writing.mask[top:bottom, left:right]
    columns = np.flatnonzero(mask.any(0))
    rows = np.flatnonzero(mask.any(1))
    if not columns.size:
        return False
    mask = np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    line = _line(mask)
    crossed = line.any(0)
    if crossed.sum() < COVERED * columns.size:
        return False
    return bool(_between(mask, line)[crossed].mean() >= BOTH_SIDES)


def _line(mask: Grey) -> Grey:
    """The widest piece of a mask (H, W) that is straight for longer than a character is high."""
    height, width = mask.shape
    length = round(LONGER * height)
    if length > width:
        return np.zeros_like(mask)
    rim = cv2.BORDER_CONSTANT
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    framed = cv2.copyMakeBorder(thick, length, length, length, length, rim, value=0)
    found = np.zeros_like(framed)
    for angle in ANGLES:
        opened = cv2.morphologyEx(framed, cv2.MORPH_OPEN, _bar(length, angle))
        found = np.maximum(found, np.asarray(opened, np.uint8))
    found = np.ascontiguousarray(found[length:-length, length:-length])
    joined = cv2.dilate(found, np.ones((3, max(3, height // 2)), np.uint8))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if count < 2:
        return np.zeros_like(mask)
    widest = 1 + int(stats[1:, cv2.CC_STAT_WIDTH].argmax())
    return np.where(pieces == widest, found, np.uint8(0))


def _between(mask: Grey, line: Grey) -> NDArray[np.bool_]:
    """Columns near which there is ink above the line and ink below it. mask, line: (H, W)."""
    height = mask.shape[0]
    count = (line > 0).sum(0)  # (W,)
    row = np.arange(height)[:, None]
    centre = ((line > 0) * row).sum(0) / np.maximum(1, count)
    half = float(np.quantile(count[count > 0], 0.25)) / 2 + 1.5
    reach = np.ones((1, max(3, height // 2)), np.uint8)
    above, below = (
        cv2.dilate(((mask > 0) & side).any(0).astype(np.uint8)[None], reach)[0] > 0
        for side in (row < centre - half, row > centre + half)
    )
    return np.asarray(above & below)


def _bar(length: int, angle: int) -> Grey:
    """A straight line of pixels of that length and angle in degrees."""
    wide = max(1, round(length * float(np.cos(np.radians(angle)))))
    high = round(length * float(np.sin(np.radians(abs(angle)))))
    bar = np.zeros((high + 1, wide), np.uint8)
    ends = ((0, high), (wide - 1, 0)) if angle > 0 else ((0, 0), (wide - 1, high))
    return np.asarray(cv2.line(bar, *ends, 1, 1), np.uint8)
