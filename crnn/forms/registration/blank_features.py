"""What is known of a blank's print, found once and kept with its template."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.darkness import darkness, ink, shrunk
from crnn.forms.registration.keypoints import Keypoints, keypoints_of

Grey = NDArray[np.uint8]
Points = NDArray[np.float64]

SIDE, FIT_SIDE = 1500, 800
"""Longest sides of the pictures in which corners are found, and in which the fit is judged."""
CORNERS, HALF = 220, 14


class Print:
    """The print of a blank (H, W). Immutable but for what it keeps; shared by threads."""

    def __init__(self, grey: Grey) -> None:
        self.grey = grey

    @cached_property
    def keypoints(self) -> Keypoints:
        """Its features."""
        return keypoints_of(self.grey)

    @cached_property
    def small(self) -> tuple[Grey, float]:
        """The blank no longer than SIDE, and what it was shrunk by."""
        return shrunk(self.grey, SIDE)

    @cached_property
    def corners(self) -> Points:
        """Places (N, 2) of `small` whose surroundings can be told from those beside them."""
        grey, _ = self.small
        apart = max(grey.shape) / 28
        result = cv2.goodFeaturesToTrack(grey, CORNERS, 0.02, apart, blockSize=7)
        if result is None:
            return np.zeros((0, 2))
        places = np.round(result.reshape(-1, 2)).astype(np.float64)
        height, width = grey.shape
        inside = (places >= HALF).all(1)
        inside &= (places[:, 0] < width - HALF) & (places[:, 1] < height - HALF)
        return np.asarray(places[inside])

    @cached_property
    def dark(self) -> Grey:
        """How dark its print is. (H, W)."""
        return darkness(self.grey)

    @cached_property
    def outline(self) -> Grey:
        """Its print in the picture that the fit is judged in. (h, w)."""
        return ink(darkness(shrunk(self.grey, FIT_SIDE)[0]))
