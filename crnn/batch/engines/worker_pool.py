"""A crew of worker processes that outlives any of them, with a time limit for every task.

A worker has one task at a time, so that the one it dies of is known: that task is tried once more
by another, then given up. A task over its time costs its worker, and is not tried again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from crnn.batch.engines.tasks import Outcome, Task
from crnn.batch.engines.worker import REFUSED
from crnn.batch.page_task import Plan
from crnn.errors import OcrError

T = TypeVar("T")

ATTEMPTS, MAX_DEAD_STARTS = 2, 3
LOOK_S, START_S = 0.5, 120.0
HOUSE = Path(__file__).resolve().parents[3]
CRASHED = "it ended the process that read it, {} times"


class WorkerPoolFailed(OcrError):
    """No worker can be started."""


@dataclass(eq=False)
class Ticket:
    """A task that was handed in; outcome: None while it is not done."""

    task: Task
    outcome: Outcome | None = None
    attempts: int = 0


@dataclass(eq=False)
class Member:
    """A worker: its process, the way to it, and what it has in hand until when."""

    child: subprocess.Popen[bytes]
    pipe: Connection[Any, Any]
    until: float
    is_ready: bool = False
    ticket: Ticket | None = field(default=None)


class WorkerPool:
    """Workers that do tasks; they are started at the first one.

    plan: what they open, None for those that read no page; tick: called every now and then.
    """

    def __init__(
        self,
        plan: Plan | None,
        size: int,
        timeout_s: float,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._plan, self.size, self._timeout_s, self._tick = plan, size, timeout_s, tick
        self._queue: deque[Ticket] = deque()
        self._members: list[Member] = []
        self._dead_starts = 0

    def submit(self, task: Task, *, soon: bool = False) -> Ticket:
        """Hand a task in; soon: before those that wait."""
        ticket = Ticket(task)
        (self._queue.appendleft if soon else self._queue.append)(ticket)
        self._hand_out()
        return ticket

    def outcome(self, ticket: Ticket) -> Outcome:
        """What became of a task; waits for it. Raises: WorkerPoolFailed."""
        while ticket.outcome is None:
            self._look()
        return ticket.outcome

    @property
    def pids(self) -> list[int]:
        """The workers' processes."""
        return [member.child.pid for member in self._members]

    def close(self) -> None:
        """End every worker, whatever it has in hand."""
        for member in self._members:
            self._end(member)
        self._members.clear()

    def _hand_out(self) -> None:
        """Give waiting tasks to free workers, and start workers while there are too few."""
        for member in self._members:
            if self._queue and member.is_ready and member.ticket is None:
                member.ticket = self._queue.popleft()
                task = member.ticket.task
                member.until = time.monotonic() + self._timeout_s * task.pages
                with suppress(OSError):  # it has died; its end of the pipe tells
                    member.pipe.send(task)
        while self._queue and len(self._members) < self.size:
            self._members.append(self._started())

    def _started(self) -> Member:
        ours, theirs = Pipe()
        paths = [str(HOUSE), os.environ.get("PYTHONPATH", "")]
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "crnn.batch.engines.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        theirs.close()
        with suppress(OSError):  # as above
            ours.send(self._plan)
        return Member(child, ours, time.monotonic() + START_S)

    def _look(self) -> None:
        """Wait a little for what workers say, and for workers that end."""
        self._tick()
        self._hand_out()
        soonest = min((m.until for m in self._members if m.ticket or not m.is_ready), default=0.0)
        wait_s = min(LOOK_S, max(0.0, soonest - time.monotonic()))
        said = wait([member.pipe for member in self._members], wait_s)
        for member in list(self._members):
            if member.pipe in said:
                self._hear(member)
            elif (member.ticket or not member.is_ready) and time.monotonic() > member.until:
                self._lose(member, late=True)
        self._hand_out()

    def _hear(self, member: Member) -> None:
        try:
            message = member.pipe.recv()
        except (EOFError, OSError):
            self._lose(member, late=False)
            return
        if isinstance(message, Outcome) and member.ticket:
            member.ticket.outcome, member.ticket = message, None
        elif message[0] == REFUSED:
            raise WorkerPoolFailed(message[1])
        else:
            member.is_ready, self._dead_starts = True, 0

    def _lose(self, member: Member, *, late: bool) -> None:
        """Put another in the place of a worker that died, or that must."""
        self._end(member)
        self._members.remove(member)
        ticket = member.ticket
        if not member.is_ready:
            self._dead_starts += 1
            if self._dead_starts >= MAX_DEAD_STARTS:
                raise WorkerPoolFailed(
                    f"{self._dead_starts} workers in a row ended as they started"
                )
        elif ticket and late:
            ticket.outcome = Outcome(error=f"it was not done within {self._timeout_s:g} s")
        elif ticket:
            ticket.attempts += 1
            self._queue.appendleft(ticket)
            if ticket.attempts >= ATTEMPTS:
                self._queue.popleft()
                ticket.outcome = Outcome(error=CRASHED.format(ATTEMPTS))

    @staticmethod
    def _end(member: Member) -> None:
        member.pipe.close()
        member.child.kill()
        member.child.wait()


def ordered(
    pool: WorkerPool, wanted: Iterable[tuple[T, Task | None]], ahead: int, *, soon: bool = False
) -> Iterator[tuple[T, Outcome | None]]:
    """What became of tasks, in their order, each beside what it came with.

    At most `ahead` are taken from `wanted` before they are given out. None is no task: it only
    waits for its turn.
    """
    waiting: deque[tuple[T, Ticket | None]] = deque()

    def first() -> tuple[T, Outcome | None]:
        beside, ticket = waiting.popleft()
        return beside, pool.outcome(ticket) if ticket else None

    for beside, task in wanted:
        waiting.append((beside, pool.submit(task, soon=soon) if task else None))
        while waiting and (len(waiting) >= ahead or _is_done(waiting[0][1])):
            yield first()
    while waiting:
        yield first()


def _is_done(ticket: Ticket | None) -> bool:
    return ticket is None or ticket.outcome is not None
