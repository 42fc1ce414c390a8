"""The engine: a bounded number of requests before a fixed number of reading threads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from crnn import budget
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from service.errors import Overloaded, TooSlow
from service.models.registry import Models
from service.observe.memory import give_back_holes
from service.observe.metrics import Meters
from service.reading_cache import Readings

T = TypeVar("T")
LONG_S = 0.5
"""Work that took longer held much memory: what it left goes back before the next begins."""
Grey = NDArray[np.uint8]


class Engine:
    """Reads images off the event loop.

    At most `threads` are read at once and `queue_size` wait; one more is Overloaded. A request that
    times out is answered at once, and its work is told to end (crnn.budget): it holds its
    place until its thread is free.
    """

    def __init__(
        self,
        reader: Reader | Models,
        *,
        threads: int,
        queue_size: int,
        timeout_s: float,
        meters: Meters | None = None,
        readings: Readings | None = None,
    ) -> None:
        self._readers = reader
        self._models = reader if isinstance(reader, Models) else None
        self._meters, self._readings = meters or Meters(), readings
        self._pool = ThreadPoolExecutor(threads, "read")
        self._threads, self._slots = threads, threads + queue_size
        self._inside = 0
        self._timeout_s = timeout_s

    @property
    def reader(self) -> Reader:
        """What reads by default now: take it once for each thing that is asked."""
        return self._readers.default if isinstance(self._readers, Models) else self._readers

    def pick(self, request_id: str, name: str | None = None) -> Reader:
        """What reads a request: the default, its share of a split, or the model that it names.

        Raises: UnknownOption where none of that name may be asked for.
        """
        return self._models.pick(request_id, name) if self._models else self.reader

    @property
    def is_busy(self) -> bool:
        """Whether requests take every thread: pages of jobs, which can wait, then do."""
        return self._inside >= self._threads

    def check_room(self) -> None:
        """Refuse a request before its body is taken in. Raises: Overloaded."""
        if self._inside >= self._slots:
            raise Overloaded(f"{self._inside} requests are being read or wait; try again shortly")

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """A place for one request, once its body is whole. Called on the event loop.

        Raises: Overloaded where there is none.
        """
        self.check_room()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @property
    def in_flight(self) -> int:
        """Requests that hold a place: they are read or wait."""
        return self._inside

    @property
    def waiting(self) -> int:
        """Images that wait for a thread."""
        return self._pool._work_queue.qsize()

    @property
    def threads(self) -> int:
        """How many images are read at once."""
        return self._threads

    def due(self) -> float:
        """When a request that begins now must be done, by the clock of the event loop."""
        return asyncio.get_running_loop().time() + self._timeout_s

    async def read(
        self,
        image: bytes,
        options: ReadOptions,
        *,
        until: float | None = None,
        reader: Reader | None = None,
    ) -> Page:
        """The page of an image file, for a request that was admitted.

        Raises: TooSlow, ReadError.
        """
        return await self.run(lambda: self.read_sync(image, options, reader), until=until)

    def read_sync(
        self, image: bytes | Grey, options: ReadOptions, reader: Reader | None = None
    ) -> Page:
        """The page of an image, read on this thread, or kept from an earlier time.

        image: an encoded file, or pixels (H, W). Raises: ReadError.
        """
        reader = reader or self.reader
        kept = self._readings if isinstance(image, bytes) else None
        key = kept.key(image, options, reader.sha256) if kept and isinstance(image, bytes) else b""
        page = kept.find(key) if kept else None
        if kept:
            self._meters.looked_up(page is not None)
        if page is None:
            page = reader.read(image, options)
            if kept:
                kept.keep(key, page, options)
            if self._models:
                self._models.was_read(reader, image, options, page)
        self._meters.was_read(page)
        return page

    async def run(self, work: Callable[[], T], *, until: float | None = None) -> T:
        """What some work of an admitted request gives, done where images are read.

        until: when the request is due, where it began before this work.
        Raises: TooSlow, and what the work raises.
        """
        due = self.due() if until is None else until
        asked = time.perf_counter()

        def begun() -> T:
            begun_at = time.perf_counter()
            self._meters.waited(begun_at - asked)
            try:
                return work()
            finally:
                if time.perf_counter() - begun_at > LONG_S:
                    give_back_holes()

        context, given_up = copy_context(), threading.Event()
        budget.begin(context, given_up)
        job = self._pool.submit(context.run, begun)  # spans know whose part they are
        try:
            async with asyncio.timeout_at(due):
                return await asyncio.wrap_future(job)
        except TimeoutError as exc:
            raise TooSlow(f"not read within {self._timeout_s:g} s (OCR_TIMEOUT_S)") from exc
        finally:
            given_up.set()
            self._abandon(job)

    def _abandon(self, job: Future[Any]) -> None:
        """Drop a job that nobody waits for; one that runs already keeps a place until it ends."""
        if job.done() or job.cancel():
            return
        loop = asyncio.get_running_loop()
        self._inside += 1
        job.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))

    def _leave(self) -> None:
        self._inside -= 1

    def close(self) -> None:
        """Take no more work; reads in hand end with the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._models:
            self._models.close()
