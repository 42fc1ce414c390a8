"""What a worker is asked to do; each task travels to it whole, and its value comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from crnn.batch.page_task import Opened, Result, Strategy, open_document, read_page
from crnn.inputs.documents import DocumentLimits, PageRef


class Task(Protocol):
    """Something to do in another process."""

    @property
    def pages(self) -> int:
        """How many pages' time it may take."""

    def do(self, strategy: Strategy | None) -> Any:
        """The task's value. strategy: the worker's, None where it has none."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task: its value, or why there is none."""

    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class OpenDocument:
    """Take a document's digest and find its pages."""

    path: Path
    limits: DocumentLimits
    known: tuple[str, int] | None = None
    pages: int = 1

    def do(self, strategy: Strategy | None) -> Opened:
        """The document, opened."""
        return open_document(self.path, self.limits, self.known)


@dataclass(frozen=True)
class PageTask:
    """Read a page."""

    path: Path
    ref: PageRef
    limits: DocumentLimits
    pages: int = 1

    def do(self, strategy: Strategy | None) -> Result:
        """The page, read. Raises: ReadError."""
        assert strategy is not None, "this worker was started without a plan"
        return read_page(self.path, self.ref, strategy, self.limits)
