"""Features of a picture, and which of two pictures are the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.darkness import shrunk

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]

SIDE = 1100
"""Features are looked for in pictures of this size: print of 8 points is some 8 pixels high."""
FEATURES, CANDIDATES, BUCKETS = 1600, 6000, 12
RATIO = 0.82
RIVALS = 5
TURN_STEP, SIZE_STEP, PLACE_STEP = 12.0, 0.3, 0.03
"""Bins of votes: degrees, powers of two, and parts of the scan's longer side."""


@dataclass(frozen=True, eq=False)
class Keypoints:
    """The features of a picture.

    points: (N, 2) in its own pixels; marks: (N, 32) bits each; turns: (N,) degrees; sizes: (N,) in
    pixels.
    """

    points: Points
    marks: NDArray[np.uint8]
    turns: NDArray[np.float32]
    sizes: NDArray[np.float32]


def keypoints_of(grey: Grey) -> Keypoints:
    """The features of a picture (H, W), spread over all of it."""
    small, scale = shrunk(grey, SIDE)
    finder = cv2.ORB.create(nfeatures=CANDIDATES, edgeThreshold=16, fastThreshold=8)
    try:
        result = finder.detect(small, None)
        points, marks = finder.compute(small, _spread(result, small.shape))
    except cv2.error:  # a picture smaller than a feature
        points, marks = (), None
    if marks is None or not len(points):
        none = np.zeros(0, np.float32)
        return Keypoints(none.reshape(0, 2), np.zeros((0, 32), np.uint8), none, none)
    places = np.array([one.pt for one in points], np.float32)
    turns = np.array([one.angle for one in points], np.float32)
    sizes = np.array([one.size for one in points], np.float32) / np.float32(scale)
    at = (places + 0.5) / np.float32(scale) - 0.5
    return Keypoints(at, np.asarray(marks, np.uint8), turns, sizes)


def _spread(result: Sequence[cv2.KeyPoint], shape: tuple[int, ...]) -> list[cv2.KeyPoint]:
    """The strongest features of every part of a picture, so that no dense text takes them all."""
    height, width = shape
    part = max(1, FEATURES // (BUCKETS * BUCKETS))
    taken: dict[tuple[int, int], int] = {}
    chosen: list[cv2.KeyPoint] = []
    rest: list[cv2.KeyPoint] = []
    for one in sorted(result, key=lambda point: -point.response):
        cell = (int(one.pt[0] * BUCKETS / width), int(one.pt[1] * BUCKETS / height))
        taken[cell] = taken.get(cell, 0) + 1
        (chosen if taken[cell] <= part else rest).append(one)
    return chosen + rest[: max(0, FEATURES - len(chosen))]


def match(blank: Keypoints, scan: Keypoints) -> tuple[Points, Points]:
    """Places of the blank and of the scan (N, 2) that look alike and like nothing else."""
    if len(blank.marks) < 2 or len(scan.marks) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(blank.marks, scan.marks, k=2)
    kept = [two[0] for two in pairs if len(two) == 2 and two[0].distance < RATIO * two[1].distance]
    return (
        blank.points[[one.queryIdx for one in kept]].reshape(-1, 2),
        scan.points[[one.trainIdx for one in kept]].reshape(-1, 2),
    )


def voted(blank: Keypoints, scan: Keypoints) -> tuple[Points, Points]:
    """Places (N, 2) of both that most pairs of alike features place each other by.

    A form of equal cells has nothing that is alike only itself. But every pair says how the page
    was turned, scaled and moved, and all of them agree on the right answer alone (Ballard 1981).
    """
    if len(blank.marks) < 2 or len(scan.marks) < RIVALS:
        return match(blank, scan)
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(blank.marks, scan.marks, k=RIVALS)
    ids = np.array([(one.queryIdx, one.trainIdx) for several in pairs for one in several])
    own, other = ids.T
    turn = (scan.turns[other] - blank.turns[own]) % 360
    size = np.log2(np.maximum(scan.sizes[other], 1) / np.maximum(blank.sizes[own], 1))
    wheel = round(360 / TURN_STEP)
    votes = np.stack([np.floor(turn / TURN_STEP) % wheel, np.floor(size / SIZE_STEP)], 1)
    best = _most(votes)
    apart = np.abs(votes - best)
    apart[:, 0] = np.minimum(apart[:, 0], wheel - apart[:, 0])
    near = (apart <= 1).all(1)
    own, other = own[near], other[near]
    angles = np.deg2rad(turn[near])
    angle = np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())
    scale = 2.0 ** float(np.median(size[near]))
    spin = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scan.points[other] - blank.points[own] @ spin.T
    step = PLACE_STEP * float(np.ptp(scan.points, axis=0).max())
    places = np.floor(moved / max(step, 1.0))
    kept = (np.abs(places - _most(places)) <= 1).all(1)
    return blank.points[own[kept]], scan.points[other[kept]]


def _most(votes: NDArray[np.floating]) -> NDArray[np.floating]:
    """The bin (D,) with the most votes (N, D), those of its neighbours counted by half."""
    bins, counts = np.unique(votes, axis=0, return_counts=True)
    top = np.argsort(-counts)[:60]
    around = (np.abs(bins[top, None] - bins[None]) <= 1).all(2) @ counts
    return np.asarray(bins[top[np.argmax(around + counts[top])]])
