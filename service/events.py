"""A job's progress as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from fastapi.concurrency import run_in_threadpool

from service import views
from service.database import Database
from service.errors import JobUnknown, Overloaded
from service.job_schemas import summary

POLL_S, HEARTBEAT_S, MAX_LISTENERS = 0.5, 15.0, 100


class Listeners:
    """Streams of events, at most MAX_LISTENERS at once: each of them asks the store again.

    `is_stopping` is asked too: whoever listens would hold a stopping server till their job's end.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._count = database, 0
        self.is_stopping: Callable[[], bool] = lambda: False

    async def stream(self, job_id: str) -> AsyncIterator[str]:
        """A job's events from now on. Raises: JobUnknown, Overloaded, before the first of them."""
        if self._count >= MAX_LISTENERS:
            raise Overloaded(f"{MAX_LISTENERS} listen to jobs already")
        first = await run_in_threadpool(views.job, self._database, job_id)
        return self._events(first)

    async def _events(self, last: views.JobView) -> AsyncIterator[str]:
        self._count += 1
        spoken = time.monotonic()
        try:
            yield told("progress", last)
            with suppress(JobUnknown):  # deleted while it was watched
                while not (last.has_ended or self.is_stopping()):
                    await asyncio.sleep(POLL_S)
                    found = await run_in_threadpool(views.job, self._database, last.id)
                    if found != last:
                        yield told("progress", found)
                    elif time.monotonic() - spoken > HEARTBEAT_S:
                        yield ": still here\n\n"
                    else:
                        continue
                    last, spoken = found, time.monotonic()
            if not self.is_stopping():
                yield told("end", last)
        finally:
            self._count -= 1


def told(event: str, job: views.JobView) -> str:
    """An event of the stream; its id counts the pages that have ended."""
    return (
        f"event: {event}\nid: {job.done + job.failed}\ndata: {summary(job).model_dump_json()}\n\n"
    )
