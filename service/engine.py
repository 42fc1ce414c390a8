"""The engine: a bounded queue before a fixed number of reading threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from crnn.read import Page, Reader, ReadOptions
from service.errors import Overloaded, TooSlow


class Engine:
    """Reads images off the event loop.

    At most `threads` are read at once and `queue_size` wait; one more is Overloaded. A request that
    times out gives its answer up at once, and its place when its thread is done.
    """

    def __init__(self, reader: Reader, *, threads: int, queue_size: int, timeout_s: float) -> None:
        self.reader = reader
        self._pool = ThreadPoolExecutor(threads, "read")
        self._room = threads + queue_size
        self._inside = 0
        self._timeout_s = timeout_s

    async def read(self, image: bytes, options: ReadOptions) -> Page:
        """The page of an image file.

        Raises: Overloaded, TooSlow, ReadError.
        """
        if self._inside >= self._room:
            raise Overloaded(f"{self._inside} requests are being read or wait; try again shortly")
        self._inside += 1
        job = asyncio.get_running_loop().run_in_executor(
            self._pool, self.reader.read, image, options
        )
        job.add_done_callback(self._left)
        try:
            return await asyncio.wait_for(asyncio.shield(job), self._timeout_s)
        except TimeoutError as exc:
            job.cancel()
            raise TooSlow(f"not read within {self._timeout_s:g} s (OCR_TIMEOUT_S)") from exc

    def _left(self, job: asyncio.Future[Page]) -> None:
        self._inside -= 1
        if not job.cancelled():
            job.exception()  # seen, even where nobody waits for it any more

    def close(self) -> None:
        """Let running reads finish and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
