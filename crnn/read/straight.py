"""Lines that climb or fall are set level before they are made tight.

A line a little askew fills far more of its crop's height than its characters do, so that scaling
the crop makes them small. Columns are shifted up or down (a vertical shear; the angles are small),
so nothing moves along the line.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.read.tight import inked, roomed, tightened

Grey = NDArray[np.uint8]

LONG_ASPECT = 5.0
"""A crop less wide than that, in heights, is too short to say how it lies."""

STEEPEST = 0.08
"""Slopes beyond that are no scanned line's."""

STEP = 0.005
"""Slopes are tried that far apart around the one fitted to the ink, up to TRIED on each side."""

TRIED = 2

CLEARLY = 1.06
"""How much sharper the rows must stand out once the line is level; else it is left as it is."""

MIN_INK = 20
"""Fewer pixels of ink say nothing."""

MOST_PIXELS = 400_000
"""Of larger crops every so many columns are looked at."""

MIN_RISE = 0.06
"""A line whose end is less than this above its start, in heights of the crop, is level."""


def as_shown(crop: Grey) -> tuple[Grey, int]:
    """The crop (H, W) of a line as the network is to see it; pixels of paper added on its left.

    Reading, training and validation all show lines so.
    """
    return roomed(framed(crop))


def framed(crop: Grey) -> Grey:
    """The crop (H, W) of a line level, then tight."""
    return tightened(*straightened(crop))


def straightened(crop: Grey) -> tuple[Grey, NDArray[np.bool_] | None]:
    """The crop (H, W) of a line with its text level; itself where it is or nothing can be said.

    With it where it has ink, if that was looked at and still holds.
    """
    height, width = crop.shape
    if width < LONG_ASPECT * height:
        return crop, None
    ink = inked(crop)
    slope = slope_of(ink)
    if not slope:
        return crop, ink
    room = int(abs(slope) * width / 2) + 1
    paper = int(np.median(np.concatenate([crop[0], crop[-1]])))
    shear = np.array([[1, 0, 0], [-slope, 1, room + slope * width / 2]], np.float32)
    size = (width, height + 2 * room)
    return np.asarray(cv2.warpAffine(crop, shear, size, borderValue=paper), np.uint8), None


def slope_of(ink: NDArray[np.bool_]) -> float:
    """Pixels that a line's text falls a pixel to the right; 0 where that is hardly any, or unclear.

    ink: (H, W). A straight line through all ink says about where to look; of the slopes near it
    the one is taken whose rows differ most, as rows of a level line do.
    """
    stride = 1 + ink.size // MOST_PIXELS
    ink = ink[:, ::stride]
    height, width = ink.shape
    weights = ink.astype(np.float32)
    held = np.ones(height, np.float32) @ weights  # (W,) ink of each column
    total = float(held.sum())
    if total < MIN_INK:
        return 0.0
    sums = np.arange(height, dtype=np.float32) @ weights
    xs = stride * np.arange(width, dtype=np.float32)
    xs -= float(xs @ held) / total
    spread = float((xs * xs) @ held)
    fitted = float(xs @ (sums - held * (float(sums.sum()) / total))) / spread if spread else 0.0
    if abs(fitted) > STEEPEST or abs(fitted) * stride * width < MIN_RISE * height:
        return 0.0
    ys, columns = np.nonzero(ink)
    rows, places = ys.astype(np.float32), xs[columns]
    centre = STEP * round(fitted / STEP)
    tried = [centre + STEP * step for step in range(-TRIED, TRIED + 1)]
    sharpness = {slope: _sharpness(rows - slope * places) for slope in (0.0, *tried)}
    best = max(tried, key=sharpness.__getitem__)
    return best if sharpness[best] > CLEARLY * sharpness[0.0] else 0.0


def _sharpness(ys: NDArray[np.float32]) -> float:
    """How unevenly ink is spread over rows: the sum of the squares of what each holds."""
    held = np.bincount((ys - ys.min() + 0.5).astype(np.intp)).astype(np.float64)
    return float(held @ held)
