"""Text -> how often each n-gram stands in it, one level an order, each pointing at the one below.

Symbol 0 is the edge of a line: what comes before its first character and after its last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EDGE = 0


@dataclass(frozen=True)
class Level:
    """The n-grams of one order, by prefix and then by symbol; each array is (n,).

    prefix and suffix are places in the level below: the n-gram without its last and its first
    symbol. On level 1 the place is the symbol itself, so every symbol is there, seen or not.
    """

    prefix: Ints
    symbol: Ints
    suffix: Ints
    count: Ints


def joined(lines: Iterable[Iterable[int]]) -> Ints:
    """Lines of symbols as one row (P,) with an edge before, between and after them."""
    row = [EDGE]
    for line in lines:
        row.extend(line)
        if row[-1] != EDGE:
            row.append(EDGE)
    return np.array(row, np.int64)


def count(text: Ints, order: int, symbols: int) -> list[Level]:
    """The levels 1 to `order` of a row of symbols (P,) as `joined` makes it.

    An n-gram never reaches across an edge: an edge is its first symbol, its last, or neither.
    """
    nowhere = np.zeros(symbols, np.int64)
    seen = np.bincount(text[1:], minlength=symbols)
    levels = [Level(nowhere, np.arange(symbols), nowhere, seen)]
    ids = text.copy()  # (P,) the n-gram that ends here, -1 where none does
    for _ in range(2, order + 1):
        before = ids[:-1]
        whole = (before >= 0) & (ids[1:] >= 0)
        if len(levels) > 1:
            whole &= text[:-1] != EDGE
        at = np.flatnonzero(whole) + 1
        keys, first, inverse, counts = np.unique(
            ids[at - 1] * symbols + text[at],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        levels.append(Level(keys // symbols, keys % symbols, ids[at[first]], counts))
        ids = np.full_like(text, -1)
        ids[at] = inverse
    return levels


def after_edge(levels: list[Level]) -> list[Flags]:
    """Which n-grams of each level begin with the edge."""
    flags = [levels[0].symbol == EDGE]
    for level in levels[1:]:
        flags.append(flags[-1][level.prefix])
    return flags


def select(levels: list[Level], keep: list[Flags]) -> list[Level]:
    """The levels with only the n-grams to keep, their pointers made to fit."""
    chosen: list[Level] = []
    place = np.zeros(1, np.int64)
    for level, wanted in zip(levels, keep, strict=True):
        chosen.append(
            Level(
                place[level.prefix[wanted]] if chosen else level.prefix[wanted],
                level.symbol[wanted],
                place[level.suffix[wanted]] if chosen else level.suffix[wanted],
                level.count[wanted],
            )
        )
        place = np.cumsum(wanted) - 1
    return chosen


def closed(levels: list[Level], keep: list[Flags]) -> list[Flags]:
    """The flags with the prefix and the suffix of everything kept, and all of level 1."""
    flags = [wanted.copy() for wanted in keep]
    for n in range(len(levels) - 1, 0, -1):
        flags[n - 1][levels[n].prefix[flags[n]]] = True
        flags[n - 1][levels[n].suffix[flags[n]]] = True
    flags[0][:] = True
    return flags


def recounted(levels: list[Level], counts: list[Ints]) -> list[Level]:
    """The same n-grams with other counts."""
    return [replace(level, count=new) for level, new in zip(levels, counts, strict=True)]
