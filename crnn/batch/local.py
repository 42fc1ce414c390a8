"""The engine of one machine: a crew with a worker a core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from crnn.batch.crew import Crew, ordered
from crnn.batch.tasks import Outcome, Task

T = TypeVar("T")

AHEAD = 64
"""Pages a worker that may be done before one that takes long; a kill costs no more than these."""


class Local:
    """Reads pages with a crew, which may do other tasks between them."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def outcomes(
        self, wanted: Iterator[tuple[T, Task | None]]
    ) -> Iterator[tuple[T, Outcome | None]]:
        """What became of each task, in order."""
        return ordered(self._crew, wanted, AHEAD * self._crew.size)


def available_cores(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores of the cgroup v2 quota, at most those this process may run on, at least 1."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = cgroup.read_text("ascii").split()
        cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no cgroup v2, or a quota of "max"
    return cores
