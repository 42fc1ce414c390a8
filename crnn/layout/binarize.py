"""grey -> ink: uneven light divided out, an adaptive threshold, specks and the scanner's rim gone.

Everything here is seen at the size that pages are searched at (`survey.WORKING_SIDE`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

MIN_TEXT_HEIGHT, MAX_TEXT_HEIGHT = 5, 400
LIGHT_SIDE = 160
"""Light varies slowly: it is estimated on a picture this small."""
UNEVEN = 1.2
"""Paper this many times brighter in one place than in another lies in a shadow there."""
GRAIN = 3.0
"""Noise of this many levels is smoothed away before the threshold."""
FRAME = 0.1
"""A piece with less ink than this share of its box is a frame, no character."""
CONTRAST = 12
"""How many levels darker than its neighbourhood ink must be."""


def dark_ink(grey: Grey) -> Grey:
    """The page (H, W) with dark ink on light paper. Half of a page is paper, however little ink.

    Unlike `tensor.dark_on_light`, which knows that a line is a twentieth ink at least.
    """
    darkest, paper, lightest = np.percentile(grey, (0.05, 50, 99.95))
    negative = paper < (darkest + lightest) / 2
    return np.asarray(cv2.bitwise_not(grey), np.uint8) if negative else grey


def light(grey: Grey) -> Grey | None:
    """The brightness of the paper all over a page (H, W), small; None where it is even."""
    scale = min(1.0, LIGHT_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    size = max(3, (max(small.shape) // 12) | 1)
    paper = cv2.dilate(small, np.ones((size, size), np.uint8))
    paper = cv2.medianBlur(np.asarray(paper, np.uint8), size)
    low, high = np.percentile(paper, (2, 98))
    if high < UNEVEN * low:
        return None
    return np.asarray(cv2.GaussianBlur(paper, (0, 0), size / 3), np.uint8)


def evened(grey: Grey, paper: Grey) -> Grey:
    """The page (H, W) as if light fell on it evenly. paper: (h, w), what `light` found."""
    height, width = grey.shape
    shade = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(shade, 24), scale=245), np.uint8)


def ink_mask(grey: Grey) -> Grey:
    """255 where there is ink, by a threshold adapted to the neighbourhood. (H, W)."""
    block = min(51, (min(grey.shape) // 2) | 1)
    if grain(grey) > GRAIN:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8)
    mask = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, max(3, block), CONTRAST
    )
    dark, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.where((grey < dark * 0.6), np.uint8(255), mask).astype(np.uint8)


def grain(grey: Grey) -> float:
    """The standard deviation of noise in levels, from neighbours along every fifth row. (H, W)."""
    rows = grey[::5].astype(np.int16)
    steps = np.abs(np.diff(rows, axis=1))
    return float(np.median(steps)) / 0.954 if steps.size else 0.0


@dataclass(frozen=True)
class Labelled:
    """Ink in connected pieces. labels: (H, W), 0 paper; stats: (P, 5) as OpenCV gives them."""

    labels: NDArray[np.int32]
    stats: NDArray[np.int32]

    def only(self, kept: NDArray[np.bool_]) -> Grey:
        """255 on the chosen pieces. kept: (P,) -> (H, W)."""
        levels = np.where(kept, np.uint8(255), np.uint8(0)).astype(np.uint8)
        levels[0] = 0
        return np.asarray(levels.take(self.labels), np.uint8)


def labelled(ink: Grey) -> Labelled:
    """The connected pieces of ink (H, W)."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return Labelled(np.asarray(labels, np.int32), np.asarray(stats, np.int32))


def text_height(result: Labelled) -> int:
    """The usual height of characters in pixels, from connected pieces of ink; 0 without any."""
    pieces = result.stats[1:]
    widths, heights = pieces[:, cv2.CC_STAT_WIDTH], pieces[:, cv2.CC_STAT_HEIGHT]
    likely = (heights >= MIN_TEXT_HEIGHT) & (heights <= MAX_TEXT_HEIGHT) & (widths <= 4 * heights)
    likely &= heights <= 8 * widths
    likely &= pieces[:, cv2.CC_STAT_AREA] > FRAME * widths * heights
    if not likely.any():
        return 0
    sizes = np.sort(heights[likely])
    weighty = int(np.repeat(sizes, sizes)[sizes.sum() // 2])
    sizes = sizes[sizes >= 0.25 * weighty]  # a thousand specks are not the text
    return int(sizes[int(0.75 * (len(sizes) - 1))])


def specks(result: Labelled, height: int) -> NDArray[np.bool_]:
    """Which pieces (P,) are far smaller than a dot of the usual text."""
    small: NDArray[np.bool_] = result.stats[:, cv2.CC_STAT_AREA] < max(3, 0.006 * height * height)
    return small


def at_rim(result: Labelled, height: int) -> NDArray[np.bool_]:
    """Which pieces (P,) at the rim are the scanner's lid, a desk, another page: no character."""
    left, top, wide, high = (result.stats[:, n] for n in range(4))
    rows, columns = result.labels.shape
    touching = (left <= 1) | (left + wide >= columns - 1) | (top <= 1) | (top + high >= rows - 1)
    size = np.maximum(wide, high)
    long = (size > 3 * height) & (size > rows // 8)
    rim: NDArray[np.bool_] = touching & (long | (size < 0.5 * height))
    return rim
