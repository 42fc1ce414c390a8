"""Design: what is printed on a form, and where something is to be written.

A `Sheet` is built row by row, as a form is laid out; what comes out is frozen. Pixels throughout,
150 to the inch; a box is (left, top, right, bottom).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crnn.page import Box

INSET = 4
"""Pixels between a cell's rule and its zone."""

TICK = 26
"""The side of a check box."""


@dataclass(frozen=True)
class Zone:
    """A place to write in, with what a template's zone has (docs/forms.md).

    rows: edges of a column's rows; cells: of a comb, how many; table: columns of one table have
    one name; group, label: of a check box, what it is a choice of and which choice it is.
    """

    name: str
    box: Box
    kind: str = "text"
    type: str | dict[str, Any] | None = None
    lexicon: tuple[str, ...] | None = None
    cells: int | None = None
    multiline: bool = False
    required: bool = False
    rows: tuple[int, ...] = ()
    table: str = ""
    group: str = ""
    label: str = ""
    min_confidence: float | None = None

    def row_boxes(self) -> list[Box]:
        """The cells of a column, from the top down."""
        left, _, right, _ = self.box
        return [(left, a, right, b) for a, b in zip(self.rows, self.rows[1:], strict=False)]


@dataclass(frozen=True)
class Print:
    """Printed text in a box: set left or in the middle of it."""

    text: str
    box: Box
    size: int
    centred: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A printed rule or frame: a box that may have no height or no width."""

    box: Box
    thick: int = 2


@dataclass(frozen=True)
class Design:
    """A blank form. checks: as a template has them."""

    name: str
    size: tuple[int, int]
    prints: tuple[Print, ...]
    rules: tuple[Rule, ...]
    zones: tuple[Zone, ...]
    checks: tuple[dict[str, Any], ...] = ()
    waves: bool = False


@dataclass(frozen=True)
class Label:
    """A cell with printed text; width in pixels, the rest of the row where it is None."""

    text: str
    width: int | None = None
    centred: bool = True


@dataclass(frozen=True)
class Blank:
    """A cell to write in. `zone` holds what a Zone has beside name, box and kind."""

    name: str
    width: int | None = None
    zone: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Comb:
    """A cell divided into as many small ones as characters are to be written."""

    name: str
    cells: int
    width: int | None = None
    zone: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ticks:
    """A cell of check boxes of one choice: the zone of each and the text beside it."""

    group: str
    options: dict[str, str]
    width: int | None = None


Cell = Label | Blank | Comb | Ticks


class Sheet:
    """A form as it is being laid out, from the top down."""

    def __init__(self, name: str, size: tuple[int, int], margin: int = 60) -> None:
        self.name, self.size, self.margin = name, size, margin
        self.y = margin
        self.prints: list[Print] = []
        self.rules: list[Rule] = []
        self.zones: list[Zone] = []

    def title(self, text: str, size: int = 44) -> None:
        """A heading across the sheet."""
        box = (0, self.y, self.size[0], self.y + round(1.6 * size))
        self.prints.append(Print(text, box, size, centred=True, bold=True))
        self.y = box[3]

    def text(self, text: str, box: Box, size: int = 26, *, centred: bool = False) -> None:
        """Printed text anywhere."""
        self.prints.append(Print(text, box, size, centred))

    def blank(self, name: str, box: Box, zone: dict[str, Any]) -> None:
        """A line to write on anywhere. `zone`: as of a Blank."""
        self.rules.append(Rule((box[0], box[3], box[2], box[3])))
        self.zones.append(Zone(name, box, **zone))

    def row(self, height: int, *cells: Cell, size: int = 28) -> None:
        """A row of framed cells over the sheet's width."""
        left, right = self.margin, self.size[0] - self.margin
        free = right - left - sum(cell.width or 0 for cell in cells)
        share = free // max(1, sum(cell.width is None for cell in cells))
        for number, cell in enumerate(cells):
            width = share if cell.width is None else cell.width
            end = right if number == len(cells) - 1 else left + width
            self._cell(cell, (left, self.y, end, self.y + height), size)
            left = end
        self.y += height

    def table(
        self, name: str, height: int, rows: int, columns: Sequence[tuple[str, Blank]]
    ) -> None:
        """A heading row and as many rows to fill; every column is one zone."""
        self.row(height, *(Label(text, blank.width) for text, blank in columns))
        top, left = self.y, self.margin
        free = self.size[0] - 2 * left - sum(blank.width or 0 for _, blank in columns)
        share = free // max(1, sum(blank.width is None for _, blank in columns))
        for _, blank in columns:
            right = left + (share if blank.width is None else blank.width)
            edges = tuple(range(top, top + (rows + 1) * height, height))
            self.rules += [Rule((left, y, right, y + height)) for y in edges[:-1]]
            whole = (left, top, right, edges[-1])
            zone = Zone(blank.name, whole, "column", rows=edges, table=name, **blank.zone)
            self.zones.append(zone)
            left = right
        self.y = top + rows * height

    def finished(self, *checks: dict[str, Any], waves: bool = False) -> Design:
        """The design; waves: on paper with security lines."""
        parts = (tuple(self.prints), tuple(self.rules), tuple(self.zones))
        return Design(self.name, self.size, *parts, checks, waves)

    def _cell(self, cell: Cell, box: Box, size: int) -> None:
        self.rules.append(Rule(box))
        if isinstance(cell, Label):
            inside = box if cell.centred else (box[0] + 12, *box[1:])
            self.prints.append(Print(cell.text, inside, size, cell.centred))
        elif isinstance(cell, Blank):
            self.zones.append(Zone(cell.name, inset(box), **cell.zone))
        elif isinstance(cell, Comb):
            self._comb(cell, box)
        else:
            self._ticks(cell, box, size)

    def _comb(self, cell: Comb, box: Box) -> None:
        edges = comb_edges(box, cell.cells)
        self.rules += [Rule((x, box[1], x, box[3]), 1) for x in edges[1:-1]]
        self.zones.append(Zone(cell.name, box, "comb", cells=cell.cells, **cell.zone))

    def _ticks(self, cell: Ticks, box: Box, size: int) -> None:
        left, middle = box[0] + 16, (box[1] + box[3]) // 2
        for name, text in cell.options.items():
            square = (left, middle - TICK // 2, left + TICK, middle + TICK // 2)
            self.rules.append(Rule(square))
            self.zones.append(Zone(name, square, "checkbox", group=cell.group, label=text))
            after = left + TICK + 8
            left = after + round(len(text) * size * 1.05) + 28
            self.prints.append(Print(text, (after, box[1], left, box[3]), size))


def inset(box: Box) -> Box:
    """A cell less the room of its rules."""
    return box[0] + INSET, box[1] + INSET, box[2] - INSET, box[3] - INSET


def comb_edges(box: Box, cells: int) -> list[int]:
    """Where the cells of a comb begin and end, from left to right."""
    return [round(box[0] + (box[2] - box[0]) * n / cells) for n in range(cells + 1)]


def as_template(design: Design) -> dict[str, Any]:
    """The design as docs/forms.md writes a template down."""
    zones = [_as_zone(zone) for zone in design.zones]
    head = {"name": design.name, "version": 1, "size": list(design.size)}
    return head | {"zones": zones, "checks": list(design.checks)}


def _as_zone(zone: Zone) -> dict[str, Any]:
    """A zone less what it has not."""
    results: dict[str, Any] = {"name": zone.name, "box": list(zone.box), "kind": zone.kind}
    keys = ("type", "cells", "table", "group", "label", "multiline", "required", "min_confidence")
    for key in keys:
        if getattr(zone, key):
            results[key] = getattr(zone, key)
    for key in ("lexicon", "rows"):
        if getattr(zone, key):
            results[key] = list(getattr(zone, key))
    return results
