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

from crnn.results.text import harmless
from crnn.results.xlsx import Cell, workbook

HEAD = ("file", "page", "template", "needs_review", "error")
REVIEW = (
    "file", "page", "template", "field", "value", "read", "confidence", "reasons",
    "left", "top", "right", "bottom",
)  # fmt: skip
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
        found = {"file": self.file, "page": self.page, "error": self.error or None}
        return found | (self.form or {})


def forms_json(filed: Iterable[FiledForm]) -> bytes:
    """One object with a list of forms, failed pages with their error."""
    told = {"forms": [one.to_dict() for one in filed]}
    return json.dumps(told, ensure_ascii=False).encode()


def forms_csv(filed: Iterable[FiledForm]) -> bytes:
    """A row for every form, a column for every field, in UTF-8 with a byte order mark."""
    table = io.StringIO()
    writer = csv.writer(table)
    for row in form_rows(list(filed), numbers=False):
        writer.writerow(harmless(cell) if isinstance(cell, str) else cell for cell in row)
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
        values = {field["name"]: _cell(field, numbers) for field in _fields(one)}
        review = bool(form.get("needs_review", True))
        head = (one.file, one.page, form.get("template", ""), review, one.error)
        yield (*head, *(values.get(name) for name in names))


def table_rows(every: Sequence[FiledForm]) -> Iterator[Sequence[Cell]]:
    """The rows of the tables of forms of one template; those that are empty are left out."""
    columns = [field for field in _fields(every[0]) if field.get("rows")]
    names = [field["name"] for field in columns]
    yield (*ROWS, *names)
    for one in every:
        found = {field["name"]: field["rows"] for field in _fields(one) if field.get("rows")}
        for row in range(max(map(len, found.values()), default=0)):
            cells = [found[n][row] if row < len(found.get(n, ())) else None for n in names]
            values = [_cell(cell, True) if cell else None for cell in cells]
            if any(value is not None for value in values):
                yield (one.file, one.page, row + 1, *values)


def review_rows(every: Iterable[FiledForm]) -> Iterator[Sequence[Cell]]:
    """A row for every field that a person must look at, the least sure first, and failed pages."""
    yield REVIEW
    told: list[tuple[float, Sequence[Cell]]] = []
    for one in every:
        if one.form is None:
            failed = (one.file, one.page, "", "", None, "", None, one.error, *[None] * 4)
            told.append((-1.0, failed))
            continue
        for field in _fields(one):
            for part in field.get("rows") or [field]:
                if part["needs_review"] or (field["needs_review"] and not field.get("rows")):
                    told.append((part["confidence"], _review(one, part)))
    for _, row in sorted(told, key=lambda item: item[0]):
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
    return (*head, part["raw_text"], part["confidence"], reasons, *part["box"])


def _fields(one: FiledForm) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (one.form or {}).get("fields", [])
    return found


def _cell(field: dict[str, Any], numbers: bool) -> Cell:
    """A field's value as one cell; a column's rows below each other."""
    value = field["value"]
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
    bare = FORBIDDEN.sub(" ", name).strip()[: MAX_TITLE - 4] or "form"
    lower = {one.lower() for one in taken}
    tries = [bare, *(f"{bare} {number}" for number in range(2, 99))]
    return next((one for one in tries if one.lower() not in lower), bare)
