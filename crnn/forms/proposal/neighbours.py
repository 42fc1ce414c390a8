"""What stands beside what on a page: printed labels, and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crnn.page import Box


@dataclass(frozen=True)
class Label:
    """A printed text and where it stands."""

    text: str
    box: Box


def beside(box: Box, printed: Sequence[Label], *, after: bool) -> Label | None:
    """The print next to a box at its level: after it or before it."""
    middle, reach = (box[1] + box[3]) / 2, 8 * (box[3] - box[1])
    near = [one for one in printed if one.box[1] - 4 < middle < one.box[3] + 4]
    if after:
        near = [one for one in near if -6 < one.box[0] - box[2] < reach]
        return min(near, key=lambda one: one.box[0], default=None)
    near = [one for one in near if -6 < box[0] - one.box[2] < 2 * reach]
    return max(near, key=lambda one: one.box[2], default=None)


def left_of(cell: Box, printed: Sequence[Label]) -> Label | None:
    """The last print left of a cell that stands close to it."""
    middle = (cell[1] + cell[3]) / 2
    reach = 3 * (cell[3] - cell[1]) + 60
    near = [
        one
        for one in printed
        if one.box[1] < middle < one.box[3] or cell[1] < (one.box[1] + one.box[3]) / 2 < cell[3]
    ]
    near = [one for one in near if -6 < cell[0] - one.box[2] < reach]
    return max(near, key=lambda one: one.box[2], default=None)


def above(cell: Box, printed: Sequence[Label]) -> Label | None:
    """The lowest print above a cell, not far off."""
    reach = 1.6 * (cell[3] - cell[1]) + 20
    near = [
        one for one in printed if -6 < cell[1] - one.box[3] < reach and _reach(cell, one.box) > 0.5
    ]
    return max(near, key=lambda one: one.box[3], default=None)


def share_in(inner: Box, outer: Box) -> float:
    """The part of a box that lies in another."""
    wide = min(inner[2], outer[2]) - max(inner[0], outer[0])
    high = min(inner[3], outer[3]) - max(inner[1], outer[1])
    area = max(1, (inner[2] - inner[0]) * (inner[3] - inner[1]))
    return max(0, wide) * max(0, high) / area


def shared(a: Box, b: Box) -> float:
    """The part of the smaller of two boxes that lies in the other."""
    return max(share_in(a, b), share_in(b, a))


def _reach(cell: Box, label: Box) -> float:
    """How much of a label's width stands over a cell."""
    wide = min(cell[2], label[2]) - max(cell[0], label[0])
    return max(0, wide) / max(1, label[2] - label[0])
