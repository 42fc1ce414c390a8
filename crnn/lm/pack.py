"""Levels and their probabilities -> the bytes that crnn.read.decode.ngram reads.

An n-gram is a symbol and the code of its probability; one that is a context also says how many stand
behind it, the code of the mass it leaves over and, where several stand behind it, their offset. What
a reader can work out is not stored: where to back off to, offsets that only fill a hole.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crnn.lm.counts import Floats, Ints, Level
from crnn.read.decode.ngram import MAGIC

CODES = 256
LEAST_MASS, UNSEEN = 1e-4, 1e-12
WINDOW, FEW = 256, 30
"""Slots tried at once; contexts with this many n-grams or fewer search from the start again."""


def pack(levels: list[Level], p: list[Floats], alphabet: str) -> bytes:
    """The file. p: P(symbol | prefix) of each level's n-grams; every prefix and suffix is there."""
    facts: dict[str, Any] = {"alphabet": alphabet, "order": len(levels)}
    arrays: dict[str, NDArray[Any]] = {}
    masses: list[Floats] = [np.ones(1)]
    below = p[0]
    for n, level in enumerate(levels, start=1):
        places = 1 if n == 1 else len(levels[n - 2].symbol)
        counts = np.bincount(level.prefix, minlength=places)
        arrays[f"counts_{n}"] = counts.astype(np.uint16)
        arrays[f"symbols_{n}"] = level.symbol.astype(np.uint16)
        if n == 1:
            arrays["log_p_1"] = np.log(np.maximum(p[0], UNSEEN)).astype(np.float32)
            continue
        codes, book = coded(np.log(p[n - 1]))
        arrays[f"log_p_{n}"], arrays[f"book_{n}"] = codes, book
        kept = np.exp(book[codes].astype(np.float64))
        masses.append(left_over(level, kept, below)[np.flatnonzero(counts)])
        below = kept
    arrays["backoff"], arrays["backoff_book"] = coded(np.log(np.concatenate(masses)))
    arrays["base"] = placed(levels).astype(np.uint32)
    facts["arrays"] = [[name, array.dtype.str, array.size] for name, array in arrays.items()]
    header = json.dumps(facts, ensure_ascii=True).encode("ascii") + b"\n"
    return MAGIC + zlib.compress(header + b"".join(a.tobytes() for a in arrays.values()), 9)


def coded(values: Floats) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Values (n,) as codes (n,) into a book (CODES,): as many values to a code, its mean for all.

    Few different values are kept as they are.
    """
    book = np.unique(values)
    if len(book) > CODES:
        book = np.unique(np.quantile(values, np.linspace(0, 1, CODES + 1)[:-1]))
    codes = np.searchsorted(book, values, side="right") - 1
    counts = np.bincount(codes, minlength=CODES)
    means = np.bincount(codes, values, CODES) / np.maximum(counts, 1)
    return codes.astype(np.uint8), means.astype(np.float32)


def left_over(level: Level, p: Floats, below: Floats) -> Floats:
    """The mass (m,) that each prefix leaves to the level below, spread over what it lacks.

    p: (n,) of the level's n-grams as stored; below: of the level below, as stored.
    """
    left = 1 - np.bincount(level.prefix, p)
    free = 1 - np.bincount(level.prefix, below[level.suffix])
    found: Floats = np.maximum(left, LEAST_MASS) / np.maximum(free, LEAST_MASS)
    return found


def placed(levels: list[Level]) -> Ints:
    """An offset for each context with several n-grams so that no two n-grams share a slot.

    The slot of an n-gram is its context's offset plus its symbol; the empty context has offset 0.
    Contexts with most n-grams first, each where it first fits. Aoe 1989, double arrays.
    """
    width = len(levels[0].symbol)
    starts, counts, symbols = contexts(levels)
    used = np.zeros(2 * len(symbols) + 64 * width, bool)
    base = np.zeros(len(starts), np.int64)
    used[:width] = True
    low, last = width, 0
    several = np.flatnonzero(counts > 1)
    for context in several[np.argsort(-counts[several], kind="stable")][1:]:
        if counts[context] != last:
            last = int(counts[context])
            low = width if last <= FEW else low
        wanted = symbols[starts[context] : starts[context] + last]
        offset, low = first_fit(used, wanted, low)
        used[offset + wanted] = True
        base[context] = offset
    return base[several]


def first_fit(used: NDArray[np.bool_], wanted: Ints, low: int) -> tuple[int, int]:
    """An offset that puts wanted symbols in free slots, the first of them from `low` on.

    Also from where to search for the next one of that size: a window that failed is not tried again.
    """
    while True:
        free = low + np.flatnonzero(~used[low : low + WINDOW])
        offsets = free - wanted[0]
        fits = ~used[offsets[:, None] + wanted].any(1)
        if fits.any():
            return int(offsets[fits.argmax()]), low
        low += WINDOW


def contexts(levels: list[Level]) -> tuple[Ints, Ints, Ints]:
    """Where each context's n-grams start and how many they are (S,), and all symbols in a row."""
    starts, counts, row = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for level in levels:
        _, first, times = np.unique(level.prefix, return_index=True, return_counts=True)
        starts.append(first + row)
        counts.append(times)
        row += len(level.symbol)
    symbols = np.concatenate([level.symbol for level in levels])
    return np.concatenate(starts), np.concatenate(counts), symbols
