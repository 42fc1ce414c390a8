"""Loose and cramped crops: the network is shown lines with about the paper it learned them with.

Paper above and below a line makes its characters small, so all but a little is left out; a line
cut to its edges is given that little. Rules at the rim of a crop do not count as ink, so that an
underlined field becomes as tight as any other. A single character has its own measure.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.preprocess import neighbour_lines
from crnn.preprocess.normalize import MIN_CONTRAST, dark_on_light, paper_level, quantiles
from crnn.preprocess.rule_fragments import remove_rule_fragments

Grey = NDArray[np.uint8]

LINE_ASPECT = 1.6
"""A crop less wide than that may be one character, whose own shape says how high it is."""

MIN_FILL = 0.85
"""A crop whose ink fills less than this share of its height is cut."""

MARGIN = 0.06
"""Paper above and below, in heights of the ink: kept where a crop is cut, given where it lacks."""

LONG_ASPECT, LONG_MARGIN = 8.0, 0.04
"""A line wider than so many heights of its ink keeps only that much: somewhere along it something
stands out, above and below, so that most of its characters have paper enough."""

LONE_ASPECT = 1.2
"""A crop less wide than that and filled by its ink is one character cut to its edges."""

PADDING = (0.13, 0.2)
"""Paper given to such a one above and below, left and right, in heights of the crop."""

INK_LEVEL = 0.4
"""How far from paper to the darkest ink a pixel must be to count as ink."""

BAR, APART, LOWER = 0.9, 0.35, 0.8
"""Ink at the left or right rim over this share of the height, this far from all other ink in
heights, which is this much lower at most, is the side of a box."""

SIDE, WITHIN, BESIDE = 0.97, 0.7, 0.4
"""A column with ink over that share of the height is the side of a box, or of a table's cell, where
all other ink keeps within that share of it, and above and below it is no more than that: the edges
of a photograph are dark all along."""

RULE, RIM = 0.6, 0.26
"""A row with ink over this share of the width, this near to the rim, is a rule."""

UNBROKEN = 0.9
"""A row whose ink runs on over this share of the width is a rule wherever it is."""

FOOT = 0.1
"""Of a rule that touches the line so much belongs to it, in heights: the feet of its letters."""

NEIGHBOUR, SPECK, BEYOND = 0.2, (0.5, 0.15), 0.35
"""What stands apart at the rim was cut off another line if it is so much less high than the line;
or less high, and of so little ink; or of less ink, and beyond a rule."""

LEAST = 5
"""Text of fewer rows is none, or nothing is left of it."""


def crop_to_ink(crop: Grey, ink: NDArray[np.bool_] | None = None) -> Grey:
    """The crop (H, W) of a line with the same little paper above and below it, whatever it had.

    ink: where it has ink, if that is known.
    """
    height, width = crop.shape
    if width < LINE_ASPECT * height:
        return crop
    crop, ink = _without_neighbours(crop, ink_mask(crop) if ink is None else ink)
    height = len(crop)
    crop, ink = _remove_box_sides(crop, ink)
    crop, ink = _remove_borders(crop, ink)
    top, end = _own_rows(ink)
    clear, ink = remove_rule_fragments(crop, ink, top, end)
    if clear is not crop:
        crop, (top, end) = clear, _own_rows(ink)
    tall = end - top
    if tall < LEAST:
        return crop
    is_long = width > LONG_ASPECT * tall
    if tall < MIN_FILL * height or is_long:
        margin = (LONG_MARGIN if is_long else MARGIN) * tall + 1
        first, last = int(top - margin), int(end + margin)
    else:
        margin = MARGIN * tall
        first, last = min(0, round(top - margin)), max(height, round(end + margin))
    kept_margin = slice(max(0, first), min(height, last))
    above, below = max(0, -first), max(0, last - height)
    return _on_paper(crop[kept_margin], above, below) if above or below else crop[kept_margin]


def _without_neighbours(crop: Grey, ink: NDArray[np.bool_]) -> tuple[Grey, NDArray[np.bool_]]:
    """The crop (H, W) without letters of the lines above and below, and its ink."""
    if not neighbour_lines.is_long(ink):
        return crop, ink
    first, end = neighbour_lines.text_line_rows(ink)
    return crop[first:end], ink[first:end]


def _on_paper(crop: Grey, above: int, below: int) -> Grey:
    """The crop (H, W) with so many rows of its paper added."""
    kind, paper = cv2.BORDER_CONSTANT, paper_level(crop)
    return np.asarray(cv2.copyMakeBorder(crop, above, below, 0, 0, kind, value=paper), np.uint8)


def _own_rows(ink: NDArray[np.bool_]) -> tuple[int, int]:
    """The rows of a line, first and end, without rules and what was cut off other lines."""
    counts = neighbour_lines.ink_profile(ink, 1)  # (H,)
    rules = _rules(ink, counts)
    bands = neighbour_lines.runs((counts >= _hardly(ink)) & ~rules)
    if not bands:
        return 0, 0
    held = [int(counts[first:end].sum()) for first, end in bands]
    main = int(np.argmax(held))
    first, end = bands[main]
    rim = _rim(rules)

    def is_foreign(n: int) -> bool:
        start, stop = bands[n]
        if start > rim[0] and stop < rim[1]:
            return False
        high, share = (stop - start) / (end - first), held[n] / held[main]
        between = rules[stop:first] if n < main else rules[end:start]
        is_speck = high <= SPECK[0] and share <= SPECK[1]
        return high <= NEIGHBOUR or is_speck or (share <= BEYOND and bool(between.any()))

    above = next(n for n in range(main + 1) if n == main or not is_foreign(n))
    below = next(n for n in range(len(bands) - 1, -1, -1) if n == main or not is_foreign(n))
    return _with_feet(rules, bands[above][0], bands[below][1])


def _with_feet(rules: NDArray[np.bool_], first: int, end: int) -> tuple[int, int]:
    """Rows and what of a rule touches them, a little of it: letters that stand on a rule do so."""
    feet = round(FOOT * (end - first))
    over, under = rules[max(0, first - feet) : first][::-1], rules[end : end + feet]
    return first - int(np.logical_and.accumulate(over).sum()), end + int(
        np.logical_and.accumulate(under).sum()
    )


def _rim(rules: NDArray[np.bool_]) -> tuple[int, int]:
    """The rows at which a crop begins and ends, but for rules at its rim."""
    free = np.flatnonzero(~rules)
    return (int(free[0]), int(free[-1]) + 1) if free.size else (0, len(rules))


def _hardly(ink: NDArray[np.bool_]) -> float:
    """Ink of a row, in pixels, below which it is none."""
    return max(2.0, 0.006 * float(ink.shape[1]))


def _rules(ink: NDArray[np.bool_], counts: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which rows (H,) are rules. counts: what each holds."""
    height, width = ink.shape
    rim = int(RIM * height)
    result = counts >= UNBROKEN * width
    for row in np.flatnonzero(result):
        result[row] = _longest_run(ink[row]) >= UNBROKEN * width
    for edge in (slice(0, rim), slice(height - rim, height)):
        result[edge] |= counts[edge] > RULE * width
    return np.asarray(result, bool)


def _longest_run(row: NDArray[np.bool_]) -> int:
    """How many pixels of a row (W,) in a row are ink, at most."""
    return max((end - first for first, end in neighbour_lines.runs(row)), default=0)


def _remove_borders(crop: Grey, ink: NDArray[np.bool_]) -> tuple[Grey, NDArray[np.bool_]]:
    """The crop (H, W) with columns painted over that go through all of a crop whose text does not.

    With it its ink without them.
    """
    sides = neighbour_lines.ink_profile(ink, 0) >= SIDE * len(ink)  # (W,)
    if not sides.any():
        return crop, ink
    sides = np.convolve(sides, (True, True, True), "same")
    rest = ink & ~sides
    rows = np.flatnonzero(
        (neighbour_lines.ink_profile(rest, 1) >= _hardly(ink))
        & ~_rules(ink, neighbour_lines.ink_profile(ink, 1))
    )
    if not rows.size or np.ptp(rows) + 1 >= WITHIN * len(ink):
        return crop, ink
    beyond = np.concatenate([rest[: rows[0]], rest[rows[-1] + 1 :]])
    if beyond.mean() > BESIDE:
        return crop, ink
    return np.where(sides, np.uint8(paper_level(crop)), crop), rest


def _remove_box_sides(crop: Grey, ink: NDArray[np.bool_]) -> tuple[Grey, NDArray[np.bool_]]:
    """The crop (H, W) with the sides of boxes painted over, and its ink without them."""
    height, width = crop.shape
    columns = np.flatnonzero(neighbour_lines.ink_profile(ink, 0))
    apart = np.flatnonzero(np.diff(columns) > max(2.0, APART * height))
    if not apart.size:
        return crop, ink
    near, far = 0.25 * height, width - 1 - 0.25 * height
    left, right = int(columns[apart[0]]) + 1, int(columns[apart[-1] + 1])
    sides = []
    if columns[0] <= near and left - int(columns[0]) < 0.35 * height:
        sides.append((slice(0, left), slice(left, width), slice(0, left + 2)))
    if columns[-1] >= far and int(columns[-1]) + 1 - right < 0.35 * height:
        sides.append((slice(right, width), slice(0, right), slice(max(0, right - 2), width)))
    for bar, others, painted in sides:
        rows = np.flatnonzero(ink[:, others].any(axis=1))
        is_bar = ink[:, bar].any(axis=1).mean() >= BAR
        if is_bar and rows.size and np.ptp(rows) < LOWER * height:
            paper = paper_level(crop)
            crop, ink = crop.copy(), ink.copy()
            crop[:, painted] = paper
            ink[:, bar] = False
    return crop, ink


def pad_margin(crop: Grey) -> tuple[Grey, int]:
    """The crop (H, W) with paper around it where it is one cramped character; pixels added left."""
    height, width = crop.shape
    if width >= LONE_ASPECT * height:
        return crop, 0
    ink = ink_mask(crop)
    filled = max(np.count_nonzero(ink.any(axis=1)), np.count_nonzero(ink.any(axis=0)))
    if filled < MIN_FILL * max(height, width):
        return crop, 0
    above, beside = (round(share * height) for share in PADDING)
    made = np.pad(crop, ((above, above), (beside, beside)), constant_values=rim_level(crop))
    return np.asarray(made, np.uint8), beside


def rim_level(crop: Grey) -> int:
    """The grey of a crop (H, W) along its four edges: the paper of a character that is alone."""
    rim = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])
    return int(np.median(rim))


def ink_mask(crop: Grey) -> NDArray[np.bool_]:
    """Where there is ink, of either polarity; nowhere on a crop without contrast. (H, W)."""
    grey = np.asarray(cv2.blur(dark_on_light(crop), (3, 3)), np.uint8)
    darkest, paper = quantiles(grey, 0.01, 0.9)
    if paper - darkest < MIN_CONTRAST:
        return np.zeros(crop.shape, bool)
    return np.asarray(grey < paper - INK_LEVEL * (paper - darkest), bool)
