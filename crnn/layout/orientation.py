"""Which way up a page is: its lines tell lying from standing, reading some of them the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from crnn.layout.analysis import Survey, dewarped, survey
from crnn.layout.binarize import Grey
from crnn.layout.dewarp import on_side

SAMPLE, LONGEST = 5, 12
"""So many lines are read to judge a way up, so many heights of each."""
SURE, CLEARLY, POOR = 0.75, 0.15, 0.4
"""A page read so surely is upright; another way must be read so much surer than the first; a page
read worse than poorly both ways up may be on its side, whatever its ink says."""

Confidence = Callable[[Grey], float]


def turned(page: Survey, confidence_of: Confidence) -> Survey:
    """The page the way up on which it is read surest, and straight.

    confidence_of: how sure the reading of a crop (H, W) is, from 0 to 1.
    """
    if page.ink is None or not page.boxes:
        return page
    lies = on_side(page.ink, page.height)
    ways: tuple[int, ...] = (1, 0) if lies else (0, 1)
    if len(page.boxes) == 1 and not lies and _is_lying(page.boxes[0]):
        ways = (0,)
    tried: list[tuple[float, Survey, int]] = []
    for turns in ways:
        laid = _laid(page, turns)
        crops = _sample(laid)
        tried.append((_judged(crops, confidence_of), laid, turns))
        if tried[-1][0] < SURE:
            heads_down = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]
            tried.append((_judged(heads_down, confidence_of), laid, turns + 2))
        reached = max(one[0] for one in tried)
        if reached >= SURE or (lies is not None and reached >= POOR):
            break
    first, best = tried[0], max(tried, key=lambda one: one[0])
    chosen = best if best[0] > first[0] + CLEARLY else first
    return chosen[1] if chosen[2] < 2 else _laid(page, chosen[2])


def _is_lying(box: tuple[int, int, int, int]) -> bool:
    """Whether the only line of a page is so long that it can hardly stand on end."""
    left, top, right, bottom = box
    return right - left >= 2 * (bottom - top)


def _laid(page: Survey, turns: int) -> Survey:
    """The page turned by quarters anticlockwise, and straightened."""
    if turns == 0:
        return dewarped(page)
    result = dewarped(survey(np.ascontiguousarray(np.rot90(page.grey, turns))))
    back = turned_back(turns, page.grey.shape)
    if result.to_image is not None:
        back = back @ result.to_image
    return replace(result, to_image=back, turns=turns)


def turned_back(turns: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The matrix (3, 3) from np.rot90(image, turns) back to the image of shape (H, W)."""
    height, width = shape
    return np.array(
        {
            1: ((0, -1, width), (1, 0, 0), (0, 0, 1)),
            2: ((-1, 0, width), (0, -1, height), (0, 0, 1)),
            3: ((0, 1, 0), (-1, 0, height), (0, 0, 1)),
        }[turns],
        np.float64,
    )


def _judged(crops: list[Grey], confidence_of: Confidence) -> float:
    return median(confidence_of(crop) for crop in crops) if crops else 0.0


def _sample(page: Survey) -> list[Grey]:
    """Some of the longest lines of a page, the beginning of each."""
    crops = []
    for left, top, right, bottom in sorted(page.boxes, key=lambda b: b[0] - b[2])[:SAMPLE]:
        right = min(right, left + LONGEST * (bottom - top))
        crops.append(page.grey[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2])
    return crops
