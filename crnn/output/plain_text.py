"""Pages as JSON, plain text and CSV."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from crnn.output.read_page import ReadPage, extras, plain_tables

COLUMNS = (
    "file", "page", "line", "text", "confidence", "left", "top", "right", "bottom", "error",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula to some spreadsheet: whoever wrote the paper would run it."""
UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Cn"))
"""Unicode's categories of what stands before a sign and is not seen: byte order marks, spaces of no
width, directions."""


def as_json(pages: Iterable[ReadPage]) -> bytes:
    """One object with a list of pages, failed ones with their error."""
    return json.dumps({"pages": [_plain(page) for page in pages]}, ensure_ascii=False).encode()


def _plain(read: ReadPage) -> dict[str, Any]:
    results: dict[str, Any] = {"file": read.file, "page": read.number, "error": read.error or None}
    if read.page is None:
        return results
    return results | {
        "width": read.page.width,
        "height": read.page.height,
        "mode": read.page.mode,
        "text": read.page.text,
        "confidence": round(read.page.confidence, 4),
        "lines": [
            {
                "text": line.text,
                "confidence": round(line.confidence, 4),
                "box": line.box,
                **extras(line),
            }
            for line in read.lines
        ],
        **({"tables": plain_tables(read.page)} if read.page.tables else {}),
        **({"turns": read.page.turns} if read.page.turns else {}),
    }


def as_txt(pages: Iterable[ReadPage]) -> bytes:
    """The lines, a form feed between pages; a failed page is empty."""
    return "\f".join(f"{read.page.text}\n" if read.page else "" for read in pages).encode()


def rows(pages: Iterable[ReadPage]) -> Iterator[tuple[str | int | float, ...]]:
    """A row for every line, and one for every page that failed, in the order of COLUMNS."""
    for read in pages:
        if read.page is None:
            yield (read.file, read.number, 0, "", 0.0, 0, 0, 0, 0, read.error)
        for number, line in enumerate(read.lines, 1):
            confidence = round(line.confidence, 4)
            yield (read.file, read.number, number, line.text, confidence, *line.box, "")


def as_csv(pages: Iterable[ReadPage]) -> bytes:
    """A row for every line, in UTF-8 with the mark that spreadsheets know it by."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for row in rows(pages):
        writer.writerow(harmless(cell) if isinstance(cell, str) else cell for cell in row)
    return table.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    bare = cell
    while bare and unicodedata.category(bare[0]) in UNSEEN and bare[0] not in FORMULA:
        bare = bare[1:]
    seen = unicodedata.normalize("NFKC", bare[:1])  # ＝ of full width, ﹦ of small forms
    return "'" + cell if seen.startswith(FORMULA) or cell.startswith(FORMULA) else cell
