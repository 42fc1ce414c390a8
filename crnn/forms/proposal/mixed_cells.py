"""Cells that hold print and want writing, such as 部门意见 above 签名 and 年 月 日."""

from __future__ import annotations

from collections.abc import Sequence

from crnn.forms.proposal import labels
from crnn.forms.proposal.grids import typed
from crnn.forms.proposal.neighbours import Label
from crnn.forms.zone import Zone
from crnn.page import Box

ROOM = 1.3
"""Free height, in heights of the print around it, from which somebody is to write there."""
WIDE = 2.0
"""Free width after a label, in heights of its print, from which somebody is to write there."""


def among(cell: Box, inside: Sequence[Label], beside: Label | None) -> list[Zone]:
    """The places to write on between the print of a cell. beside: the label of the whole cell."""
    rows = _rows(inside)
    head = rows[0][0]
    own = labels.clean(head.text)
    is_named = not (_is_date(rows[0]) or labels.asks_to_sign(own))
    name = own if is_named else labels.clean(beside.text) if beside else "字段"
    zones = _rooms(cell, rows, name)
    if zones and is_named:  # the head is the label of the room below it
        rows = [rows[0][1:], *rows[1:]] if len(rows[0]) > 1 else rows[1:]
    for row in rows:
        zones += _in_row(cell, row, name)
    return zones


def _rows(inside: Sequence[Label]) -> list[list[Label]]:
    """Labels by rows from the top, each from the left."""
    rows: list[list[Label]] = []
    for one in sorted(inside, key=lambda label: (label.box[1] + label.box[3]) / 2):
        middle = (one.box[1] + one.box[3]) / 2
        if rows and rows[-1][0].box[1] < middle < rows[-1][0].box[3]:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda label: label.box[0]) for row in rows]


def _is_date(row: Sequence[Label]) -> bool:
    return labels.is_date_frame([one.text for one in row])


def _rooms(cell: Box, rows: Sequence[Sequence[Label]], name: str) -> list[Zone]:
    """The free height between two rows of print, or below the last, where it is large enough."""
    tops = [min(one.box[1] for one in row) for row in rows]
    ends = [max(one.box[3] for one in row) for row in rows]
    edges = [(cell[1], tops[0]), *zip(ends, [*tops[1:], cell[3]], strict=True)]
    high = max(end - top for top, end in zip(tops, ends, strict=True))
    rooms = [(top, end) for top, end in edges if end - top >= ROOM * high + 8]
    if not rooms:
        return []
    top, end = max(rooms, key=lambda room: room[1] - room[0])
    return [typed(Zone(name, (cell[0] + 1, top + 1, cell[2] - 1, end - 1)))]


def _in_row(cell: Box, row: Sequence[Label], name: str) -> list[Zone]:
    """Places after the labels of one row: signatures, dates between 年 月 日, other labels."""
    high = max(one.box[3] - one.box[1] for one in row)
    top, end = min(one.box[1] for one in row), max(one.box[3] for one in row)
    top, end = max(cell[1] + 1, top - high // 2), min(cell[3] - 1, end + high // 2)
    frame = _frame(row)
    zones = []
    if frame:
        first = frame[0].box[0]
        before = max((one.box[2] for one in row if one.box[2] <= first), default=cell[0])
        left = max(before + 2, first - 4 * high)
        zones.append(Zone(f"{name}_日期", (left, top, frame[-1].box[2] + 2, end), type="date",
                          keeps_print=True))  # fmt: skip
    rest = [one for one in row if one not in frame]
    for one in rest:
        label = labels.clean(one.text)
        right = min((o.box[0] for o in row if o.box[0] > one.box[2]), default=cell[2])
        asks = labels.asks_to_sign(label) or one.text.rstrip().endswith((":", "："))
        if asks and right - one.box[2] >= WIDE * high:
            own = label if label and not labels.asks_to_sign(label) else f"{name}_{label}"
            zones.append(typed(Zone(own, (one.box[2] + 2, top, right - 2, end))))
    return zones


def _frame(row: Sequence[Label]) -> list[Label]:
    """The labels of a row that are 年 月 日 with places for figures; none where they are not."""
    for start in range(len(row)):
        for stop in range(len(row), start, -1):
            texts = [one.text for one in row[start:stop]]
            if texts[0].lstrip("自从至到 ").startswith(("年", "20")) and labels.is_date_frame(
                texts
            ):
                return list(row[start:stop])
    return []
