"""Pages as a workbook; the only file that imports openpyxl."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from crnn.output.page_tables import numbered
from crnn.output.plain_text import COLUMNS, rows
from crnn.output.read_page import ReadPage

Plain = str | int | float | bool | Decimal | None


@dataclass(frozen=True)
class Marked:
    """A cell of a colour (RRGGBB), with a note."""

    value: Plain
    colour: str
    note: str


Cell = Plain | Marked

ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
MAX_CELL = 32_767
MAX_NOTE = 2_000
MAX_TABLES = 1000
WRITTEN = datetime(1980, 1, 1)
"""What a workbook says of its own day: the first one that a zip can."""
PROPERTIES = "docProps/core.xml"
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
MODIFIED_AT = rb"\g<1>1980-01-01T00:00:00Z\g<2>"


def as_xlsx(pages: Iterable[ReadPage]) -> bytes:
    """A sheet with a row for every line, and one for every ruled table.

    Text is text there, whatever it begins with.
    """
    from openpyxl import Workbook

    pages = list(pages)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("lines")
    sheet.append(COLUMNS)
    for row in rows(pages):
        sheet.append(_cells(sheet, row))
    for read, number, table in itertools.islice(numbered(pages), MAX_TABLES):
        sheet = book.create_sheet(f"{len(book.worksheets)} p{read.number} table {number}")
        for texts in table.rows():
            sheet.append(_cells(sheet, texts))
    return _saved(book)


def _cells(sheet: Any, row: Iterable[Cell]) -> list[Any]:
    from openpyxl.cell import WriteOnlyCell

    cells = []
    for one in row:
        value = one.value if isinstance(one, Marked) else one
        cell = WriteOnlyCell(sheet, _storable(value))
        if isinstance(value, str):
            cell.data_type = "s"  # else one that begins with = is a formula
        if isinstance(one, Marked):
            _mark(cell, one)
        cells.append(cell)
    return cells


def _mark(cell: Any, marked: Marked) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell.fill = PatternFill("solid", fgColor=marked.colour)
    cell.comment = Comment(ILLEGAL.sub("", marked.note)[:MAX_NOTE], "crnn-ocr")


def _storable(value: Plain) -> Plain:
    return ILLEGAL.sub("", value)[:MAX_CELL] if isinstance(value, str) else value


def workbook(sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> bytes:
    """A workbook of sheets by name, each its rows; text is text there, whatever it begins with."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(_cells(sheet, line))
    return _saved(book)


def _saved(book: Any) -> bytes:
    """The bytes of a workbook, the same for the same cells whenever it is written."""
    book.properties.created = book.properties.modified = WRITTEN
    data, again = io.BytesIO(), io.BytesIO()
    book.save(data)
    with zipfile.ZipFile(data) as made, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as zipped:
        for entry in made.infolist():
            content = made.read(entry)
            if entry.filename == PROPERTIES:  # openpyxl writes the hour of saving there
                content = MODIFIED.sub(MODIFIED_AT, content)
            fresh = zipfile.ZipInfo(entry.filename, WRITTEN.timetuple()[:6])
            fresh.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(fresh, content)
    return again.getvalue()
