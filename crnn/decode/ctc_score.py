"""Probabilities from scores: of classes, of whole texts, and where in the line a text stands.

Every function takes scores (T, C): log-probabilities, or anything that differs from them by a
constant per step. Graves 2006, sections 4.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID

Labels = Sequence[int]
Span = tuple[int, int]

TAME = 60.0
"""Scores no further from 0 have exponentials, and sums of them, that single precision can hold."""

MAX_TRELLIS_CELLS = 4_000_000
"""Cells of a trellis (T, N, S) held at once; more texts than fit are scored in turns."""


def log_softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (T, C) as log-probabilities (T, C); log-probabilities come back unchanged."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    total: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return total


def log_total(
    scores: NDArray[np.float32], steps: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """What steps' scores exceed log-probabilities by: ln sum exp. (T, C) -> (T,).

    steps: (S,) those that are asked about, all where None; gives (S,) then.
    """
    chosen = range(len(scores)) if steps is None else steps.tolist()
    highest = np.array([scores[t].max() for t in chosen], np.float32)
    taken = np.where(np.abs(highest) > TAME, highest, np.float32(0))
    sums = np.empty(len(highest))
    for t, step in enumerate(chosen):
        row = scores[step]  # which stays in the nearest cache from one pass to the next
        shifted = np.asarray(row - taken[t] if taken[t] else row, np.float32)
        # cv2.exp is faster than NumPy's; cv2.sumElems depends on where in memory the row lies.
        sums[t] = cv2.exp(shifted).sum()
    result: NDArray[np.float64] = taken + np.log(sums)
    return result


def ctc_log_prob(
    scores: NDArray[np.float32], texts: Sequence[Labels], totals: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """The ln P(text) of each of N label sequences, over all their alignments.

    scores: (T, C); totals: (T,) from `log_total` where already known. Gives (N,); -inf where a
    text needs more steps than there are.
    """
    totals = log_total(scores) if totals is None else totals
    longest = 2 * max(map(len, texts), default=0) + 1
    at_once = max(1, MAX_TRELLIS_CELLS // max(1, len(scores) * longest))
    parts = [
        _forward(_Trellis.of(scores, texts[first : first + at_once]))
        for first in range(0, len(texts), at_once)
    ]
    result: NDArray[np.float64] = np.concatenate([np.zeros(0), *parts]) - totals.sum()
    return result


def spans(scores: NDArray[np.float32], labels: Labels) -> list[Span]:
    """First step and the step after the last of each label, along its most probable alignment.

    scores: (T, C). Gives L spans; none where the text needs more steps than there are.
    """
    if not len(scores):
        return []
    trellis = _Trellis.of(scores, [labels])
    emitted, may_skip = trellis.emitted[:, 0], trellis.may_skip[0, 2:]  # (T, S), (S - 2,)
    best, moves = trellis.first()[0], np.full((3, emitted.shape[1]), -np.inf)
    back = np.zeros(emitted.shape, np.int64)
    for t in range(1, len(scores)):
        moves[0], moves[1, 1:] = best, best[:-1]
        np.add(best[:-2], may_skip, out=moves[2, 2:])
        moves.argmax(axis=0, out=back[t])
        best = moves.max(axis=0) + emitted[t]
    state = len(best) - 1
    if state and best[state - 1] > best[state]:
        state -= 1
    if best[state] == -np.inf:
        return []
    path = np.empty(len(scores), np.int64)
    for t in range(len(scores) - 1, -1, -1):
        path[t] = state
        state -= back[t, state]
    firsts = np.searchsorted(path, np.arange(1, emitted.shape[1], 2))
    lasts = np.searchsorted(path, np.arange(1, emitted.shape[1], 2), side="right")
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


@dataclass(frozen=True)
class _Trellis:
    """N texts with blanks around their labels: S states each, shorter ones padded at the end.

    emitted: (T, N, S) the scores of each state's class; may_skip: (N, S) 0 where a state may follow
    the one two before it, -inf where not; sizes: (N,) states of each text.
    """

    emitted: NDArray[np.float64]
    may_skip: NDArray[np.float64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, scores: NDArray[np.float32], texts: Sequence[Labels]) -> _Trellis:
        sizes = np.array([2 * len(labels) + 1 for labels in texts], np.int64)
        states = np.full((len(texts), sizes.max()), BLANK_ID, np.int64)
        for row, labels in zip(states, texts, strict=True):
            row[1 : 2 * len(labels) : 2] = labels
        may_skip = np.full(states.shape, -np.inf)
        may_skip[:, 3::2][states[:, 3::2] != states[:, 1:-2:2]] = 0.0
        emitted = scores[:, states].astype(np.float64)  # (T, N, S)
        return cls(emitted, may_skip, sizes)

    def first(self) -> NDArray[np.float64]:
        """The states (N, S) after the first step: a blank, or the first label."""
        reached = np.full(self.may_skip.shape, -np.inf)
        reached[:, :2] = self.emitted[0, :, :2]
        return reached


def _forward(trellis: _Trellis) -> NDArray[np.float64]:
    """The forward variable at the end of each text. -> (N,)."""
    if not len(trellis.emitted):
        return np.where(trellis.sizes == 1, 0.0, -np.inf)
    reached = trellis.first()
    for emitted in trellis.emitted[1:]:
        before = reached
        reached = before.copy()
        np.logaddexp(reached[:, 1:], before[:, :-1], out=reached[:, 1:])
        skipped = before[:, :-2] + trellis.may_skip[:, 2:]
        np.logaddexp(reached[:, 2:], skipped, out=reached[:, 2:])
        reached += emitted
    rows = np.arange(len(reached))
    ends = reached[rows, trellis.sizes - 1]
    labelled = np.where(trellis.sizes > 1, reached[rows, trellis.sizes - 2], -np.inf)
    total: NDArray[np.float64] = np.logaddexp(ends, labelled)
    return total
