"""Writing that is in no zone: words in the margin, notes, a line drawn across the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.results import Corners, Outside
from crnn.forms.subtract import Writing, crop
from crnn.forms.zone import Zone
from crnn.read import Reader
from crnn.read.lines import LineCrop
from crnn.read.page import Box

Grey = NDArray[np.uint8]

ROUND_ZONE = 0.5
"""Strokes may leave their zone by this part of its height."""
OWN = 0.3
"""A piece with less of it inside the zones is outside."""
SMALLEST, LEAST_INK = 0.012, 0.00006
"""The height of writing in parts of the blank's longer side, and its ink in parts of the blank's
area; less is dust, or the rim of print. Chosen on forms of tests.bench.forms with nothing outside.
"""
RIM = 0.012
"""What touches this rim of the blank is the edge of the sheet or of the scanner's glass."""
ACROSS, THIN = 0.4, 0.04
"""A line across the form: its length in parts of the longer side, its ink in parts of its box."""
MOST = 6
"""At most so many places are read."""


def outside(
    reader: Reader, writing: Writing, zones: Sequence[Zone], corners: Callable[[Box], Corners]
) -> tuple[Outside, ...]:
    """What is written where there is no zone, from the top. Raises: ReadError."""
    found = _places(writing, zones)[:MOST]
    told = []
    for kind, box in sorted(found, key=lambda one: (one[1][1], one[1][0])):
        text, sure = ("", 1.0) if kind == "strike" else _read(reader, writing, box)
        told.append(Outside(kind, text, sure, box, corners(box)))
    return tuple(told)


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
    lines = [("strike", _box(*one[:4])) for one in _pieces(alien, 1) if _is_line(one, side)]
    apart = max(3, round(0.008 * side))
    found = []
    for left, top, wide, high, _ in _pieces(alien, apart):
        ink = int(np.count_nonzero(alien[top : top + high, left : left + wide]))
        tall = max(high, 0.5 * wide) >= SMALLEST * side and min(wide, high) >= 0.004 * side
        if (
            tall
            and ink >= LEAST_INK * height * width
            and not _at_rim((left, top, wide, high), alien)
        ):
            found.append((ink, _box(left, top, wide, high)))
    found.sort(reverse=True)
    words = [("writing", box) for _, box in found if not any(_within(box, b) for _, b in lines)]
    return lines + words


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
    side = max(writing.mask.shape)
    pieces = writing.pieces
    _, _, stats, _ = cv2.connectedComponentsWithStats(writing.mask, connectivity=8)
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    is_alien[1:] |= (extent[1:] >= ACROSS * side) & (inside[1:] < 0.9 * writing.areas[1:])
    return np.where(is_alien[pieces], np.uint8(255), np.uint8(0))


def _pieces(mask: Grey, apart: int) -> list[list[int]]:
    """Pieces of a mask no further apart than that: left, top, width, height, area of each."""
    grown = cv2.dilate(mask, np.ones((apart, 2 * apart - 1), np.uint8)) if apart > 1 else mask
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(grown, np.uint8), connectivity=8)
    found: list[list[int]] = stats[1:].tolist()
    return found


def _is_line(piece: Sequence[int], side: int) -> bool:
    """Whether a piece is one long line that goes across the form aslant."""
    _, _, wide, high, ink = piece
    is_aslant = min(wide, high) >= 0.06 * side
    return max(wide, high) >= ACROSS * side and is_aslant and ink <= THIN * wide * high


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
