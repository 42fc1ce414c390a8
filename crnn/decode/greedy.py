"""Greedy decoding: the most probable class of every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crnn.decode.ctc_score import log_total
from crnn.page import Char


def greedy(scores: NDArray[np.float32], classes: Sequence[str], *, blank: int = 0) -> list[Char]:
    """The characters along the single most probable path.

    scores: (T, C), log-probabilities or anything that differs from them by a constant per step.
    Only steps that are not blank are normalised: on Chinese that is a quarter of the exponentials.
    Not always the most probable text; see beam search. Graves 2006, section 3.2.
    """
    best = scores.argmax(axis=1)  # (T,)
    steps = np.flatnonzero(best != blank)
    if not steps.size:
        return []
    log_probs = np.minimum(scores[steps, best[steps]] - log_total(scores, steps), 0.0)  # (steps,)
    starts = np.ones(steps.size, bool)
    starts[1:] = (np.diff(steps) > 1) | (np.diff(best[steps]) != 0)
    firsts = np.flatnonzero(starts)
    lasts = np.append(firsts[1:], steps.size)
    peaks = np.exp(np.maximum.reduceat(log_probs, firsts))
    return [
        Char(classes[best[steps[a]]], float(peak), float(steps[a]), float(steps[b - 1] + 1))
        for a, b, peak in zip(firsts, lasts, peaks, strict=True)
    ]


def text_of(scores: NDArray[np.float32], classes: Sequence[str]) -> str:
    """The text of `greedy`, for where only the text is wanted. scores: (T, C)."""
    return "".join(char.text for char in greedy(scores, classes))
