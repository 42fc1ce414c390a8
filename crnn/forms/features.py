"""Features of a picture, and which of two pictures are the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.ink import shrunk

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]

SIDE = 1100
"""Features are looked for in pictures of this size: print of 8 points is some 8 pixels high."""
FEATURES, CANDIDATES, BUCKETS = 1600, 6000, 12
RATIO = 0.82


@dataclass(frozen=True, eq=False)
class Look:
    """The features of a picture. points: (N, 2) in its own pixels; marks: (N, 32) bits each."""

    points: Points
    marks: NDArray[np.uint8]


def look(grey: Grey) -> Look:
    """The features of a picture (H, W), spread over all of it."""
    small, scale = shrunk(grey, SIDE)
    finder = cv2.ORB.create(nfeatures=CANDIDATES, edgeThreshold=16, fastThreshold=8)
    try:
        found = finder.detect(small, None)
        points, marks = finder.compute(small, _spread(found, small.shape))
    except cv2.error:  # a picture smaller than a feature
        points, marks = (), None
    if marks is None or not len(points):
        return Look(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    places = np.array([one.pt for one in points], np.float32)
    return Look((places + 0.5) / np.float32(scale) - 0.5, np.asarray(marks, np.uint8))


def _spread(found: Sequence[cv2.KeyPoint], shape: tuple[int, ...]) -> list[cv2.KeyPoint]:
    """The strongest features of every part of a picture, so that no dense text takes them all."""
    height, width = shape
    part = max(1, FEATURES // (BUCKETS * BUCKETS))
    taken: dict[tuple[int, int], int] = {}
    chosen: list[cv2.KeyPoint] = []
    rest: list[cv2.KeyPoint] = []
    for one in sorted(found, key=lambda point: -point.response):
        cell = (int(one.pt[0] * BUCKETS / width), int(one.pt[1] * BUCKETS / height))
        taken[cell] = taken.get(cell, 0) + 1
        (chosen if taken[cell] <= part else rest).append(one)
    return chosen + rest[: max(0, FEATURES - len(chosen))]


def match(blank: Look, scan: Look) -> tuple[Points, Points]:
    """Places of the blank and of the scan (N, 2) that look alike and like nothing else."""
    if len(blank.marks) < 2 or len(scan.marks) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(blank.marks, scan.marks, k=2)
    kept = [two[0] for two in pairs if len(two) == 2 and two[0].distance < RATIO * two[1].distance]
    return (
        blank.points[[one.queryIdx for one in kept]].reshape(-1, 2),
        scan.points[[one.trainIdx for one in kept]].reshape(-1, 2),
    )
