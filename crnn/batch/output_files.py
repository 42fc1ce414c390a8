"""A document's results in the formats of crnn.output, each in a file that appears when whole."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crnn.batch.ledger import rows_of
from crnn.batch.page_task import Result, Strategy, as_read
from crnn.errors import ReadError, UnknownOption
from crnn.inputs import documents
from crnn.inputs.documents import ALONE, DocumentLimits, PageRef
from crnn.inputs.image import Grey
from crnn.output import FORMATS, ReadPage
from crnn.output.searchable_pdf import as_pdf

DOCUMENTS, JSONL = "documents", "jsonl"
SUFFIXES = {name: result.suffix for name, result in FORMATS.items()} | {"pdf": "pdf"}
NAMES = (JSONL, *SUFFIXES)


def formats(names: str) -> tuple[str, ...]:
    """The formats of a document's files, of names with commas between; jsonl is always there.

    Raises: UnknownOption.
    """
    results = [name.strip() for name in names.split(",")]
    for name in results:
        if name not in NAMES:
            raise UnknownOption(f"--format {name!r}; expected some of {', '.join(NAMES)}")
    if "xlsx" in results and importlib.util.find_spec("openpyxl") is None:
        raise UnknownOption("xlsx needs openpyxl: pip install 'crnn-ocr[results]'")
    return tuple(name for name in SUFFIXES if name in results)


def target(folder: Path, name: Path, wanted: str) -> Path:
    """Where a document's file of a format goes: beside its name, below `documents`."""
    return folder / DOCUMENTS / name.parent / f"{name.name}.{SUFFIXES[wanted]}"


@dataclass(frozen=True)
class WriteDocument:
    """Write a document's files. start, end: where its rows stand in results."""

    results: Path
    start: int
    end: int
    path: Path
    targets: tuple[tuple[str, Path], ...]
    limits: DocumentLimits
    pages: int

    def do(self, strategy: Strategy | None) -> None:
        """Write each to another name, then give it its own."""
        for wanted, path in self.targets:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            with part.open("wb") as file:
                for data in self._data(wanted):
                    file.write(data)
            part.replace(path)

    def _data(self, wanted: str) -> Iterable[bytes]:
        rows = rows_of(self.results, self.start, self.end)
        if wanted == "pdf":
            return as_pdf((restored(row), *self._picture(row)) for row in rows)
        return (FORMATS[wanted].write(restored(row) for row in rows),)

    def _picture(self, row: Result) -> tuple[Grey | None, float]:
        """A page's picture again; none of one that failed, or whose file is gone."""
        if "error" in row:
            return None, 0.0
        ref = PageRef(row["page"] - 1, row.get("entry", ALONE))
        try:
            image = documents.page(self.path, ref, self.limits)
        except (ReadError, OSError):
            return None, 0.0
        return image.grey, image.dpi


def restored(row: Result) -> ReadPage:
    """A row of results as every format takes it."""
    error = row.get("error", "")
    return as_read(row["file"], row["page"], None if error else row, error)


def write_atomically(path: Path, parts: Iterable[bytes]) -> None:
    """A file that is there with all its parts, or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def missing(folder: Path, name: Path, wanted: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The files of a document that are not there."""
    for one in wanted:
        path = target(folder, name, one)
        if not path.exists():
            yield one, path
