"""A perfect hash: every key that it was made for has a slot of its own, found without a search.

`crnn.lm.file_format` makes it, by trial; looking up is arithmetic on whole arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BUCKET = 3
"""N-grams that share a displacement, on average."""

_SPREAD, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


def slots_of(
    keys: NDArray[np.int64], displacement: NDArray[np.uint64], slots: int
) -> NDArray[np.int64]:
    """The slot of each key, of any shape: one of its own for each key the hash was made for.

    displacement: (D,), how the keys of each bucket are moved to slots that are free. Hash and
    displace: Pagh 1999; Belazzougui, Botelho and Dietzfelbinger 2009.
    """
    spread = keys.view(np.uint64) * _SPREAD
    mixed = (spread ^ displacement.take(_scaled(spread, len(displacement)))) * _MIX
    return _scaled(mixed, slots)


def bucket_of(keys: NDArray[np.int64], buckets: int) -> NDArray[np.int64]:
    """The bucket of each key, of any shape."""
    return _scaled(keys.view(np.uint64) * _SPREAD, buckets)


def _scaled(hashed: NDArray[np.uint64], count: int) -> NDArray[np.int64]:
    """64 random bits as numbers below count: the upper half times count, less its lower half."""
    return ((hashed >> _HALF) * np.uint64(count) >> _HALF).view(np.int64)


def displacements(codes: NDArray[Any]) -> NDArray[np.uint64]:
    """Small numbers, as a file has them, as patterns of 64 bits that `slots_of` moves keys by."""
    return codes.astype(np.uint64) * _MIX


def slot_count(n_grams: int) -> int:
    """How many slots that many n-grams get."""
    return n_grams + n_grams // 8 + 16
