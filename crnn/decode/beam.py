"""Prefix beam search: the most probable texts, where greedy decoding finds the likeliest path.

Graves 2006 (section 3.2), Hannun 2014 (arXiv:1408.2873, algorithm 1): every hypothesis is a text
with the probabilities of all its alignments so far, those that end in the blank apart from those
that do not. One NumPy pass a step over all hypotheses; `tests/oracle/slow_beam.py` is the same in
plain Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID
from crnn import budget
from crnn.decode.beam_state import Beam, Completed, PrefixTree
from crnn.decode.constraints import DecodingConstraints, Pruning
from crnn.decode.ctc_score import Span, log_total, spans
from crnn.decode.expansion import expansion_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hypothesis:
    """A text that was found.

    log_prob: ln P(text | image) over the alignments that the search kept; score: what the search
    ranked by, language and length included; spans: first step and step after the last of each
    label.
    """

    labels: tuple[int, ...]
    log_prob: float
    score: float
    spans: tuple[Span, ...] = ()


def beam(
    scores: NDArray[np.float32],
    *,
    width: int = 16,
    n_best: int = 1,
    constraints: DecodingConstraints | None = None,
    pruning: Pruning | None = None,
) -> list[Hypothesis]:
    """The n_best most probable texts, best first; none where a constraint lets no text through.

    scores: (T, C) log-probabilities, or anything that differs from them by a constant per step.
    """
    constraints, pruning = constraints or DecodingConstraints(), pruning or Pruning()
    result = search(scores, log_total(scores), width, constraints, pruning)[:n_best]
    return [
        Hypothesis(text.labels, text.log_prob, text.score, tuple(spans(scores, text.labels)))
        for text in result
    ]


def search(
    scores: NDArray[np.float32],
    totals: Floats,
    width: int,
    constraints: DecodingConstraints,
    pruning: Pruning,
) -> list[Completed]:
    """All texts that the beam ends with, best first.

    scores: (T, C), totals: (T,) their `log_total`. A constraint may ask for more characters than
    there are steps that are not blank: where nothing came through, every step is tried.
    """
    result = _search(scores, totals, width, constraints, pruning)
    if not result and constraints.constraint and pruning.blank > 0:
        result = _search(scores, totals, width, constraints, replace(pruning, blank=0.0))
    return result


def _search(
    scores: NDArray[np.float32],
    totals: Floats,
    width: int,
    constraints: DecodingConstraints,
    pruning: Pruning,
) -> list[Completed]:
    """One pass of `search`. scores: (T, C), totals: (T,)."""
    expansion = expansion_of(constraints.constraint, pruning)
    tree = PrefixTree()
    state = Beam.start(expansion.start, constraints)
    for silence, log_probs in live_steps(scores, totals, pruning.blank):
        budget.check()
        if silence is not None:
            state = state.advance_blank(silence)
        if log_probs is not None:
            unchanged, extensions, selected = state.after(log_probs, width, expansion, constraints)
            state = unchanged.select(extensions, selected, tree)
    return state.finished(expansion, constraints, tree)


def live_steps(
    scores: NDArray[np.float32], totals: Floats, threshold: float
) -> Iterator[tuple[float | None, NDArray[np.float64] | None]]:
    """Steps that may write, as (C,) log-probabilities, each with the ln P of the silence before it.

    scores: (T, C), totals: (T,). Silence is a run of steps that are blank but for `threshold`; None
    where there is none, which is not the same as a sure one: it parts doubled characters.
    """
    blank = scores[:, BLANK_ID] - totals  # (T,)
    live = np.flatnonzero(-np.expm1(np.minimum(blank, 0.0)) >= threshold)
    summed = np.concatenate([[0.0], np.cumsum(blank)])
    behind = 0
    for t in live.tolist():
        silence = float(summed[t] - summed[behind]) if t > behind else None
        yield silence, scores[t] - totals[t]
        behind = t + 1
    if behind < len(scores):
        yield float(summed[-1] - summed[behind]), None
