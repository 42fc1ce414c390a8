"""Zones proposed from a blank: its empty cells, lines to write on, boxes to tick, combs.

A zone is called what the print on its left or above it says, and its type is guessed from that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crnn.fields import compile_grammar
from crnn.forms.proposal import labels
from crnn.forms.proposal.cells import Layout, layout
from crnn.forms.proposal.grids import columns_of, combs_of, typed
from crnn.forms.proposal.mixed_cells import among
from crnn.forms.proposal.neighbours import Label, above, beside, left_of, share_in, shared
from crnn.forms.zone import Zone
from crnn.options import ReadOptions
from crnn.page import Box, Line
from crnn.reader import Reader

Grey = NDArray[np.uint8]


SPREAD = 4
"""A label of so few characters may be set wide: 姓　名."""


@dataclass(frozen=True)
class Proposed:
    """Zones of a blank in reading order, and what seems to be filled in already."""

    zones: tuple[Zone, ...]
    filled: tuple[str, ...] = ()


def propose(reader: Reader, blank: Grey) -> list[Zone]:
    """Zones of a blank (H, W) in reading order, for somebody to look over.

    Raises: ReadError where the blank cannot be read as a page.
    """
    return list(proposed(reader, blank).zones)


def proposed(reader: Reader, blank: Grey) -> Proposed:
    """Zones of a blank (H, W), and texts on it that are no print of a form: values of its labels.

    Raises: ReadError where the blank cannot be read as a page.
    """
    result = layout(blank)
    page = reader.read(blank, ReadOptions("page"))
    printed = [label for line in page.lines for label in _labels(line, result.squares)]
    printed = _spread_joined(result.cells, printed)
    zones = [
        *_ticks(result.squares, printed),
        *_cells(result, printed),
        *_underlined(result, printed),
    ]
    zones.sort(key=lambda zone: (round(zone.box[1] / 20), zone.box[0]))
    named = _named([zone for zone in zones if zone.box[2] - zone.box[0] >= 8])
    return Proposed(tuple(named), tuple(_filled(reader, result.cells, printed)))


def _filled(reader: Reader, cells: Sequence[Box], printed: Sequence[Label]) -> Iterator[str]:
    """Texts in cells that are what the label before or above asks for."""
    for cell in cells:
        inside = [one for one in printed if share_in(one.box, cell) > 0.6]
        if len(inside) != 1:
            continue
        others = [one for one in printed if one is not inside[0]]
        label = left_of(cell, others) or above(cell, others)
        kind = labels.guess(labels.clean(label.text)).type if label else None
        if kind is None or labels.is_date_frame([inside[0].text]):
            continue
        if compile_grammar(kind, reader.spec.classes).valid(inside[0].text.replace(" ", "")):
            yield inside[0].text


def _labels(line: Line, squares: Sequence[Box]) -> list[Label]:
    """The texts of a line, cut where it has a wide gap or a box to tick."""
    parts: list[list[int]] = [[]]
    height = line.box[3] - line.box[1]
    chars = line.chars
    is_spread = len(line.text.replace(" ", "")) <= SPREAD
    for at, char in enumerate(chars):
        gap = at > 0 and not is_spread and char.start - chars[at - 1].end > 1.6 * height
        box = (round(char.start), line.box[1], round(char.end), line.box[3])
        is_square = char.text in "□口☐" and any(shared(box, one) > 0.3 for one in squares)
        if (gap or is_square) and parts[-1]:
            parts.append([])
        if not is_square:
            parts[-1].append(at)
    made = []
    for part in parts:
        text = _in_full("".join(chars[at].text for at in part).strip())
        if text:
            left, right = round(chars[part[0]].start), round(chars[part[-1]].end)
            made.append(Label(text, (left, line.box[1], max(right, left + 1), line.box[3])))
    return made


def _in_full(text: str) -> str:
    """A label with the brackets of Chinese print, where it is Chinese: their widths look alike."""
    is_chinese = any("\u4e00" <= char <= "\u9fff" for char in text)
    return text.translate(str.maketrans("()", "（）")) if is_chinese else text


def _spread_joined(cells: Sequence[Box], printed: list[Label]) -> list[Label]:
    """Labels, those of a cell that holds single characters side by side put together."""
    for cell in cells:
        inside = [one for one in printed if share_in(one.box, cell) > 0.6]
        level = {round(2 * one.box[1] / max(1, cell[3] - cell[1])) for one in inside}
        if 2 <= len(inside) <= SPREAD and len(level) == 1 and all(len(o.text) == 1 for o in inside):
            inside.sort(key=lambda one: one.box[0])
            boxes = np.array([one.box for one in inside])
            around = (*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist())
            whole = Label("".join(one.text for one in inside), around)
            printed = [*(one for one in printed if one not in inside), whole]
    return printed


def _ticks(squares: Sequence[Box], printed: Sequence[Label]) -> list[Zone]:
    """Boxes to tick, each called by the print on its right, in the group of that on its left."""
    zones = []
    for box in squares:
        right = beside(box, printed, after=True)
        label = labels.clean(right.text) if right else ""
        zones.append(Zone(label or "选项", box, "checkbox", label=label))
    rows = _rows_of(squares, zones)
    return [zone for row in rows for zone in _grouped(row, printed)]


def _rows_of(squares: Sequence[Box], zones: list[Zone]) -> list[list[Zone]]:
    """Boxes to tick at one level, from left to right."""
    rows: list[list[Zone]] = []
    for _, zone in sorted(zip(squares, zones, strict=True), key=lambda one: one[0][1]):
        side = zone.box[3] - zone.box[1]
        if rows and abs(rows[-1][0].box[1] - zone.box[1]) < 0.7 * side:
            rows[-1].append(zone)
        else:
            rows.append([zone])
    return [sorted(row, key=lambda zone: zone.box[0]) for row in rows]


def _grouped(row: list[Zone], printed: Sequence[Label]) -> list[Zone]:
    """A row of boxes under the name that stands before the first."""
    before = beside(row[0].box, printed, after=False)
    name = labels.clean(before.text) if before else ""
    if len(row) < 2 or not name or name in {zone.label for zone in row}:
        return row
    return [
        replace(zone, name=f"{name}_{zone.label or number}", group=name)
        for number, zone in enumerate(row, 1)
    ]


def _cells(result: Layout, printed: Sequence[Label]) -> list[Zone]:
    """Empty cells, or the empty part of cells that begin with their label."""
    inside_of = {
        cell: [one for one in printed if share_in(one.box, cell) > 0.6]
        for cell in result.cells
        if not any(share_in(square, cell) > 0.6 for square in result.squares)
    }
    empty = [cell for cell, inside in inside_of.items() if not inside]
    names = [name(cell, printed) for cell in empty for name in (left_of, above)]
    zones: list[Zone] = []
    for cell, inside in inside_of.items():
        if labels.is_date_frame([one.text for one in inside]):
            name = _name_of(cell, result.cells, printed)
            zones.append(Zone(name, _inner(cell), type="date", keeps_print=True))
        elif len(inside) == 1 and inside[0] not in names:
            zones += _rest_of(cell, inside[0])
        elif len(inside) > 1 and not set(inside) & set(names):
            zones += among(cell, inside, left_of(cell, printed) or above(cell, printed))
    combs, empty = combs_of(empty)
    for box, count in combs:
        name = _name_of(box, result.cells, printed)
        kind = labels.guess(name)
        zones.append(Zone(name, box, "comb", kind.type or "digits", cells=count))
    columns, empty = columns_of(empty, printed)
    zones += columns
    for cell in empty:
        name = _name_of(cell, result.cells, printed)
        zones.append(typed(Zone(name, _inner(cell))))
    return zones


def _rest_of(cell: Box, label: Label) -> list[Zone]:
    """The place beside or below the label in its own cell; none where it fills the cell."""
    height = label.box[3] - label.box[1]
    free, below = cell[2] - label.box[2], cell[3] - label.box[3]
    name = labels.clean(label.text)
    is_label = labels.asks(label.text)
    if is_label and free > max(2.5 * height, 0.3 * (cell[2] - cell[0])) and below < 2.5 * height:
        return [typed(Zone(name, _inner((label.box[2] + 2, cell[1], cell[2], cell[3]))))]
    if below > 2.2 * height and cell[2] - cell[0] > 5 * height:
        box = _inner((cell[0], label.box[3], cell[2], cell[3]))
        return [typed(Zone(name, box))]
    return []


def _underlined(result: Layout, printed: Sequence[Label]) -> list[Zone]:
    """Rules to write on, outside cells, each with the print before it."""
    zones = []
    for left, top, right, _ in result.underlines:
        at = (left, top - 6, right, top + 2)
        label = beside((left, top - 24, right, top), printed, after=False)
        if label is None or any(shared(at, one.box) > 0.3 for one in printed):
            continue
        height = max(18, round(1.5 * (label.box[3] - label.box[1])))
        box = (left, max(0, top - height), right, top + 2)
        zones.append(typed(Zone(labels.clean(label.text), box)))
    return zones


def _name_of(cell: Box, cells: Sequence[Box], printed: Sequence[Label]) -> str:
    """What an empty cell is called by: the print on its left, else above."""
    result = left_of(cell, printed) or above(cell, printed)
    return labels.clean(result.text) if result else "字段"


def _named(zones: list[Zone]) -> list[Zone]:
    """Zones whose names differ, and whose groups are called like none of them."""
    used: dict[str, int] = {}
    made = []
    for zone in zones:
        name = zone.name[:50] or "字段"
        used[name] = used.get(name, 0) + 1
        made.append(replace(zone, name=name if used[name] == 1 else f"{name}_{used[name]}"))
    names = {zone.name for zone in made}
    return [
        replace(zone, group=f"{zone.group}_" if zone.group in names else zone.group[:50])
        for zone in made
    ]


def _inner(cell: Box) -> Box:
    """A cell without its rules."""
    return cell[0] + 1, cell[1] + 1, cell[2] - 1, cell[3] - 1
