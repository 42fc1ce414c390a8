"""What a process and its children take, as Linux counts it in /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def tree(pid: int) -> list[int]:
    """A process and all that it started and that live."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text("ascii").split())
    return found


def resident_mb(pid: int) -> float:
    """Memory of one process, 0 where it is gone."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE_MB
    return 0.0


def cpu_s(pid: int) -> float:
    """Seconds of processor time of a process and its children, ended ones too."""
    total = 0
    for number, one in enumerate(tree(pid)):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text("ascii").rpartition(")")[2].split()
            own, ended = fields[11:13], fields[13:15]
            total += sum(map(int, own + (ended if number == 0 else [])))
    return total / TICKS
