"""Writing that is in no zone: words in the margin, notes, a line drawn across the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.blank_subtraction import Writing, crop
from crnn.forms.form_results import Corners, Outside
from crnn.forms.zone import Zone
from crnn.layout.line_crops import LineCrop
from crnn.page import Box
from crnn.reader import Reader

Grey = NDArray[np.uint8]

ROUND_ZONE = 0.5
"""Strokes may leave their zone by this part of its height."""
OWN = 0.3
"""A piece with less of it inside the zones is outside."""
SMALLEST, LEAST_INK = 0.012, 0.00006
"""The height of writing in parts of the blank's longer side, and its ink in parts of the blank's
area; less is dust, or the rim of print. Chosen on forms of tests.bench.forms.forms with nothing
outside.
"""
RIM = 0.012
"""What touches this rim of the blank is the edge of the sheet or of the scanner's glass."""
ACROSS, INKED, ASLANT = 0.4, 0.85, 0.1
"""A line across the form: its length in parts of the longer side, the share of it that is ink, and
how much it rises or leans, in parts of its length; what does not is a rule."""
LOOKED_AT = 700
"""The longer side of the picture in which such lines are looked for."""
MOST = 6
"""At most so many places are read."""


def outside(
    reader: Reader, writing: Writing, zones: Sequence[Zone], corners: Callable[[Box], Corners]
) -> tuple[Outside, ...]:
    """What is written where there is no zone, from the top. Raises: ReadError."""
    result = _places(writing, zones)[:MOST]
    listed = []
    for kind, box in sorted(result, key=lambda one: (one[1][1], one[1][0])):
        text, sure = ("", 1.0) if kind == "strike" else _read(reader, writing, box)
        listed.append(Outside(kind, text, sure, box, corners(box)))
    return tuple(listed)


def _read(reader: Reader, writing: Writing, box: Box) -> tuple[str, float]:
    cut = crop(writing, box)
    if cut is None:
        return "", 0.0
    line = reader.read_line(LineCrop(cut, (0, 0, cut.shape[1], cut.shape[0])))
    return line.text, line.confidence


def _places(writing: Writing, zones: Sequence[Zone]) -> list[tuple[str, Box]]:
    """Kinds and boxes of what is outside, the largest first."""
    height, width = writing.mask.shape
    side = max(height, width)
    alien = _alien(writing, zones)
    lines = [("strike", box) for box in _lines(writing.mask)]
    apart = max(3, round(0.008 * side))
    results = []
    for left, top, wide, high, _ in _pieces(alien, apart):
        ink = int(np.count_nonzero(alien[top : top + high, left : left + wide]))
        tall = max(high, 0.5 * wide) >= SMALLEST * side and min(wide, high) >= 0.004 * side
        enough = tall and ink >= LEAST_INK * height * width
        if enough and not _at_rim((left, top, wide, high), alien):
            results.append((ink, _box(left, top, wide, high)))
    results.sort(reverse=True)
    words = [("writing", box) for _, box in results if not any(_within(box, b) for _, b in lines)]
    return lines + words


def _lines(mask: Grey) -> list[Box]:
    """The box of the longest line across the form; none where there is no such line."""
    side = max(mask.shape)
    scale = min(1.0, LOOKED_AT / side)
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    small = np.where(small > 60, np.uint8(255), np.uint8(0))
    least = ACROSS * max(size)
    result = cv2.HoughLinesP(
        small, 1, np.pi / 360, 60, minLineLength=least, maxLineGap=0.06 * least
    )
    near = np.asarray(cv2.dilate(small, np.ones((3, 3), np.uint8)), np.uint8)
    best: tuple[float, Box] = (0.0, (0, 0, 0, 0))
    ends = np.zeros((0, 4), np.int32) if result is None else np.asarray(result).reshape(-1, 4)
    for x0, y0, x1, y1 in ends.tolist():
        length = float(np.hypot(x1 - x0, y1 - y0))
        at = np.linspace(0, 1, round(length) + 1)
        rows, columns = np.round(y0 + at * (y1 - y0)), np.round(x0 + at * (x1 - x0))
        is_aslant = min(abs(x1 - x0), abs(y1 - y0)) >= ASLANT * length
        share = float((near[rows.astype(int), columns.astype(int)] > 0).mean())
        if is_aslant and share >= INKED and length > best[0]:
            corners = np.array([[min(x0, x1), min(y0, y1)], [max(x0, x1), max(y0, y1)]]) / scale
            left, top, right, bottom = np.round(corners).astype(int).ravel().tolist()
            best = (length, (left, top, right, bottom))
    return [best[1]] if best[0] else []


def _alien(writing: Writing, zones: Sequence[Zone]) -> Grey:
    """The mask (H, W) of pieces that belong to no zone."""
    own = np.zeros(writing.mask.shape, bool)
    for zone in zones:
        left, top, right, bottom = zone.box
        if zone.kind == "column":
            reach = round(ROUND_ZONE * (bottom - top) / max(1, len(zone.rows) - 1))
        else:
            reach = round(ROUND_ZONE * (bottom - top))
        own[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach] = True
    count = len(writing.areas)
    inside = np.bincount(writing.pieces[own], minlength=count)
    is_alien = inside < OWN * np.maximum(1, writing.areas)
    is_alien[0] = False
    return np.where(is_alien[writing.pieces], np.uint8(255), np.uint8(0))


def _pieces(mask: Grey, apart: int) -> list[list[int]]:
    """Pieces of a mask no further apart than that: left, top, width, height, area of each."""
    grown = cv2.dilate(mask, np.ones((apart, 2 * apart - 1), np.uint8)) if apart > 1 else mask
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(grown, np.uint8), connectivity=8)
    result: list[list[int]] = stats[1:].tolist()
    return result


def _at_rim(place: tuple[int, int, int, int], mask: Grey) -> bool:
    height, width = mask.shape
    rim = RIM * max(height, width)
    left, top, wide, high = place
    return bool(
        left <= rim or top <= rim or left + wide >= width - rim or top + high >= height - rim
    )


def _within(inner: Box, outer: Box) -> bool:
    return all(a >= b for a, b in zip(inner[:2], outer[:2], strict=True)) and all(
        a <= b for a, b in zip(inner[2:], outer[2:], strict=True)
    )


def _box(left: int, top: int, wide: int, high: int) -> Box:
    return left, top, left + wide, top + high
