"""Forms that were read as a workbook: a sheet for every kind of form, and what to look at."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from crnn.forms import FormReading


def as_workbook(readings: Mapping[str, FormReading]) -> bytes:
    """A workbook of readings by file name; text is text there, whatever it begins with."""
    book = Workbook(write_only=True)
    sheets: dict[str, WriteOnlyWorksheet] = {}
    for file, reading in readings.items():
        name = reading.template.name
        if name not in sheets:
            sheets[name] = book.create_sheet(name)
            _append(sheets[name], ["file", *reading.fields])
        _append(sheets[name], [file, *map(_cell, reading.values.values())])
    review = book.create_sheet("review")
    _append(review, ["file", "field", "read", "confidence", "why"])
    for file, reading in readings.items():
        for field in reading.fields.values():
            if field.needs_review:
                _append(
                    review,
                    [
                        file,
                        field.name,
                        field.text,
                        f"{field.confidence:.2f}",
                        "; ".join(field.reasons),
                    ],
                )
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(str(one) for one in value if one is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _append(sheet: WriteOnlyWorksheet, texts: Iterable[str]) -> None:
    cells = []
    for text in texts:
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # else one that begins with = is a formula
        cells.append(cell)
    sheet.append(cells)
