"""The formats by the names that callers use. PDF needs pictures too: `pdf.as_pdf`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crnn.output.hocr_alto import as_alto, as_hocr
from crnn.output.page_tables import as_tables_csv
from crnn.output.plain_text import as_csv, as_json, as_txt
from crnn.output.read_page import ReadPage
from crnn.output.xlsx import as_xlsx


@dataclass(frozen=True)
class Format:
    """How pages are written, what the bytes are called on the web, and how their file ends."""

    write: Callable[[Iterable[ReadPage]], bytes]
    media_type: str
    suffix: str


SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "json": Format(as_json, "application/json", "json"),
    "txt": Format(as_txt, "text/plain; charset=utf-8", "txt"),
    "csv": Format(as_csv, "text/csv; charset=utf-8", "csv"),
    "tables": Format(as_tables_csv, "text/csv; charset=utf-8", "tables.csv"),
    "xlsx": Format(as_xlsx, SHEET, "xlsx"),
    "hocr": Format(as_hocr, "application/xhtml+xml; charset=utf-8", "hocr.html"),
    "alto": Format(as_alto, "application/xml; charset=utf-8", "alto.xml"),
}
