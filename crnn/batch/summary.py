"""What a run leaves for people: lines to look at, pages that failed, and a summary.

All are made from the ledger in one pass, page by page; what must be sorted is sorted on disk.
"""

from __future__ import annotations

import csv
import heapq
import io
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from crnn.batch.ledger import Ledger, rows_of
from crnn.batch.output_files import write_atomically
from crnn.output.plain_text import harmless

REVIEW, QUARANTINE = "review.csv", "quarantine.jsonl"
SORTING = ".sort"
SUMMARY, SUMMARY_TEXT = "summary.json", "summary.txt"
COLUMNS = ("confidence", "file", "page", "line", "text", "left", "top", "right", "bottom")
AT_ONCE = 100_000
"""Lines that are sorted in memory; more are sorted in parts on disk, then merged."""

Row = list[Any]


@dataclass
class Summary:
    """A run in figures. pages: all in OUT; read: by this run; taken_over: by earlier ones."""

    pages: int = 0
    read: int = 0
    taken_over: int = 0
    documents: int = 0
    lines: int = 0
    quarantined: int = 0
    unwritten: int = 0
    review_under: float = 0.0
    under_threshold: int = 0
    seconds: float = 0.0
    pages_per_second: float = 0.0

    def as_text(self) -> str:
        """The figures in words."""
        rows = [
            f"pages        {self.pages} of {self.documents} documents: "
            f"{self.read} read now, {self.taken_over} before",
            f"lines        {self.lines}, {self.under_threshold} of them under "
            f"{self.review_under:g}: {REVIEW}",
            f"quarantined  {self.quarantined} pages: {QUARANTINE}",
            f"time         {self.seconds:.1f} s, {self.pages_per_second:.2f} pages/s",
        ]
        if self.unwritten:
            rows.append(f"unwritten    {self.unwritten} documents' files: see above")
        return "\n".join(rows) + "\n"


def conclude(ledger: Ledger, result: Summary) -> Summary:
    """Write every file that is made from a whole run, and count what was not counted."""
    doubtful = sorted_on_disk(_doubtful(ledger, result), ledger.folder)
    write_atomically(ledger.folder / REVIEW, _as_csv(doubtful))
    write_atomically(ledger.folder / QUARANTINE, _failed(ledger))
    figures = json.dumps(asdict(result), indent=2) + "\n"
    write_atomically(ledger.folder / SUMMARY, [figures.encode()])
    write_atomically(ledger.folder / SUMMARY_TEXT, [result.as_text().encode()])
    return result


def _doubtful(ledger: Ledger, result: Summary) -> Iterator[Row]:
    """The lines under the threshold, in the order of the inputs."""
    for number, start, line in ledger.pages():
        result.documents = number
        result.pages += 1
        result.lines += line["lines"]
        result.quarantined += "error" in line
        if line.get("least", 1.0) >= result.review_under:
            continue
        (row,) = rows_of(ledger.results, start, line["end"])
        for place, one in enumerate((line for line in row["lines"] if line["text"]), 1):
            if one["confidence"] < result.review_under:
                result.under_threshold += 1
                where = (row["file"], row["page"], place)
                yield [one["confidence"], *where, one["text"], *one["box"]]


def _failed(ledger: Ledger) -> Iterator[bytes]:
    for _, start, line in ledger.pages():
        if "error" in line:
            (row,) = rows_of(ledger.results, start, line["end"])
            facts = {name: row[name] for name in ("file", "page", "error", "key")}
            yield json.dumps(facts, ensure_ascii=False).encode() + b"\n"


def sorted_on_disk(rows: Iterable[Row], folder: Path, at_once: int = AT_ONCE) -> Iterator[Row]:
    """Rows by their first value, equal ones as they came; at most at_once of them in memory."""
    place = folder / SORTING
    shutil.rmtree(place, ignore_errors=True)  # a run was killed as it sorted
    parts: list[Path] = []
    kept: list[Row] = []
    for row in rows:
        kept.append(row)
        if len(kept) >= at_once:
            place.mkdir(exist_ok=True)
            parts.append(place / str(len(parts)))
            parts[-1].write_text("".join(map(_line, sorted(kept, key=_first))), "utf-8")
            kept.clear()
    kept.sort(key=_first)
    yield from heapq.merge(*map(_rows, parts), kept, key=_first)
    shutil.rmtree(place, ignore_errors=True)


def _first(row: Row) -> float:
    return float(row[0])


def _line(row: Row) -> str:
    return json.dumps(row) + "\n"


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _as_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with the mark that spreadsheets know it by, and no formulas."""
    yield "\ufeff".encode()
    cell = io.StringIO()
    writer = csv.writer(cell)
    for row in chain([list(COLUMNS)], rows):
        writer.writerow(harmless(one) if isinstance(one, str) else one for one in row)
        yield cell.getvalue().encode("utf-8", "replace")
        cell.seek(0)
        cell.truncate()
