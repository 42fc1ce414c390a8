"""A live service watched from beside it: its memory, and how long /healthz is silent."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.service.processes import resident_mb, tree

EVERY_S = 0.02
PATIENCE_S = 60.0


def tree_mb(pid: int) -> float:
    """Memory of a process and its children; one that is being started is still its parent's."""
    own = _command(pid)
    children = [one for one in tree(pid) if one == pid or _command(one) != own]
    return sum(map(resident_mb, children))


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


class Watch:
    """Samples until it is left: peak_mb over all processes of a tree, silence_s of /healthz.

    The silence is the longest time that one answer took.
    """

    def __init__(self, pid: int, url: str) -> None:
        self._pid, self._address = pid, urlsplit(url).netloc
        self._stop = threading.Event()
        self.peak_mb = self.silence_s = 0.0
        self._threads = [threading.Thread(target=one) for one in (self._weigh, self._ping)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def begin_again(self) -> None:
        """Forget what was seen."""
        self.peak_mb = self.silence_s = 0.0

    def _weigh(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.peak_mb = max(self.peak_mb, tree_mb(self._pid))

    def _ping(self) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE_S)
        while not self._stop.wait(EVERY_S):
            asked = time.monotonic()
            try:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                with suppress(OSError):
                    connection.close()
            self.silence_s = max(self.silence_s, time.monotonic() - asked)
        connection.close()
