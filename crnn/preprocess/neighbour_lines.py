"""Crops that took along parts of the lines above and below: which rows are the line's own.

Where lines stand close, letters of the neighbours reach into its crop, with rules under them and
under the line. No gap without ink says then where the line is; its letters do, once rules are left
out: between those of two lines few rows hold much.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.bool_]

LONG_ASPECT = 8.0
"""A crop less wide than that, in heights, is too short to say which rows are whose."""

RULE = 0.8
"""A run of ink longer than so many heights of the crop belongs to a rule, not to a letter."""

BODY = 0.35
"""Rows with more than this share of the fullest row's ink are the body of a line: what small
letters have between their base line and their tops."""

STRUCK = 0.1
"""A row with rules over that share of the width may be one of the body that is struck through."""

NEXT = 0.75
"""No other stretch of full rows holds more than that beside it, or it is unclear which line is
meant."""

ASCENT, DESCENT = 0.75, 0.65
"""Hardly a letter of the line reaches further above or below its body, in heights of that; capitals
with two accents do, and are not cut only where nothing parts them."""

LETTERS, BETWEEN = 0.1, 0.35
"""Rows out there hold letters if they have so much ink beside the body's; between them and the line
are rows with so much less than they have."""

FARTHEST = 1.2
"""They are no higher than that, in heights of the body: of whole lines one may be as meant as the
other."""

LEAST_BODY = 0.2
"""A body less high than that, in heights of all ink, is bars or dots: those of equal signs."""

JOINED = 0.5
"""Where more than that share of the ink out there is joined to the line's, it is the line's own:
the top of a larger figure."""


def rules_of(ink: Ink) -> Ink:
    """Where ink (H, W) is that of rules that are nearly level."""
    long = max(3, int(RULE * len(ink))) | 1
    middles = _inked_around(ink, long) == long
    return np.asarray(_inked_around(middles, long) > 0, np.bool_)


def _inked_around(ink: Ink, long: int) -> NDArray[np.int32]:
    """How many of so many pixels around each, along its row, are ink. (H, W)."""
    size, rim = (long, 1), cv2.BORDER_CONSTANT
    counts = cv2.boxFilter(ink.view(np.uint8), cv2.CV_32S, size, normalize=False, borderType=rim)
    return np.asarray(counts, np.int32)


def is_long(ink: Ink) -> bool:
    """Whether a crop (H, W) is long enough to say which rows are whose."""
    height, width = ink.shape
    return bool(width >= LONG_ASPECT * height)


def text_line_rows(ink: Ink) -> tuple[int, int]:
    """The rows of a crop, first and end, but for those of letters of other lines at its rim.

    ink: (H, W) of a level crop.
    """
    height, width = ink.shape
    rules = rules_of(ink)
    letters = ink & ~rules
    counts = ink_profile(letters, 1).astype(np.float32)
    first, end = _body(counts, ink_profile(rules, 1) > STRUCK * width)
    tall = end - first
    if not tall or tall < LEAST_BODY * (1 + np.ptp(np.flatnonzero(counts))):
        return 0, height
    level = float(counts[first:end].mean())
    above = _end_of_letters(counts[:first], tall, ASCENT, level)
    below = height - _end_of_letters(counts[end:][::-1], tall, DESCENT, level)
    if (above, below) != (0, height) and _joined(letters, above, below) > JOINED:
        return 0, height
    return above, below


def ink_profile(ink: Ink, axis: int) -> NDArray[np.int32]:
    """How many pixels of each column (axis 0) or row (axis 1) are ink."""
    counts = cv2.reduce(ink.view(np.uint8), axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(counts, np.int32).ravel()


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and end of each stretch of a mask (N,) that is true."""
    edged = np.zeros(len(mask) + 2, bool)
    edged[1:-1] = mask
    edges = np.flatnonzero(edged[1:] != edged[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _body(counts: NDArray[np.float32], ruled: NDArray[np.bool_]) -> tuple[int, int]:
    """The rows, first and end, of the stretch of full rows that holds most; none if unclear.

    ruled: rows of a rule, which may run through the letters.
    """
    full = counts > BODY * counts.max()
    results = []
    for start, stop in runs(full | ruled):
        rows = start + np.flatnonzero(full[start:stop])
        if rows.size:
            first, end = int(rows[0]), int(rows[-1]) + 1
            results.append((float(counts[first:end].sum()), first, end))
    results.sort(reverse=True)
    if not results or (len(results) > 1 and results[1][0] > NEXT * results[0][0]):
        return 0, 0
    return results[0][1:]


def _end_of_letters(counts: NDArray[np.float32], tall: int, reach: float, level: float) -> int:
    """How many rows from the rim on are another line's. counts: from the rim to the body."""
    outside = counts[: max(0, len(counts) - round(reach * tall))]
    if not outside.size or outside.max() < LETTERS * level:
        return 0
    fullest = int(outside.argmax())
    low = np.flatnonzero(counts[fullest:] < BETWEEN * counts[fullest])
    end = fullest + int(low[0]) if low.size else 0
    return end if end <= FARTHEST * tall else 0


def _joined(letters: Ink, first: int, end: int) -> float:
    """The share of the ink outside of some rows that is of pieces which stand in them too."""
    _, pieces = cv2.connectedComponents(letters.view(np.uint8), connectivity=8)
    outside = np.concatenate([pieces[:first], pieces[end:]])
    outside = outside[outside > 0]
    inside = np.zeros(int(pieces.max()) + 1, bool)
    inside[pieces[first:end]] = True
    return float(inside[outside].mean()) if outside.size else 0.0
