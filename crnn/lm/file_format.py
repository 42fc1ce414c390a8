"""Levels and their probabilities -> the bytes that crnn.decode.ngram_lm reads.

An n-gram is a symbol and the code of its probability; one that is a context also says how many
stand behind it and the code of the mass it leaves over. What a reader can work out is not stored:
which context follows, where to back off to. The hash that finds n-grams is made here, by trial.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crnn.decode.ngram_lm import MAGIC
from crnn.decode.perfect_hash import BUCKET, bucket_of, displacements, slot_count, slots_of
from crnn.lm.ngram_counts import Floats, Ints, Level

CODES = 256
LEAST_MASS, UNSEEN = 1e-4, 1e-12


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
    arrays["displacement"] = placed(keys_of(levels))
    facts["arrays"] = [[name, array.dtype.str, array.size] for name, array in arrays.items()]
    header = json.dumps(facts, ensure_ascii=True).encode("ascii") + b"\n"
    return MAGIC + zlib.compress(header + b"".join(a.tobytes() for a in arrays.values()), 9)


def coded(values: Floats) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Values (n,) as codes (n,) into a book (CODES,), which holds the mean of each code's values.

    Half the codes part the values evenly, half part their range, so that rare extremes stay exact.
    Few different values are all kept as they are.
    """
    book = np.unique(values)
    if len(book) > CODES:
        half = np.linspace(0, 1, CODES // 2 + 1)[:-1]
        evenly = book[0] + half * (book[-1] - book[0])
        book = np.unique(np.concatenate([np.quantile(values, half), evenly]))
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
    result: Floats = np.maximum(left, LEAST_MASS) / np.maximum(free, LEAST_MASS)
    return result


def keys_of(levels: list[Level]) -> Ints:
    """Context * V + symbol of every n-gram; contexts are numbered as the reader numbers them."""
    width, states = len(levels[0].symbol), 0
    keys = []
    for level in levels:
        _, place = np.unique(level.prefix, return_inverse=True)
        keys.append((place + states) * width + level.symbol)
        states += int(place.max(initial=-1)) + 1
    return np.concatenate(keys)


def placed(keys: Ints) -> NDArray[np.uint16]:
    """The code of each bucket's displacement (D,) that gives every key a slot of its own.

    The fullest buckets first; those of one size try the same code at once, and of those that want
    the same slot all but the last try the next.
    """
    slots, buckets = slot_count(len(keys)), len(keys) // BUCKET + 1
    bucket = bucket_of(keys, buckets)
    by_bucket = np.argsort(bucket, kind="stable")
    sizes = np.bincount(bucket, minlength=buckets)
    starts = np.cumsum(sizes) - sizes
    codes, used = np.zeros(buckets, np.uint16), np.zeros(slots, bool)
    claim = np.zeros(slots, np.int64)
    for size in range(int(sizes.max()), 0, -1):
        waiting = np.flatnonzero(sizes == size)
        for code in range(1 << 16):
            if not len(waiting):
                break
            codes[waiting] = code
            members = keys[by_bucket[starts[waiting, None] + np.arange(size)]]  # (W, size)
            at = slots_of(members, displacements(codes), slots)
            places = waiting[:, None] * size + np.arange(size)
            claim[at] = places
            fits = ((claim[at] == places) & ~used[at]).all(1)
            used[at[fits]] = True
            waiting = waiting[~fits]
        assert not len(waiting), "no displacement fits"  # noqa: S101
    return codes
