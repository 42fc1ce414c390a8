"""The ruled tables of pages: as rows for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from crnn.output.plain_text import harmless
from crnn.output.read_page import ReadPage
from crnn.page import Table

HEAD = ("file", "page", "table", "row")
"""What stands before the cells of a row; all numbers from 1."""


def numbered(pages: Iterable[ReadPage]) -> Iterator[tuple[ReadPage, int, Table]]:
    """Every table, its page, and its number there from 1."""
    for read in pages:
        for number, table in enumerate(read.page.tables if read.page else (), 1):
            yield read, number, table


def as_tables_csv(pages: Iterable[ReadPage]) -> bytes:
    """Every row of every table: HEAD, then its cells; a cell that spans several is the first."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for read, number, table in numbered(pages):
        for row, cells in enumerate(table.rows(), 1):
            about = (harmless(read.file), read.number, number, row)
            writer.writerow((*about, *(harmless(cell) for cell in cells)))
    return text.getvalue().encode("utf-8-sig")
