"""Counts -> probabilities: interpolated modified Kneser-Ney. Chen and Goodman 1998, section 3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crnn.lm.ngram_counts import Flags, Floats, Ints, Level, after_edge

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts of n-grams seen once, twice, more often, where a text is too small to estimate them."""


@dataclass(frozen=True)
class Smooth:
    """Probabilities of one level. p: (n,) of each n-gram; gamma: (m,) of each prefix.

    gamma is the share of a prefix's mass that is left to the level below.
    """

    p: Floats
    gamma: Floats


def smooth(levels: list[Level], known: Flags) -> list[Smooth]:
    """P(symbol | prefix) of every n-gram. known (V,): the symbols that a text may hold."""
    below = known / known.sum()
    results: list[Smooth] = []
    for level, counts in zip(levels, continuation_counts(levels), strict=True):
        prefixes = int(level.prefix.max(initial=0)) + 1
        taken = np.array([0.0, *discounts(counts)])[np.minimum(counts, 3)]
        total = np.bincount(level.prefix, counts, prefixes)
        gamma = np.bincount(level.prefix, taken, prefixes) / np.maximum(total, 1)
        own = (counts - taken) / np.maximum(total, 1)[level.prefix]
        p = own + gamma[level.prefix] * below[level.suffix if results else level.symbol]
        results.append(Smooth(p, gamma))
        below = p
    return results


def continuation_counts(levels: list[Level]) -> list[Ints]:
    """Of each n-gram, how many symbols it stands behind; as it is on top and after an edge."""
    counts: list[Ints] = []
    for n, (level, edge) in enumerate(zip(levels, after_edge(levels), strict=True)):
        if n + 1 == len(levels):
            counts.append(level.count)
            continue
        before = np.bincount(levels[n + 1].suffix, minlength=len(level.symbol))
        counts.append(np.where(edge, level.count, before) if n else before)
    return counts


def discounts(counts: Ints) -> tuple[float, float, float]:
    """What is taken from n-grams seen once, twice, more often. Chen and Goodman 1998, eq. 26."""
    n1, n2, n3, n4 = (int((counts == k).sum()) for k in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    results = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    if not all(0 <= d <= k for k, d in enumerate(results, start=1)):
        return FALLBACK
    return results
