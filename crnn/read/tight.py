"""Loose crops: paper above and below a line makes its characters small, so it is left out.

Rules at the rim of a crop do not count as ink, so that an underlined field becomes as
tight as any other.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.read.tensor import MIN_CONTRAST, dark_on_light, quantiles

Grey = NDArray[np.uint8]

LINE_ASPECT = 1.6
"""A crop less wide than that may be one character, whose own shape says how high it is."""

LOOSE = 0.85
"""Ink that fills this share of a crop's height leaves it as it is."""

MARGIN = 0.06
"""Paper kept above and below, in heights of the ink."""

INK_LEVEL = 0.4
"""How far from paper to the darkest ink a pixel must be to count as ink."""

RULE, RIM = 0.6, 0.26
"""A row with ink over this share of the width, this near to the rim, is a rule."""


def tightened(crop: Grey) -> Grey:
    """The crop (H, W) of a line without the paper above and below it; itself where it is tight."""
    height, width = crop.shape
    if width < LINE_ASPECT * height:
        return crop
    grey = np.asarray(cv2.blur(dark_on_light(crop), (3, 3)), np.uint8)
    darkest, paper = quantiles(grey, 0.01, 0.9)
    if paper - darkest < MIN_CONTRAST:
        return crop
    counts = (grey < paper - INK_LEVEL * (paper - darkest)).sum(axis=1)  # (H,)
    inked = counts >= max(2, 0.006 * width)
    rim = int(RIM * height)
    for edge in (slice(0, rim), slice(height - rim, height)):
        inked[edge] &= counts[edge] <= RULE * width
    rows = np.flatnonzero(inked)
    if not rows.size:
        return crop
    ink = int(rows[-1]) - int(rows[0]) + 1
    if ink >= LOOSE * height or ink < 8:
        return crop
    margin = MARGIN * ink + 1
    return crop[max(0, int(rows[0] - margin)) : min(height, int(rows[-1] + 1 + margin))]
