"""Thorough reading: a doubtful line is looked at again in several ways, and the looks vote.

What a network is unsure of changes with what hardly changes the picture: a little wider, a little
bolder, cut elsewhere. The text that most looks are surest of is right more often than the first
(test-time augmentation; Krizhevsky 2012 for pictures). A line that is read surely costs what it
did, a doubtful one several times that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.budget import looks_at
from crnn.recognize.hypothesis import Hypothesis, hypothesis_text

Grey = NDArray[np.uint8]

DOUBTFUL, ENOUGH = 0.7, 0.8
"""Confidence below which a line is looked at again, and from which on no further look is needed."""

MOST_ROWS = 128
"""Rows of a crop that is looked at again, at most: what a look changes by a pixel must be some of a
stroke, and a photograph twice as large is more than a service has room for."""


@dataclass(frozen=True)
class Augmented:
    """A line as it is looked at again.

    grey: (H, W); stretch: its columns for each of the line's own; left: columns added on its left.
    """

    grey: Grey
    stretch: float = 1.0
    left: int = 0


def thinner(grey: Grey) -> Augmented:
    """Twice as large, what is bright half a pixel wider all around: dark strokes are thinner."""
    large = _resized(grey, 2, 2, cv2.INTER_CUBIC)
    return Augmented(np.asarray(cv2.dilate(large, np.ones((2, 2), np.uint8)), np.uint8), 2)


def wider(grey: Grey) -> Augmented:
    """A fifth wider."""
    made = _resized(grey, 1.2, 1, cv2.INTER_LINEAR)
    return Augmented(made, made.shape[1] / grey.shape[1])


def softer(grey: Grey) -> Augmented:
    """Out of focus by most of a pixel."""
    return Augmented(np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.8), np.uint8))


def looser(grey: Grey) -> Augmented:
    """With more of what is at its rims around it."""
    more = max(1, round(0.06 * len(grey)))
    made = cv2.copyMakeBorder(grey, more, more, more, more, cv2.BORDER_REPLICATE)
    return Augmented(np.asarray(made, np.uint8), 1, more)


def larger(grey: Grey) -> Augmented:
    """Twice as large, its edges kept by cubic interpolation."""
    return Augmented(_resized(grey, 2, 2, cv2.INTER_CUBIC), 2)


AUGMENTATIONS: tuple[Callable[[Grey], Augmented], ...] = (thinner, wider, softer, looser, larger)
"""In the order they are taken. Each took wrong characters away on print, photographs and hands."""


def vote(
    first: Hypothesis,
    grey: Grey,
    read: Callable[[Grey], Hypothesis],
    confidence: Callable[[Hypothesis], float],
) -> Hypothesis:
    """What a line says by the looks at it: the first alone, unless that is doubtful.

    grey: the crop (H, W) that was seen; read: what an upright crop says; confidence: how sure that
    is, 0 to 1. Of several looks that say the same the surest stands for them; the surest of many
    promises too much, so it is believed by the share of the weight that is behind what it says. A
    long line is looked at less often, for the scores of all its looks are held.
    """
    sure = confidence(first)
    if not first.decoded.chars or sure >= DOUBTFUL:
        return first
    saying: defaultdict[str, list[tuple[float, Hypothesis]]] = defaultdict(list)
    saying[hypothesis_text(first)].append((sure, first))
    upright = np.ascontiguousarray(np.rot90(grey, first.turns))
    handy = _handy(upright)
    for augmented in AUGMENTATIONS[: looks_at(len(first.scores))]:
        taken = augmented(handy)
        taken = replace(taken, stretch=taken.stretch * handy.shape[1] / upright.shape[1])
        other = _of_the_line(read(taken.grey), taken, first.turns)
        saying[hypothesis_text(other)].append((confidence(other), other))
        behind = max(saying.values(), key=_weight)
        if max(sure for sure, _ in behind) >= ENOUGH:
            break
    surest = max(behind, key=lambda one: one[0])[1]
    agreed = _weight(behind) / max(sum(map(_weight, saying.values())), 1e-9)
    return replace(surest, vote_share=agreed)


def _of_the_line(hypothesis: Hypothesis, augmented: Augmented, turns: int) -> Hypothesis:
    """What a look says, put where the line itself has it. turns: the line's, not the look's."""
    others = tuple(_of_the_line(one, augmented, turns) for one in hypothesis.others)
    added = hypothesis.x_offset + augmented.left
    return replace(
        hypothesis, turns=turns, x_offset=added, stretch=augmented.stretch, others=others
    )


def _handy(grey: Grey) -> Grey:
    """The crop (H, W), or a smaller one where it has more rows than looks can change."""
    smaller = MOST_ROWS / len(grey)
    return _resized(grey, smaller, smaller, cv2.INTER_AREA) if smaller < 1 else grey


def _weight(saying: list[tuple[float, Hypothesis]]) -> float:
    return sum(sure * sure for sure, _ in saying)


def _resized(grey: Grey, across: float, down: float, interpolation: int) -> Grey:
    height, width = grey.shape
    size = (max(1, round(across * width)), max(1, round(down * height)))
    return np.asarray(cv2.resize(grey, size, interpolation=interpolation), np.uint8)
