"""Checkboxes: ticked, empty, or for a person to say."""

from __future__ import annotations

import math

from crnn.forms.blank_subtraction import Writing, written_share
from crnn.page import Box

EVEN_SHARE, STEEPNESS = 0.03, 3.0
"""Written share of a box at which a tick is as likely as none; how soon it is surely one."""
SURE = 0.9
RIM = 0.15
"""A tick leaves its box: the box is looked at with this part of its side around it."""


def chance_ticked(writing: Writing, box: Box) -> float:
    """The chance that a box is ticked, from how much of it is written on."""
    left, top, right, bottom = box
    rim = round(RIM * min(right - left, bottom - top))
    share = written_share(writing, (left - rim, top - rim, right + rim, bottom + rim))
    odds = STEEPNESS * (math.log(share + 1e-4) - math.log(EVEN_SHARE))
    return 1 / (1 + math.exp(-odds))


def state(chance: float) -> str:
    """`ticked`, `empty` or `unsure`."""
    return "ticked" if chance >= SURE else "empty" if chance <= 1 - SURE else "unsure"
