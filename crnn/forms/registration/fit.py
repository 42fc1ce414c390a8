"""How well a scan lies on a blank: the share of the print that is found where it must be."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.darkness import darkness, ink, shrunk
from crnn.forms.registration.blank_features import FIT_SIDE, Print

Grey = NDArray[np.uint8]

SHIFTS = ((11, 17), (-13, 19), (17, -11), (-19, -13))
"""Pixels that the scan is moved by to learn what would be found by chance."""


@dataclass(frozen=True)
class Fit:
    """print_found: share of the blank's print found, 0 as by chance, 1 all of it.

    explained: share of the scan's ink that is print: of two blanks that are both found, the one
    with more print on it explains more.
    """

    print_found: float
    explained: float

    @property
    def rank(self) -> float:
        """What the right one of several templates has more of."""
        return self.print_found + 0.5 * self.explained


def fit_of(blank: Print, picture: Grey) -> Fit:
    """How well a picture (H, W) lies on a blank of that size."""
    small, _ = shrunk(picture, FIT_SIDE)
    printed, inked = blank.outline, ink(darkness(small))
    near = np.ones((5, 5), np.uint8)
    wide_ink = np.asarray(cv2.dilate(inked, near), np.uint8)
    wide_print = np.asarray(cv2.dilate(printed, near), np.uint8)
    total = max(1, int(np.count_nonzero(printed)))
    result = np.count_nonzero(printed & wide_ink) / total
    by_chance = float(
        np.mean([np.count_nonzero(printed & np.roll(wide_ink, by, (0, 1))) for by in SHIFTS])
    )
    chance = min(0.95, by_chance / total)
    explained = np.count_nonzero(inked & wide_print) / max(1, int(np.count_nonzero(inked)))
    return Fit(float(max(0.0, (result - chance) / (1 - chance))), float(explained))
