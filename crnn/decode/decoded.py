"""Decoded: what the scores of a line say, whichever decoder asked them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.decode.ctc_score import spans
from crnn.page import Alternative, Char, FieldReading, Match


@dataclass(frozen=True)
class Decoded:
    """What the scores of a line say; chars span steps. text: where it is not the chars joined.

    ln_complete: ln of the probability that no character was missed, see crnn.recognize.confidence.
    """

    chars: tuple[Char, ...]
    text: str | None = None
    alternatives: tuple[Alternative, ...] = ()
    match: Match | None = None
    field: FieldReading | None = None
    ln_complete: float = 0.0


def aligned_chars(
    scores: NDArray[np.float32], totals: NDArray[np.float64], labels: tuple[int, ...], text: str
) -> tuple[Char, ...]:
    """Characters along the best alignment, as sure as their surest step. scores: (T, C)."""
    made = []
    for char, label, (start, end) in zip(text, labels, spans(scores, labels), strict=True):
        peak = float(np.exp(scores[start:end, label] - totals[start:end]).max())
        made.append(Char(char, min(1.0, peak), float(start), float(end)))
    return tuple(made)
