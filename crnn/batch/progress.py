"""How far a run is and when it will be done: one line on a terminal, a line now and then in a log.

The files are counted by a thread of its own, so the end is known soon and reading need not wait.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

TERMINAL_S, LOG_S = 0.5, 30.0
BAR = 24


class Progress:
    """Counts documents and pages; `tick` shows them where it is time to."""

    def __init__(
        self, listing: Iterable[object], file: TextIO | None = None, *, shows: bool = True
    ) -> None:
        self._file = file or sys.stderr
        self._live = self._file.isatty()
        self._shows, self._every_s = shows, TERMINAL_S if self._live else LOG_S
        self._listing, self._total = listing, 0
        self._is_counted = threading.Event()
        self._stop = threading.Event()
        self.started = time.monotonic()
        self._shown = self.started
        self.restart()
        if shows:
            threading.Thread(target=self._count, name="count", daemon=True).start()

    def _count(self) -> None:
        with suppress(OSError):
            for _ in self._listing:
                self._total += 1
                if self._stop.is_set():
                    return
            self._is_counted.set()

    def restart(self) -> None:
        """Count from nothing: the run goes through its inputs anew."""
        self._documents = self._old_documents = self._new = self._old = 0

    def page(self, *, is_new: bool) -> None:
        """A page is done: read now, or taken over."""
        self._new += is_new
        self._old += not is_new
        self.tick()

    def taken(self, pages: int) -> None:
        """Pages that an earlier run read."""
        self._old += pages
        self.tick()

    def document(self) -> None:
        """A document is done; before any page is new, it is none of those that tell the speed."""
        self._documents += 1
        self._old_documents += not self._new

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.started

    def tick(self) -> None:
        """Show how far it is, if it was shown long enough ago."""
        now = time.monotonic()
        if self._shows and now - self._shown >= self._every_s:
            self._shown = now
            end = "" if self._live else "\n"
            self._file.write(f"{chr(13) if self._live else ''}{self.as_text():<78}{end}")
            self._file.flush()

    def as_text(self) -> str:
        """The line."""
        rate = self._new / max(self.seconds, 1e-6)
        pages = f"{self._new + self._old} pages, {rate:.2f} pages/s"
        if not self._is_counted.is_set() or not self._total:
            return f"{pages}, document {self._documents} of {self._total} or more"
        filled = BAR * self._documents // self._total
        bar = "#" * filled + "." * (BAR - filled)
        return f"[{bar}] {pages}, {self._documents}/{self._total} documents, {self._left()}"

    def _left(self) -> str:
        """How long it will take still, if the documents to come are as those of this run."""
        done = self._documents - self._old_documents
        if not done:
            return "time left unknown"
        left_s = int((self._total - self._documents) * self.seconds / done)
        hours, minutes = left_s // 3600, left_s // 60 % 60
        return f"{hours}:{minutes:02d}:{left_s % 60:02d} left"

    def close(self) -> None:
        """Stop counting, and leave the terminal's line."""
        self._stop.set()
        if self._shows and self._live:
            self._file.write(f"\r{self.as_text():<78}\n")
            self._file.flush()
