"""The engine of one machine: a crew with a worker a core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from crnn.batch.engines.tasks import Outcome, Task
from crnn.batch.engines.worker_pool import WorkerPool, ordered

T = TypeVar("T")

AHEAD = 64
"""Pages a worker that may be done before one that takes long; a kill costs no more than these."""


class Local:
    """Reads pages with a crew, which may do other tasks between them."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def outcomes(
        self, wanted: Iterator[tuple[T, Task | None]]
    ) -> Iterator[tuple[T, Outcome | None]]:
        """What became of each task, in order."""
        return ordered(self._pool, wanted, AHEAD * self._pool.size)
