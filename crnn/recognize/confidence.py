"""What a reading's confidences mean, once a model carries a calibration.

A character's confidence is the probability that it is right, a line's that all of it is. Without a
calibration both are what the network says: the softmax peak, and the peaks' geometric mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID
from crnn.calibration import Calibration
from crnn.decode.ctc_score import log_softmax
from crnn.page import Char

ALTERNATIVES = 5
"""At most so many other readings of a character are told."""

CERTAIN = 14.0
"""A blank step this far ahead (natural logarithm) hides nothing: a chance of one in a million."""


def geometric_mean(chars: Sequence[Char]) -> float:
    """The geometric mean of the characters' confidences; 0 where there are none."""
    if not chars:
        return 0.0
    return math.exp(sum(math.log(max(c.confidence, 1e-9)) for c in chars) / len(chars))


def ln_complete(
    scores: NDArray[np.float32], chars: Sequence[Char], classes: Sequence[str]
) -> float:
    """Ln of the probability that no character was missed, as the steps without one see it.

    scores: (T, C); chars: spans in steps. A missed character leaves no char with a low confidence;
    what it leaves is a blank step that nearly was something else. The next class at a blank step
    counts unless it is that of the character before or after, whose rim it then is, or white space.
    """
    margins = scores[:, BLANK_ID] - scores[:, BLANK_ID + 1 :].max(axis=1)  # (T,)
    for char in chars:
        margins[int(char.start) : int(char.end)] = np.inf
    near = np.flatnonzero(margins < CERTAIN)
    texts = ["", *(char.text for char in chars), ""]
    before = np.searchsorted([char.start for char in chars], near)
    total = 0.0
    for step, at in zip(near.tolist(), before.tolist(), strict=True):
        rival = classes[BLANK_ID + 1 + int(scores[step, BLANK_ID + 1 :].argmax())]
        if rival not in (" ", texts[at], texts[at + 1]):
            total -= math.log1p(math.exp(-max(float(margins[step]), -40.0)))
    return total


def calibrated(chars: Sequence[Char], calibration: Calibration | None) -> list[Char]:
    """The characters with the probability that each is right; as they were without calibration."""
    if calibration is None:
        return list(chars)
    result = calibration.chars([char.confidence for char in chars])
    return [replace(char, confidence=one) for char, one in zip(chars, result, strict=True)]


def of_line(chars: Sequence[Char], complete: float, calibration: Calibration | None) -> float:
    """A line's confidence from its calibrated characters; 0 where there are none."""
    if calibration is None or not chars:
        return geometric_mean(chars)
    visible = [char.confidence for char in chars if char.text != " "]
    return calibration.whole(visible, complete)


def with_alternatives(
    chars: Sequence[Char], scores: NDArray[np.float32], classes: Sequence[str]
) -> list[Char]:
    """The characters with what else each may be, by the step where it is surest.

    scores: (T, C); chars: raw, spans in steps. A share is what the network gives the alternative
    of all that it does not give the character; `share_out` turns shares into confidences.
    """
    ids = {text: at for at, text in enumerate(classes)}
    results = []
    for char in chars:
        if char.text not in ids:  # an entry's character read by another of its widths
            results.append(char)
            continue
        rows = log_softmax(scores[int(char.start) : int(char.end)])  # (t, C)
        row = rows[rows[:, ids[char.text]].argmax()].copy()  # (C,)
        rest = max(1 - math.exp(row[ids[char.text]]), 1e-9)
        row[[BLANK_ID, ids[char.text]]] = -np.inf
        count = min(ALTERNATIVES, len(row))
        top = np.argpartition(row, -count)[-count:]
        top = top[np.argsort(-row[top])]
        shares = tuple(
            (classes[at], min(1.0, math.exp(row[at]) / rest)) for at in top if row[at] > -np.inf
        )
        results.append(replace(char, alternatives=shares))
    return results


def share_out(chars: Sequence[Char]) -> list[Char]:
    """Alternatives whose shares became confidences: parts of what the character's own leaves."""
    return [_shared_out(char) if char.alternatives else char for char in chars]


def _shared_out(char: Char) -> Char:
    left = 1 - char.confidence
    return replace(char, alternatives=tuple((t, share * left) for t, share in char.alternatives))
