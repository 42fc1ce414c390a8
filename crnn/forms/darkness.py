"""How dark a page is against its own paper: what aligning, subtracting and ticking all look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

PAPER_SIDE = 300
"""Paper is looked for in a picture of this size: its light changes slowly."""

INKED = 48
"""Darkness from which a pixel is ink: pencil is, the back of the sheet shining through is not."""


def darkness(grey: Grey) -> Grey:
    """How much darker than the paper around it each pixel is, 0 to 255. (H, W)."""
    lit = np.maximum(_paper(grey), 1).astype(np.float32)
    share = np.clip(grey.astype(np.float32) / lit, 0, 1)
    return np.asarray((1 - share) * 255, np.uint8)


def ink(dark: Grey, level: int = INKED) -> Grey:
    """255 where it is that dark. (H, W)."""
    return np.where(dark >= level, np.uint8(255), np.uint8(0))


def shrunk(grey: Grey, side: int) -> tuple[Grey, float]:
    """A picture (H, W) no longer than `side`, and the factor it was shrunk by."""
    scale = min(1.0, side / max(grey.shape))
    if scale == 1.0:
        return grey, 1.0
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _paper(grey: Grey) -> Grey:
    """The paper under the ink: the brightest nearby, smoothed. (H, W)."""
    small, _ = shrunk(grey, PAPER_SIDE)
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    bright = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, reach), (9, 9))
    size = (grey.shape[1], grey.shape[0])
    return np.asarray(cv2.resize(bright, size, interpolation=cv2.INTER_LINEAR), np.uint8)
