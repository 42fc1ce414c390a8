"""A run: documents opened, their pages read by an engine, and each written down in its turn.

Everything is an iterator over the listing, so that a million files take no more memory than ten.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from crnn.batch.earlier_results import EarlierResults
from crnn.batch.engines.tasks import OpenDocument, Outcome, PageTask, Task
from crnn.batch.engines.worker_pool import Ticket, WorkerPool, ordered
from crnn.batch.input_files import Listing, shown
from crnn.batch.ledger import ASIDE, Done, Ledger, page_key
from crnn.batch.output_files import DOCUMENTS, WriteDocument, missing
from crnn.batch.page_task import Opened, Result
from crnn.batch.progress import Progress
from crnn.inputs.documents import ALONE, DocumentLimits, PageRef

T = TypeVar("T")

AHEAD_DOCUMENTS, AHEAD_WRITTEN = 8, 8
"""How many documents a worker are opened before, and written after, the pages in hand."""


class Engine(Protocol):
    """Where pages are read."""

    def outcomes(
        self, wanted: Iterator[tuple[T, Task | None]]
    ) -> Iterator[tuple[T, Outcome | None]]:
        """What became of each task, in order, beside what it came with; None is no task."""


class Diverged(Exception):
    """The inputs are not those that the ledger was begun with."""


@dataclass(frozen=True)
class RunOptions:
    """What a run is to do with what it reads. plan: the digest of the plan that reads."""

    plan: str
    formats: tuple[str, ...] = ()
    limits: DocumentLimits = DocumentLimits()
    retry: bool = False


@dataclass
class Document:
    """A document in its turn. past: what the ledger has of it."""

    path: Path
    name: Path
    file: str
    past: Done | None
    digest: str = ""
    count: int = 0
    start: int = 0


@dataclass(frozen=True)
class Step:
    """A page in its turn. row: what an earlier run read of it; error: why it cannot be read."""

    document: Document
    number: int
    ref: PageRef
    key: str
    row: Result | None
    error: str

    @property
    def is_last(self) -> bool:
        """Whether its document ends with it."""
        return self.number + 1 == self.document.count


class Run:
    """One run over a listing; `go` does it."""

    def __init__(
        self,
        ledger: Ledger,
        listing: Listing,
        pool: WorkerPool,
        options: RunOptions,
        progress: Progress,
    ) -> None:
        self._ledger, self._listing, self._pool = ledger, listing, pool
        self._options, self._progress = options, progress
        self._earlier: EarlierResults | None = None
        self._writing: deque[tuple[str, Ticket]] = deque()
        self.read = self.taken = 0
        self.unwritten: list[tuple[str, str]] = []

    def go(self, engine: Engine) -> None:
        """Read all that is not read yet. Raises: WorkerPoolFailed, OSError."""
        if self._options.retry and any("error" in line for *_, line in self._ledger.pages()):
            self._begin_anew()
        try:
            self._once(engine)
        except Diverged:
            self._begin_anew()
            self._once(engine)
        while self._writing:
            self._written()
        self._ledger.forget_aside()

    def _begin_anew(self) -> None:
        """Go through all inputs again; what was read is found by its key."""
        shutil.rmtree(self._ledger.folder / DOCUMENTS, ignore_errors=True)
        self._ledger.set_aside()

    def _once(self, engine: Engine) -> None:
        self.taken = 0
        self._progress.restart()
        path = self._ledger.folder / ASIDE
        self._earlier = EarlierResults(path) if path.exists() else None
        wanted = ((step, self._task(step)) for step in self._steps())
        for step, outcome in engine.outcomes(wanted):
            self._commit(step, outcome)

    def _task(self, step: Step) -> PageTask | None:
        if step.row or step.error:
            return None
        return PageTask(step.document.path, step.ref, self._options.limits)

    def _commit(self, step: Step, outcome: Outcome | None) -> None:
        document = step.document
        head = None
        if step.number == 0:
            document.start = self._ledger.end
            head = {"file": document.file, "digest": document.digest, "pages": document.count}
        self._ledger.commit(row_of(step, outcome), head)
        self.taken += step.row is not None
        self.read += step.row is None
        self._progress.page(is_new=step.row is None)
        if step.is_last:
            self._progress.document()
            self._write(document, self._ledger.end)

    def _wanted(self) -> Iterator[tuple[Document, OpenDocument]]:
        """Every file of the listing, beside what the ledger has in that place."""
        past = self._ledger.documents()
        for path in self._listing:
            name, before = self._listing.name(path), next(past, None)
            file = shown(name)
            is_whole = before is not None and before.is_whole and before.file == file
            known = (before.digest, before.count) if before and is_whole else None
            document = Document(path, name, file, before)
            yield document, OpenDocument(path, self._options.limits, known)
        if next(past, None):
            raise Diverged

    def _steps(self) -> Iterator[Step]:
        """Every page that the ledger does not have."""
        ahead = AHEAD_DOCUMENTS * self._pool.size
        for document, outcome in ordered(self._pool, self._wanted(), ahead, soon=True):
            assert outcome is not None
            opened = outcome.value or Opened("", 1, (PageRef(),), outcome.error)
            document.digest, document.count = opened.digest, opened.count
            past = document.past
            if past is None:
                yield from self._pages(document, opened)
                continue
            if (past.file, past.digest, past.count) != (
                document.file, document.digest, document.count,
            ):  # fmt: skip
                raise Diverged
            document.start = past.start
            self.taken += past.done
            self._progress.taken(past.done)
            if past.is_whole:
                self._progress.document()
                self._write(document, past.end)
            else:
                yield from self._pages(document, opened, past.done)

    def _pages(self, document: Document, opened: Opened, first: int = 0) -> Iterator[Step]:
        for number, ref in enumerate(opened.refs[first:], first):
            key = page_key(self._options.plan, opened.digest, ref.entry, ref.index)
            row = self._earlier.find(key, retry=self._options.retry) if self._earlier else None
            yield Step(document, number, ref, key, row, opened.error)

    def _write(self, document: Document, end: int) -> None:
        """Have a document's files written that are not there."""
        wanted = tuple(missing(self._ledger.folder, document.name, self._options.formats))
        if not wanted:
            return
        task = WriteDocument(
            *(self._ledger.results, document.start, end, document.path, wanted),
            *(self._options.limits, document.count * len(wanted)),
        )
        self._writing.append((document.file, self._pool.submit(task, soon=True)))
        while len(self._writing) > AHEAD_WRITTEN * self._pool.size:
            self._written()

    def _written(self) -> None:
        file, ticket = self._writing.popleft()
        outcome = self._pool.outcome(ticket)
        if outcome.error:
            self.unwritten.append((file, outcome.error))


def row_of(step: Step, outcome: Outcome | None) -> Result:
    """A page as results.jsonl has it; its key stands first, where `Aside` looks for it."""
    ref, file = step.ref, step.document.file
    row: dict[str, Any] = {
        "key": step.key,
        "file": file if ref.entry == ALONE else f"{file}/{ref.name}",
        "page": ref.index + 1,
    }
    row |= {} if ref.entry == ALONE else {"entry": ref.entry}
    if step.row:
        return row | {name: value for name, value in step.row.items() if name not in row}
    if outcome is None or outcome.error:
        return row | {"error": outcome.error if outcome else step.error}
    result: Result = outcome.value
    text = "\n".join(line["text"] for line in result["lines"] if line["text"])
    return row | {"text": text} | result
