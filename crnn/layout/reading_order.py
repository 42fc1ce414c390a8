"""The order in which boxes are read: rows from the top, columns of prose one after another."""

from __future__ import annotations

from statistics import median

from crnn.layout.line_segmentation import overlap
from crnn.page import Box

PROSE_LINES, PROSE_WIDTH, FILLED = 4, 6, 0.6
"""A column of prose has so many lines, so many heights long, most of them as long as it is wide."""
GUTTER = 0.7
"""The least width of the paper between columns, in heights of their lines."""


def group_rows(boxes: list[Box]) -> list[list[Box]]:
    """Boxes at one level side by side, rows from top to bottom."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b[1] + b[3]) / 2):
        last = rows[-1] if rows else []
        if last and _at_one_level(box, last):
            last.append(box)
        else:
            rows.append([box])
    return [sorted(row) for row in rows]


def _at_one_level(box: Box, row: list[Box]) -> bool:
    middle = (box[1] + box[3]) / 2
    if not min(b[1] for b in row) < middle < max(b[3] for b in row):
        return False
    shared = (
        overlap(box[0], box[2], b[0], b[2]) > 0.3 * min(box[2] - box[0], b[2] - b[0]) for b in row
    )
    return not any(shared)


def in_order(boxes: list[Box]) -> list[Box]:
    """Boxes in reading order: row by row, except columns of prose side by side, one by one."""
    ordered: list[Box] = []
    rest = [box for row in group_rows(boxes) for box in row]
    while rest:
        run, gutter = _columns_on_top(rest)
        if gutter is None:
            ordered += [box for row in group_rows(run) for box in row]
        else:
            ordered += in_order([box for box in run if box[2] <= gutter])
            ordered += in_order([box for box in run if box[0] >= gutter])
        rest = rest[len(run) :]
    return ordered


def _columns_on_top(boxes: list[Box]) -> tuple[list[Box], int | None]:
    """The boxes from the top on that stand in two columns, and the x between these.

    Else the boxes down to where columns begin, and None. boxes: row by row.
    """
    for start in range(len(boxes)):
        for gutter in _gutters(boxes[start:]):
            end = start
            while end < len(boxes) and not boxes[end][0] < gutter < boxes[end][2]:
                end += 1
            run = boxes[start:end]
            sides = ([b for b in run if b[2] <= gutter], [b for b in run if b[0] >= gutter])
            if all(_is_prose(side) for side in sides) and _side_by_side(*sides):
                return (boxes[:start], None) if start else (run, gutter)
        if start + 2 * PROSE_LINES > len(boxes):
            break
    return boxes, None


def _gutters(boxes: list[Box]) -> list[int]:
    """Where a column may end: x free in the first lines, with room beside the first of them."""
    first = boxes[0]
    high = first[3] - first[1]
    right = min((b[0] for b in boxes[:40] if b[0] >= first[2]), default=0)
    beside = max((b[2] for b in boxes[:40] if b[2] <= right and b[0] < first[2]), default=first[2])
    return [(right + beside) // 2] if right - beside >= GUTTER * high else []


def _is_prose(lines: list[Box]) -> bool:
    if len(lines) < PROSE_LINES:
        return False
    high = median(b[3] - b[1] for b in lines)
    wide = max(b[2] for b in lines) - min(b[0] for b in lines)
    usual = median(b[2] - b[0] for b in lines)
    return usual >= PROSE_WIDTH * high and usual >= FILLED * wide


def _side_by_side(left: list[Box], right: list[Box]) -> bool:
    shared = overlap(
        min(b[1] for b in left), max(b[3] for b in left),
        min(b[1] for b in right), max(b[3] for b in right),
    )  # fmt: skip
    return shared >= 3 * median(b[3] - b[1] for b in left)
