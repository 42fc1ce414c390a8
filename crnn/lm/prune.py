"""Which n-grams are worth their bytes: those whose loss would cost the text most."""

from __future__ import annotations

import numpy as np

from crnn.lm.kneser_ney import Smooth
from crnn.lm.ngram_counts import Flags, Floats, Level, closed

N_GRAM_BYTES, CONTEXT_BYTES, PLACE_BYTES = 2.6, 1.0, 0.25
"""What an n-gram takes in the file, one that is a context besides, one that could be one."""


def worth(levels: list[Level], smoothed: list[Smooth]) -> list[Floats]:
    """Nats that the counted text would lose without each n-gram.

    Weighted difference: Seymore and Rosenfeld 1996, Scalable backoff language models, section 3.
    """
    results: list[Floats] = [np.full(len(levels[0].symbol), np.inf)]
    for n in range(1, len(levels)):
        level, above, below = levels[n], smoothed[n], smoothed[n - 1]
        left = above.gamma[level.prefix] * below.p[level.suffix]
        gain: Floats = np.log(above.p / np.maximum(left, np.finfo(float).tiny))
        results.append(gain * level.count)
    return results


def to_budget(levels: list[Level], scores: list[Floats], max_bytes: float) -> list[Flags]:
    """The n-grams of most worth that fit, with every prefix and suffix they need."""
    everything = [np.ones(len(level.symbol), bool) for level in levels]
    if size(levels, everything) <= max_bytes:
        return everything
    ranked = np.sort(np.concatenate(scores[1:]))[::-1]
    low, high = 0, len(ranked)
    while high - low > max(1, len(ranked) // 1000):
        middle = (low + high) // 2
        keep = closed(levels, [score > ranked[middle] for score in scores])
        low, high = (middle, high) if size(levels, keep) <= max_bytes else (low, middle)
    return closed(levels, [score > ranked[low] for score in scores])


def size(levels: list[Level], keep: list[Flags]) -> float:
    """Bytes of the file, about, less what every file has."""
    total = 0.0
    for n in range(1, len(levels)):
        prefixes = np.zeros(len(levels[n - 1].symbol), bool)
        prefixes[levels[n].prefix[keep[n]]] = True
        total += N_GRAM_BYTES * int(keep[n].sum()) + CONTEXT_BYTES * int(prefixes.sum())
        total += PLACE_BYTES * int(keep[n - 1].sum())
    return total
