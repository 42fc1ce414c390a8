"""Lines that climb or fall are set level before they are made tight.

A line a little askew fills far more of its crop's height than its characters do, so that scaling
the crop makes them small. Columns are shifted up or down (a vertical shear; the angles are small),
so nothing moves along the line.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.preprocess.crop import ink_mask
from crnn.preprocess.neighbour_lines import rules_of

Grey = NDArray[np.uint8]

LONG_ASPECT = 5.0
"""A crop less wide than that, in heights, is too short to say how it lies."""

STEEPEST, TRIED = 0.07, 0.105
"""Slopes beyond that are no scanned line's; they are tried as far as that, to be known for such."""

APART, FINER = 1.0, 0.25
"""From one slope to the next that is tried the ends of a line move by so many pixels; around the
best of those by so many."""

PARTS, ROWS = 32, 64
"""A crop is looked at in so many parts side by side, each of them moved up or down as a whole, and
made smaller where it has twice as many rows or more."""

CLEARLY = 1.5
"""How much more the ink of rows must differ from row to row once the line is level; else it is left
as it is."""

MOST = 200
"""No more slopes than that are tried on either side."""

MIN_INK = 20
"""Fewer pixels of ink say nothing."""

MIN_RISE = 0.06
"""A line whose end is less than this above its start, in heights of the crop, is level."""


def deskew(crop: Grey) -> tuple[Grey, NDArray[np.bool_] | None]:
    """The crop (H, W) of a line with its text level; itself where it is or nothing can be said.

    With it where it has ink, if that was looked at and still holds.
    """
    height, width = crop.shape
    if width < LONG_ASPECT * height:
        return crop, None
    ink = ink_mask(crop)
    slope = estimate_skew(ink)
    if not slope:
        return crop, ink
    padding = int(abs(slope) * width / 2) + 1
    paper = int(np.median(np.concatenate([crop[0], crop[-1]])))
    shear = np.array([[1, 0, 0], [-slope, 1, padding + slope * width / 2]], np.float32)
    size = (width, height + 2 * padding)
    return np.asarray(cv2.warpAffine(crop, shear, size, borderValue=paper), np.uint8), None


def estimate_skew(ink: NDArray[np.bool_]) -> float:
    """Pixels that a line's text falls a pixel to the right; 0 where that is hardly any, or unclear.

    ink: (H, W). Of all slopes the one is taken whose rows differ most from the next, as those do
    where letters begin and end (Postl 1986). Rules that are nearly level do not count, for the text
    may not be.
    """
    small = _small(ink & ~rules_of(ink))
    height, width = small.shape
    if small.sum() < MIN_INK:
        return 0.0
    edges = np.linspace(0, width, min(PARTS, width) + 1).astype(np.intp)
    part_profiles = np.ascontiguousarray(np.add.reduceat(small, edges[:-1], axis=1).T)  # (parts, H)
    middles = (edges[:-1] + edges[1:]) / 2 - width / 2
    most = min(MOST, max(2, int(TRIED * width / (2 * APART))))
    tried = np.linspace(-TRIED, TRIED, 2 * most + 1)
    sharpness = _sharpness(part_profiles, middles, tried)
    best = int(sharpness.argmax())
    if sharpness[best] <= CLEARLY * sharpness[most]:
        return 0.0
    finer = tried[best] + 2 * FINER / width * np.arange(-3, 4)
    slope = float(finer[_sharpness(part_profiles, middles, finer).argmax()])
    return slope if MIN_RISE * height <= abs(slope) * width and abs(slope) <= STEEPEST else 0.0


def _sharpness(
    part_profiles: NDArray[np.float32], middles: NDArray[np.float64], slopes: NDArray[np.float64]
) -> NDArray[np.float32]:
    """How much the ink of rows differs from row to row, by slope taken out.

    part_profiles: (parts, H) ink of a crop's parts; middles: where those are, from its middle on.
    """
    shifts = np.rint(slopes[:, None] * middles).astype(np.intp)  # (slopes, parts)
    padding = int(np.abs(shifts).max())
    padded = np.pad(
        part_profiles, ((0, 0), (padding, padding)), mode="edge"
    )  # paper would make edges of ink
    moved = np.lib.stride_tricks.sliding_window_view(padded, part_profiles.shape[1], axis=1)
    profiles = moved[np.arange(len(part_profiles)), padding + shifts].sum(axis=1)  # (slopes, H)
    steps = np.diff(profiles, axis=1)
    return np.asarray((steps * steps).sum(axis=1), np.float32)


def _small(ink: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How much of each pixel is ink, of a crop with few rows. ink: (H, W)."""
    height, width = ink.shape
    times = height // ROWS
    if times < 2:
        return ink.astype(np.float32)
    size = (max(1, width // times), height // times)
    shrunk = cv2.resize(ink.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.float32) / np.float32(255)
