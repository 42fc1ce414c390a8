"""Pages as a workbook; the only file that imports openpyxl."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from crnn.results.page import ReadPage
from crnn.results.text import COLUMNS, rows

ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MAX_CELL = 32_767


def as_xlsx(pages: Iterable[ReadPage]) -> bytes:
    """One sheet, a row for every line; text is text there, whatever it begins with."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("lines")
    sheet.append(COLUMNS)
    for row in rows(pages):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, _storable(value))
            if isinstance(value, str):
                cell.data_type = "s"  # else one that begins with = is a formula
            cells.append(cell)
        sheet.append(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _storable(value: str | int | float) -> str | int | float:
    return ILLEGAL.sub("", value)[:MAX_CELL] if isinstance(value, str) else value


Cell = str | int | float | bool | Decimal | None


def workbook(sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> bytes:
    """A workbook of sheets by name, each its rows; text is text there, whatever it begins with."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            cells = []
            for value in line:
                plain = ILLEGAL.sub("", value)[:MAX_CELL] if isinstance(value, str) else value
                cell = WriteOnlyCell(sheet, plain)
                if isinstance(value, str):
                    cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
