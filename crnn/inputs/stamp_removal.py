"""Red stamps lifted off a colour image as it becomes grey.

Through a red filter red ink is paper and black ink stays black, so what a stamp lies over can be
read. Only stamps are looked at so: red print, such as a letterhead, is wider than high and stays.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.page import Box

Grey = NDArray[np.uint8]

PREVIEW_SIDE = 500
"""Stamps are looked for at this size."""
RED, RATIO = 40, 1.35
"""Red ink: its red is this much above its green and its blue, and so many times."""
LEAST_SIDE, MOST_SIDE, SQUARE = 0.03, 0.5, 0.6
"""Shares of the image's longer side that a stamp spans, and how much less high than wide."""
SHARPEST = 6
"""Shades of red within this distance of a stamp's ink, in levels above grey, are its rim."""
PALEST = 0.4
"""The quantile of a stamp's own red that becomes paper."""


def grey_without_stamps(colour: NDArray[np.uint8]) -> Grey | None:
    """The grey levels (H, W) of an image (H, W, 3) RGB without its red stamps; None without any."""
    boxes = stamps(colour)
    if not boxes:
        return None
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY), np.uint8)
    for left, top, right, bottom in boxes:
        part = colour[top:bottom, left:right]
        red, other = part[:, :, 0], part[:, :, 1:].max(axis=2)
        stained = red.astype(np.int16) > other.astype(np.int16) + SHARPEST
        place = grey[top:bottom, left:right]
        if not stained.any():
            continue
        paper, ink = np.quantile(place, 0.9), np.quantile(red[stained], PALEST)
        clear = np.minimum(red * (paper / max(ink, 1.0)), paper).astype(np.uint8)
        grey[top:bottom, left:right] = np.where(stained, np.maximum(clear, place), place)
    return grey


def stamps(colour: NDArray[np.uint8]) -> list[Box]:
    """The boxes of red stamps in an image (H, W, 3) RGB: patches of red about as high as wide."""
    height, width = colour.shape[:2]
    scale = min(1.0, PREVIEW_SIDE / max(height, width))
    small = cv2.resize(
        np.ascontiguousarray(colour), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    mask = is_red(np.asarray(small, np.uint8))
    if not mask.any():
        return []
    gap = max(3, max(small.shape) // 60) | 1
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    side, results = max(small.shape[:2]), []
    for left, top, wide, high, area in stats[1:].tolist():
        low, large = sorted((wide, high))
        if not LEAST_SIDE * side <= low <= large <= MOST_SIDE * side or low < SQUARE * large:
            continue
        if area < 0.1 * wide * high:
            continue
        grown = (left - 2, top - 2, left + wide + 2, top + high + 2)
        x, y, right, bottom = (int(value / scale) for value in grown)
        results.append((max(0, x), max(0, y), min(width, right), min(height, bottom)))
    return results


def is_red(colour: NDArray[np.uint8]) -> Grey:
    """255 where there is red ink. colour: (H, W, 3) RGB -> (H, W)."""
    red = colour[:, :, 0].astype(np.int16)
    other = colour[:, :, 1:].max(axis=2).astype(np.int16)
    result = (red > other + RED) & (red > RATIO * other)
    return np.where(result, np.uint8(255), np.uint8(0)).astype(np.uint8)
