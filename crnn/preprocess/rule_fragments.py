"""What a crop's end has cut off a rule: a thin dark piece low at its side, which reads as a stop.

A label of a form is followed by the rule one writes on, and a box around the label takes some
pixels of it. A full stop ends before the crop does; a rule is cut off by it, and as dark there as
anywhere.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.preprocess.normalize import dark_on_light, paper_level

Grey = NDArray[np.uint8]

THIN, LEAST_THIN = 0.32, 4
"""A remnant is at most so high, in heights of the line, or so many pixels."""

LOW = 0.58
"""It begins no higher than that, in heights of the line from its top."""

REACH = 0.8
"""It is no longer than that, in heights of the line."""

LYING = 0.5
"""It is at least so many times as wide as high: an apostrophe stands."""

CUT = 0.5
"""Where the crop ends it is at least that dark, beside its darkest."""

FEW = 2
"""Of more pieces at one side none is a remnant: that is paper with a pattern."""


def remove_rule_fragments(
    crop: Grey, ink: NDArray[np.bool_], top: int, end: int
) -> tuple[Grey, NDArray[np.bool_]]:
    """The crop (H, W) with remnants of rules painted over, and its ink without them.

    top, end: the rows of its line.
    """
    tall, made, rest = end - top, crop, ink
    reach = min(crop.shape[1], int(REACH * tall) + 2)
    for at_left in (True, False):
        part = slice(0, reach) if at_left else slice(crop.shape[1] - reach, crop.shape[1])
        result = _rule_fragments(crop[:, part], ink[:, part], top, tall, at_left)
        if result is None:
            continue
        if made is crop:
            made, rest = crop.copy(), ink.copy()
        made[:, part][result] = paper_level(crop)
        rest[:, part][result] = False
    return made, rest


def _rule_fragments(
    crop: Grey, ink: NDArray[np.bool_], top: int, tall: int, at_left: bool
) -> NDArray[np.bool_] | None:
    """Where remnants are in one end of a crop (H, w); None where there are none."""
    low = min(len(ink), max(0, math.ceil(top + LOW * tall)))
    if not (ink[low:, :2] if at_left else ink[low:, -2:]).any():
        return None
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(ink).view(np.uint8), connectivity=8
    )
    pieces = np.unique(labels[:, :2] if at_left else labels[:, -2:])
    pieces = pieces[pieces > 0]
    if len(pieces) > FEW:
        return None
    low_ones = [
        piece
        for piece in pieces
        if _is_low_and_thin(boxes[piece], top, tall) and boxes[piece][2] < ink.shape[1]
    ]
    shade = 255 - dark_on_light(crop) if low_ones else crop
    results = [piece for piece in low_ones if _is_cut(shade, boxes[piece], at_left)]
    if not results:
        return None
    where = np.isin(labels, results).astype(np.uint8)
    return np.asarray(cv2.dilate(where, np.ones((3, 3), np.uint8)) > 0, np.bool_)


def _is_low_and_thin(box: NDArray[np.int32], top: int, tall: int) -> bool:
    y, wide, high = (int(value) for value in box[1:4])
    return high <= max(LEAST_THIN, THIN * tall) and y >= top + LOW * tall and wide >= LYING * high


def _is_cut(shade: Grey, box: NDArray[np.int32], at_left: bool) -> bool:
    """Whether a piece is dark where the crop ends. shade: (H, w), more than its paper's is ink."""
    x, y, wide, high = (int(value) for value in box[:4])
    paper = paper_level(shade)
    result = shade[y : y + high, x : x + wide].astype(np.int16) - paper
    return bool(result[:, 0 if at_left else -1].max() >= CUT * result.max())
