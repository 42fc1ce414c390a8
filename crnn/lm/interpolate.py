"""Two models -> one that says about what a weighted sum of both would say.

Every n-gram of either gets the exact sum; what neither has seen is backed off to in the mixture, as
in any model. Static interpolation: Stolcke 2002, SRILM, section 3.
"""

from __future__ import annotations

import numpy as np

from crnn.decode.ngram_lm import ROOT, NgramLanguage
from crnn.lm.ngram_counts import Floats, Ints, Level


def mixed(
    base: NgramLanguage, other: NgramLanguage, weight: float
) -> tuple[list[Level], list[Floats]]:
    """The n-grams of both and (1 - weight) P(base) + weight P(other) of each.

    Both are of the same alphabet and order.
    """
    models, width = (base, other), len(base.alphabet)
    keys, suffix = np.arange(width), np.zeros(width, np.int64)
    states = [np.full(1, ROOT, np.int32)] * 2  # of each model, after each n-gram of the level
    levels: list[Level] = []
    p: list[Floats] = []
    for n in range(1, base.order + 1):
        if n > 1:
            below = keys
            grown = [behind(m, s, n - 1) for m, s in zip(models, states, strict=True)]
            keys = np.unique(np.concatenate(grown))
            suffix = levels[-1].suffix[keys // width] * width + keys % width
            suffix = np.searchsorted(below, suffix) if n > 2 else keys % width
        prefix, symbol = keys // width, keys % width
        both = [m.follow(s[prefix], symbol[:, None]) for m, s in zip(models, states, strict=True)]
        states = [after[:, 0] for after, _ in both]
        said = [np.exp(log_p[:, 0].astype(np.float64)) for _, log_p in both]
        levels.append(Level(prefix, symbol, suffix, np.zeros_like(symbol)))
        p.append((1 - weight) * said[0] + weight * said[1])
    return levels, p


def behind(model: NgramLanguage, states: np.ndarray, length: int) -> Ints:
    """What the model has seen behind n-grams: place * V + symbol, in no order.

    states: (m,) the model's context after each; those shorter than `length` are others' n-grams.
    """
    table, whole = model.table, model.lengths[states] == length
    place = np.full(len(table.link), -1)
    place[states[whole]] = np.flatnonzero(whole)
    result = table.key[table.key >= 0]
    prefix = place[result // len(model.alphabet)]
    keys: Ints = prefix * len(model.alphabet) + result % len(model.alphabet)
    return keys[prefix >= 0]
