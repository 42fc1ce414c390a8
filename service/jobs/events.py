"""A job's progress as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress

from fastapi.concurrency import run_in_threadpool

from service.errors import JobUnknown, Overloaded
from service.jobs import queries
from service.schemas.job_schemas import summary
from service.storage.database import Database

POLL_S, HEARTBEAT_S = 0.5, 15.0
MAX_LISTENERS, MAX_OF_CALLER = 100, 20
"""Streams open at once: of all callers, and of one."""


class Listeners:
    """Streams of events, a number of them at once: each of them asks the store again.

    `is_stopping` is asked too: whoever listens would hold a stopping server till their job's end.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._by_caller = database, Counter[str]()
        self.is_stopping: Callable[[], bool] = lambda: False

    async def stream(self, job_id: str) -> AsyncIterator[str]:
        """A job's events from now on. Raises: JobUnknown, before the first of them."""
        return self._events(await run_in_threadpool(queries.job, self._database, job_id))

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """A place among those who listen. Raises: Overloaded."""
        if self._by_caller.total() >= MAX_LISTENERS:
            raise Overloaded(f"{MAX_LISTENERS} listen to jobs already")
        if self._by_caller[caller] >= MAX_OF_CALLER:
            raise Overloaded(f"one caller listens to {MAX_OF_CALLER} jobs already")
        self._by_caller[caller] += 1
        try:
            yield
        finally:
            self._by_caller[caller] -= 1

    async def _events(self, last: queries.JobView) -> AsyncIterator[str]:
        spoken = time.monotonic()
        yield event_text("progress", last)
        with suppress(JobUnknown):  # deleted while it was watched
            while not (last.has_ended or self.is_stopping()):
                await asyncio.sleep(POLL_S)
                result = await run_in_threadpool(queries.job, self._database, last.id)
                if result != last:
                    yield event_text("progress", result)
                elif time.monotonic() - spoken > HEARTBEAT_S:
                    yield ": still here\n\n"
                else:
                    continue
                last, spoken = result, time.monotonic()
        if not self.is_stopping():
            yield event_text("end", last)


def event_text(event: str, job: queries.JobView) -> str:
    """An event of the stream; its id counts the pages that have ended."""
    return (
        f"event: {event}\nid: {job.done + job.failed}\ndata: {summary(job).model_dump_json()}\n\n"
    )
