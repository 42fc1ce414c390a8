"""Filled forms as JSON, CSV and a workbook: a row a form, and a sheet of what a person must see.

Forms come as `FormReading.to_dict()` gives them, so that they may have been stored in between.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from crnn.output.plain_text import harmless
from crnn.output.xlsx import ILLEGAL, Cell, Marked, Plain, workbook

HEAD = (
    "file", "page", "template", "needs_review", "error", "form_status", "review", "outside",
)  # fmt: skip
REVIEW = (
    "file", "page", "template", "field", "value", "read", "confidence", "reasons",
    "left", "top", "right", "bottom", "status", "proposal",
)  # fmt: skip
WITHOUT = ("conflict", "unreadable", "struck")
"""Statuses of fields that are written in and have no value: their cells say so, and what is read.
"""
RED, YELLOW = "FFC7CE", "FFEB9C"
"""Cells without a value though something is written, and others that a person must look at."""
ROWS = ("file", "page", "row")
NUMBERS = ("amount", "number", "decimal", "percentage")
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
MAX_TITLE = 31


@dataclass(frozen=True)
class FiledForm:
    """A page that was read as a form. form: `FormReading.to_dict()`, None where error says why."""

    file: str
    page: int = 1
    form: dict[str, Any] | None = None
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        results = {"file": self.file, "page": self.page, "error": self.error or None}
        return results | (self.form or {})


def forms_json(filed: Iterable[FiledForm]) -> bytes:
    """One object with a list of forms, failed pages with their error."""
    document = {"forms": [one.to_dict() for one in filed]}
    return json.dumps(document, ensure_ascii=False).encode()


def forms_csv(filed: Iterable[FiledForm]) -> bytes:
    """A row for every form, a column for every field, in UTF-8 with a byte order mark."""
    table = io.StringIO()
    writer = csv.writer(table)
    for row in form_rows(list(filed), numbers=False):
        plain = (cell.value if isinstance(cell, Marked) else cell for cell in row)
        writer.writerow(harmless(cell) if isinstance(cell, str) else cell for cell in plain)
    return table.getvalue().encode("utf-8-sig")


def forms_xlsx(filed: Iterable[FiledForm]) -> bytes:
    """A workbook: all forms, the rows of their tables, what a person must see, the checks."""
    every = list(filed)
    sheets: dict[str, Iterable[Sequence[Cell]]] = {"forms": form_rows(every)}
    for name in dict.fromkeys(one.form["template"] for one in every if one.form):
        own = [one for one in every if one.form and one.form["template"] == name]
        if any(field.get("rows") for field in _fields(own[0])):
            sheets[_title(name, set(sheets))] = table_rows(own)
    sheets[_title("review", set(sheets))] = review_rows(every)
    sheets[_title("checks", set(sheets))] = check_rows(every)
    return workbook(sheets)


def form_rows(every: Sequence[FiledForm], *, numbers: bool = True) -> Iterator[Sequence[Cell]]:
    """The head, and a row for every form with the values of all fields that any of them has.

    numbers: amounts are numbers, not text.
    """
    names = list(dict.fromkeys(field["name"] for one in every for field in _fields(one)))
    yield (*HEAD, *names)
    for one in every:
        form = one.form or {}
        values = {field["name"]: _marked(field, numbers) for field in _fields(one)}
        yield (*_head(one, form), *(values.get(name) for name in names))


def _head(one: FiledForm, form: dict[str, Any]) -> Sequence[Cell]:
    """What is said of a form beside its fields, in the order of HEAD."""
    review = ", ".join(field["name"] for field in _fields(one) if field["needs_review"])
    outside = "; ".join(result["text"] or result["kind"] for result in form.get("outside", ()))
    head = (one.file, one.page, form.get("template", ""), bool(form.get("needs_review", True)))
    return (*head, one.error, form.get("status", ""), review, outside)


def table_rows(every: Sequence[FiledForm]) -> Iterator[Sequence[Cell]]:
    """The rows of the tables of forms of one template; those that are empty are left out."""
    columns = [field for field in _fields(every[0]) if field.get("rows")]
    names = [field["name"] for field in columns]
    yield (*ROWS, *names)
    for one in every:
        results = {field["name"]: field["rows"] for field in _fields(one) if field.get("rows")}
        for row in range(max(map(len, results.values()), default=0)):
            cells = [results[n][row] if row < len(results.get(n, ())) else None for n in names]
            values = [_marked(cell, True) if cell else None for cell in cells]
            if any(value is not None for value in values):
                yield (one.file, one.page, row + 1, *values)


def review_rows(every: Iterable[FiledForm]) -> Iterator[Sequence[Cell]]:
    """A row for every field that a person must look at, the least sure first, and failed pages."""
    yield REVIEW
    rows: list[tuple[float, Sequence[Cell]]] = []
    for one in every:
        if one.form is None:
            failed = (one.file, one.page, "", "", None, "", None, one.error, *[None] * 6)
            rows.append((-1.0, failed))
            continue
        for reason in one.form.get("reasons", ()):
            form = (one.file, one.page, one.form["template"], "", None, "", None, reason)
            rows.append((-1.0, (*form, *[None] * 6)))
        for field in _fields(one):
            for part in field.get("rows") or [field]:
                if part["needs_review"] or (field["needs_review"] and not field.get("rows")):
                    rows.append((part["confidence"], _review(one, part)))
    for _, row in sorted(rows, key=lambda item: item[0]):
        yield row


def check_rows(every: Iterable[FiledForm]) -> Iterator[Sequence[Cell]]:
    """A row for every check of every form."""
    yield ("file", "page", "template", "check", "fields", "state", "detail")
    for one in every:
        for check in (one.form or {}).get("checks", ()):
            fields = ", ".join(check["fields"])
            kinds = (check["kind"], fields, check["state"], check["detail"])
            yield (one.file, one.page, (one.form or {})["template"], *kinds)


def _review(one: FiledForm, part: dict[str, Any]) -> Sequence[Cell]:
    reasons = "; ".join(part["reasons"])
    head = (one.file, one.page, (one.form or {})["template"], part["name"], _cell(part, False))
    proposal = (part.get("proposal") or {}).get("text", "")
    last = (*part["box"], part.get("status", ""), proposal)
    return (*head, part["raw_text"], part["confidence"], reasons, *last)


def _fields(one: FiledForm) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = (one.form or {}).get("fields", [])
    return result


def _marked(field: dict[str, Any], numbers: bool) -> Cell:
    """A field's cell, marked where a person must look, what was read in its note."""
    cell = _cell(field, numbers)
    parts = field.get("rows") or [field]
    if not any(part["needs_review"] for part in (field, *parts)):
        return cell
    is_without = any(part.get("status") in WITHOUT for part in parts)
    return Marked(cell, RED if is_without else YELLOW, "\n".join(_notes(field)))


def _notes(field: dict[str, Any]) -> Iterator[str]:
    """What the note of a marked cell says."""
    yield f"{field.get('status', '')}, confidence {field['confidence']:.2f}"
    yield f"read: {field['raw_text']}"
    if field.get("proposal"):
        yield f"proposal: {field['proposal']['text']}"
    yield from field["reasons"]


def _cell(field: dict[str, Any], numbers: bool) -> Plain:
    """A field's value as one cell; a column's rows below each other."""
    if field.get("rows"):
        cells = (_cell(row, False) for row in field["rows"])
        texts = ("" if cell is None else str(cell) for cell in cells)
        return "\n".join(texts).rstrip("\n")
    value, status = field["value"], field.get("status")
    if status in WITHOUT:
        return f"[{status}] {field['raw_text']}".rstrip()
    if isinstance(value, list):
        return "\n".join("" if one is None else str(one) for one in value).rstrip("\n")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if numbers and (field.get("details") or {}).get("kind") in NUMBERS:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _title(name: str, taken: set[str]) -> str:
    """A sheet's name as spreadsheets take it: short, without some signs, unlike the others."""
    bare = FORBIDDEN.sub(" ", ILLEGAL.sub("", name)).strip()[: MAX_TITLE - 4] or "form"
    lower = {one.lower() for one in taken}
    tries = [bare, *(f"{bare} {number}" for number in range(2, 99))]
    return next((one for one in tries if one.lower() not in lower), bare)
