"""Loose and cramped crops: the network is shown lines with about the paper it learned them with.

Paper above and below a line makes its characters small, so all but a little is left out; a line
cut to its edges is given that little. Rules at the rim of a crop do not count as ink, so that an
underlined field becomes as tight as any other. A single character has its own measure.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.read.tensor import MIN_CONTRAST, dark_on_light, quantiles

Grey = NDArray[np.uint8]

LINE_ASPECT = 1.6
"""A crop less wide than that may be one character, whose own shape says how high it is."""

LOOSE = 0.85
"""A crop whose ink fills less than this share of its height is cut."""

MARGIN = 0.06
"""Paper above and below, in heights of the ink: kept where a crop is cut, given where it lacks."""

LONE_ASPECT = 1.2
"""A crop less wide than that and filled by its ink is one character cut to its edges."""

ROOM = (0.13, 0.2)
"""Paper given to such a one above and below, left and right, in heights of the crop."""

INK_LEVEL = 0.4
"""How far from paper to the darkest ink a pixel must be to count as ink."""

BAR, APART, LOWER = 0.9, 0.35, 0.8
"""Ink at the left or right rim over this share of the height, this far from all other ink in
heights, which is this much lower at most, is the side of a box."""

NEIGHBOUR = 0.2
"""What stands apart at the very rim, so much less high than the line, was cut off another line."""

RULE, RIM = 0.6, 0.26
"""A row with ink over this share of the width, this near to the rim, is a rule."""


def tightened(crop: Grey, ink: NDArray[np.bool_] | None = None) -> Grey:
    """The crop (H, W) of a line with the same little paper above and below it, whatever it had.

    ink: where it has ink, if that is known.
    """
    height, width = crop.shape
    if width < LINE_ASPECT * height:
        return crop
    crop, ink = _without_bars(crop, inked(crop) if ink is None else ink)
    counts = ink.sum(axis=1)  # (H,)
    written = counts >= max(2, 0.006 * width)
    rim = int(RIM * height)
    for edge in (slice(0, rim), slice(height - rim, height)):
        written[edge] &= counts[edge] <= RULE * width
    top, end = _own_rows(written, counts)
    tall = end - top
    if tall < 8:
        return crop
    if tall < LOOSE * height:
        margin = MARGIN * tall + 1
        first, last = int(top - margin), int(end + margin)
    else:
        margin = MARGIN * tall
        first, last = min(0, round(top - margin)), max(height, round(end + margin))
    kept = slice(max(0, first), min(height, last))
    above, below = max(0, -first), max(0, last - height)
    return _on_paper(crop[kept], ink[kept], above, below) if above or below else crop[kept]


def _on_paper(crop: Grey, ink: NDArray[np.bool_], above: int, below: int) -> Grey:
    """The crop (H, W) with so many rows of its paper added."""
    paper = int(np.median(crop[~ink])) if not ink.all() else 255
    sides = (above, below, 0, 0)
    return np.asarray(cv2.copyMakeBorder(crop, *sides, cv2.BORDER_CONSTANT, value=paper), np.uint8)


def _own_rows(written: NDArray[np.bool_], counts: NDArray[np.int_]) -> tuple[int, int]:
    """The rows of a line, first and end, without what its crop cut off from those above and below.

    written: (H,) rows that hold ink; counts: how much.
    """
    edges = np.flatnonzero(np.diff(written, prepend=False, append=False))
    bands = [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]
    if not bands:
        return 0, 0
    at = max(range(len(bands)), key=lambda n: counts[slice(*bands[n])].sum())
    tall = bands[at][1] - bands[at][0]
    first = 1 if at > 0 and bands[0][0] == 0 and bands[0][1] <= NEIGHBOUR * tall else 0
    last = len(bands) - 1
    height = len(written)
    if at < last and bands[last][1] == height and height - bands[last][0] <= NEIGHBOUR * tall:
        last -= 1
    return bands[first][0], bands[last][1]


def _without_bars(crop: Grey, ink: NDArray[np.bool_]) -> tuple[Grey, NDArray[np.bool_]]:
    """The crop (H, W) with the sides of boxes painted over, and its ink without them."""
    height = crop.shape[0]
    for side in (1, -1):
        seen = ink[:, ::side]
        columns = np.flatnonzero(seen.any(axis=0))
        if not columns.size:
            break
        gaps = np.flatnonzero(np.diff(columns) > max(2.0, APART * height))
        if not gaps.size or columns[0] > 0.25 * height:
            continue
        end = int(columns[gaps[0]]) + 1
        bar, rest = seen[:, :end], seen[:, end:]
        rows = np.flatnonzero(rest.any(axis=1))
        is_bar = end - int(columns[0]) < 0.35 * height and bar.any(axis=1).mean() >= BAR
        if is_bar and np.ptp(rows) < LOWER * height:
            paper = int(np.median(crop[~ink])) if (~ink).any() else 255
            crop, ink = crop.copy(), ink.copy()
            crop[:, ::side][:, : end + 2] = paper
            ink[:, ::side][:, :end] = False
    return crop, ink


def roomed(crop: Grey) -> tuple[Grey, int]:
    """The crop (H, W) with paper around it where it is one cramped character; pixels added left."""
    height, width = crop.shape
    if width >= LONE_ASPECT * height:
        return crop, 0
    ink = inked(crop)
    filled = max(np.count_nonzero(ink.any(axis=1)), np.count_nonzero(ink.any(axis=0)))
    if filled < LOOSE * max(height, width):
        return crop, 0
    above, beside = (round(share * height) for share in ROOM)
    rim = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])
    paper = int(np.median(rim))
    made = np.pad(crop, ((above, above), (beside, beside)), constant_values=paper)
    return np.asarray(made, np.uint8), beside


def inked(crop: Grey) -> NDArray[np.bool_]:
    """Where there is ink, of either polarity; nowhere on a crop without contrast. (H, W)."""
    grey = np.asarray(cv2.blur(dark_on_light(crop), (3, 3)), np.uint8)
    darkest, paper = quantiles(grey, 0.01, 0.9)
    if paper - darkest < MIN_CONTRAST:
        return np.zeros(crop.shape, bool)
    return np.asarray(grey < paper - INK_LEVEL * (paper - darkest), bool)
