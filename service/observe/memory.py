"""What the C library does with memory that is given back.

By default glibc keeps an arena for every few threads, and once a large block was freed it takes
blocks up to that size from the heap, where one small neighbour keeps them from the system. Pages
and lines come in all sizes: resident memory follows the largest ever seen. Blocks of 4 MB and more,
the scores of a line of 55 steps, go back at once.
What is free between blocks in use is given back every few seconds.
"""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # mallopt(3)
PAGE_BYTES, TOP_BYTES = 4 << 20, 12 << 20
TRIM_EVERY_S = 10.0


def give_back_memory() -> bool:
    """Blocks of a page go back to the system when freed; whether the C library can do that.

    To be called before threads begin.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # no glibc
        return False
    options = ((MMAP_THRESHOLD, PAGE_BYTES), (TRIM_THRESHOLD, TOP_BYTES), (ARENA_MAX, 2))
    done = [mallopt(name, value) for name, value in options]
    return all(done)


def give_back_holes() -> float:
    """Free pages between blocks in use go back to the system; seconds until that is worth it again.

    A call takes a millisecond or a few. Elsewhere than with glibc there is nothing to do.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return 1440 * TRIM_EVERY_S
    return TRIM_EVERY_S
