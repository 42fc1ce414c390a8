"""ReadPage, what every format is made from, and a page as plain values and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crnn.page import (
    Alternative,
    Box,
    Cell,
    Char,
    FieldReading,
    Line,
    Match,
    Page,
    Proposal,
    Table,
)

MATCH = ("free_text", "margin", "rejected")


@dataclass(frozen=True)
class ReadPage:
    """A page of a document and what it says; `page` is None where it could not be read."""

    file: str
    number: int
    page: Page | None = None
    error: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that say something."""
        return tuple(line for line in self.page.lines if line.text) if self.page else ()


@dataclass(frozen=True)
class Word:
    """What stands between two spaces of a line."""

    text: str
    confidence: float
    box: Box


def words(line: Line) -> Iterator[Word]:
    """The words of a line, each with the part of the line's box that its characters span."""
    start = 0
    for text in line.text.split(" "):
        if text:
            yield _word(line, start, text)
        start += len(text) + 1


def _word(line: Line, start: int, text: str) -> Word:
    left, top, right, bottom = line.box
    end = start + len(text)
    if "".join(char.text for char in line.chars) == line.text and _one_each(line):
        chars = line.chars[start:end]
        span = (chars[0].start, chars[-1].end)
        confidence = min(char.confidence for char in chars)
    else:
        per_char = (right - left) / len(line.text)
        span = (left + start * per_char, left + end * per_char)
        confidence = line.confidence
    first = min(max(left, int(span[0])), right - 1)
    last = min(max(first + 1, round(span[1])), right)
    return Word(text, confidence, (first, top, last, bottom))


def _one_each(line: Line) -> bool:
    return all(len(char.text) == 1 for char in line.chars)


def page_to_dict(page: Page) -> dict[str, Any]:
    """A page as JSON takes it, its characters as short lists; `page_from_dict` is the way back."""
    return {
        "width": page.width,
        "height": page.height,
        "mode": page.mode,
        "turns": page.turns,
        "tables": [asdict(table) for table in page.tables],
        "lines": [
            {
                "text": line.text,
                "confidence": round(line.confidence, 4),
                "box": list(line.box),
                "chars": [_char(char) for char in line.chars],
                **extras(line),
            }
            for line in page.lines
        ],
    }


def _char(char: Char) -> list[Any]:
    results = [char.text, round(char.confidence, 4), round(char.start, 1), round(char.end, 1)]
    others = [[text, round(share, 4)] for text, share in char.alternatives]
    return [*results, others] if others else results


def extras(line: Line) -> dict[str, Any]:
    """What a line says besides its text, where it was asked for: as the answer of a request."""
    results: dict[str, Any] = {}
    if line.alternatives:
        results["n_best"] = [
            {"text": one.text, "log_prob": round(one.log_prob, 4)} for one in line.alternatives
        ]
    if line.match:
        results |= asdict(line.match)
    if line.raw_text:
        results["raw_text"] = line.raw_text
    if line.field:
        results["field"] = asdict(line.field)
    if line.corners:
        results["corners"] = [list(corner) for corner in line.corners]
    return results


def plain_tables(page: Page) -> list[dict[str, Any]]:
    """The tables of a page as an answer tells them: rows of texts, and every cell with its box."""
    return [
        {
            "box": list(table.box),
            "rows": table.rows(),
            "cells": [
                {
                    "row": cell.row,
                    "column": cell.column,
                    "row_span": cell.row_span,
                    "column_span": cell.column_span,
                    "box": list(cell.box),
                    "text": cell.text,
                }
                for cell in table.cells
            ],
        }
        for table in page.tables
    ]


def page_from_dict(values: dict[str, Any]) -> Page:
    """The page that `page_to_dict` wrote down."""
    lines = tuple(
        Line(
            line["text"],
            line["confidence"],
            tuple(line["box"]),
            tuple(_char_from(*char) for char in line["chars"]),
            **_extras(line),
        )
        for line in values["lines"]
    )
    tables = tuple(_table(table) for table in values.get("tables", ()))
    size = values["width"], values["height"]
    return Page(lines, *size, values["mode"], tables, values.get("turns", 0))


def _table(values: dict[str, Any]) -> Table:
    cells = tuple(
        Cell(**(cell | {"box": tuple(cell["box"]), "lines": tuple(cell["lines"])}))
        for cell in values["cells"]
    )
    return Table(tuple(values["box"]), values["row_count"], values["column_count"], cells)


def _char_from(
    text: str, confidence: float, start: float, end: float, others: Sequence[Sequence[Any]] = ()
) -> Char:
    return Char(text, confidence, start, end, tuple((other, share) for other, share in others))


def _extras(line: dict[str, Any]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    if "n_best" in line:
        results["alternatives"] = tuple(Alternative(**one) for one in line["n_best"])
    if "free_text" in line:
        results["match"] = Match(**{name: line[name] for name in MATCH})
    if "raw_text" in line:
        results["raw_text"] = line["raw_text"]
    if "field" in line:
        results["field"] = _field(line["field"])
    if "corners" in line:
        results["corners"] = tuple((x, y) for x, y in line["corners"])
    return results


def _field(stored: dict[str, Any]) -> FieldReading:
    """A field; those that were stored before there were statuses are read or in conflict."""
    proposal = stored.get("proposal")
    before = {"status": "read" if stored["valid"] else "conflict", "reasons": ()}
    kept = before | stored | {"proposal": Proposal(**proposal) if proposal else None}
    return FieldReading(**(kept | {"reasons": tuple(kept["reasons"])}))
