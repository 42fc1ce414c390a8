"""Cells that belong together: combs of single signs, and columns of tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from crnn.forms.proposal import labels
from crnn.forms.proposal.neighbours import Label, above, left_of
from crnn.forms.zone import Zone
from crnn.page import Box

MIN_COMB, MIN_ROWS = 4, 2
ALIKE = 0.15
"""Cells of a comb, and rows of a column, differ in size by this part at most."""


def combs_of(cells: list[Box]) -> tuple[list[tuple[Box, int]], list[Box]]:
    """Rows of small cells side by side as one box and their number; and the cells left."""
    combs, left = [], []
    run: list[Box] = []
    for cell in [*sorted(cells, key=lambda box: (round(box[1] / 12), box[0])), (0, 0, 0, 0)]:
        small = 0.3 < (cell[2] - cell[0]) / max(1, cell[3] - cell[1]) < 1.3
        if run and small and _follows(run[-1], cell):
            run.append(cell)
            continue
        if len(run) >= MIN_COMB:
            combs.append(((run[0][0], run[0][1], run[-1][2], run[0][3]), len(run)))
        else:
            left += run
        run = [cell]
    return combs, left


def _follows(last: Box, cell: Box) -> bool:
    """Whether a cell stands right of another of its size."""
    height, width = last[3] - last[1], last[2] - last[0]
    level = abs(cell[1] - last[1]) < 0.2 * height and abs(cell[3] - last[3]) < 0.2 * height
    alike = abs((cell[2] - cell[0]) - width) <= max(3, ALIKE * width)
    return level and alike and -2 <= cell[0] - last[2] < 0.3 * width


def columns_of(cells: list[Box], printed: Sequence[Label]) -> tuple[list[Zone], list[Box]]:
    """Empty cells below each other under a printed head as columns of a table; and those left."""
    columns, left = [], []
    waiting = sorted(cells)
    while waiting:
        run = [waiting.pop(0)]
        for cell in list(waiting):
            if _is_below(run[-1], cell) and not _has_own_label(cell, run[0], printed):
                run.append(cell)
                waiting.remove(cell)
        head = above(run[0], printed) if len(run) >= MIN_ROWS else None
        if head is None or left_of(run[0], printed) not in (None, head):
            left += run
            continue
        box = (run[0][0], run[0][1], run[0][2], run[-1][3])
        edges = (run[0][1], *(cell[3] for cell in run))
        name = labels.clean(head.text)
        columns.append(typed(Zone(name, box, "column", rows=edges, table=f"table_{run[0][1]}")))
    return columns, left


def _is_below(last: Box, cell: Box) -> bool:
    width, height = last[2] - last[0], last[3] - last[1]
    same = abs(cell[0] - last[0]) < 0.05 * width + 4 and abs(cell[2] - last[2]) < 0.05 * width + 4
    alike = abs((cell[3] - cell[1]) - height) <= max(4, 2 * ALIKE * height)
    return same and alike and -2 <= cell[1] - last[3] < 0.3 * height


def _has_own_label(cell: Box, first: Box, printed: Sequence[Label]) -> bool:
    """Whether a cell is called by print on its left that is no number of a row, as a total is."""
    result = left_of(cell, printed)
    if result is None or result == left_of(first, printed):
        return False
    return not re.fullmatch(r"[\d①-⑳一二三四五六七八九十]+[.、]?", result.text.strip())


def typed(zone: Zone) -> Zone:
    """A zone with the type that its label is usually of."""
    kind = labels.guess(zone.name)
    high = zone.kind == "text" and kind.multiline and zone.box[3] - zone.box[1] > 60
    return replace(zone, type=kind.type, multiline=high)
