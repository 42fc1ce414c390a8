"""What was written: an aligned scan less the print and the rules of its blank.

A pixel is writing where the scan is darker than any print nearby explains. Where a stroke crosses a
rule both are equally dark: the gap that subtracting leaves is closed again if writing stands on
both sides of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.darkness import INKED, darkness, ink
from crnn.forms.registration.blank_features import Print
from crnn.page import Box

Grey = NDArray[np.uint8]

SIDE_OF_A_PIXEL = 900
"""Print may lie one pixel off for every so many pixels of the longer side."""
PRINTED = 24
"""Darkness from which a place of the blank counts as print."""
RESIDUE = 0.7
"""A small piece that lies over print with this share of it is the rim of print."""
INSIDE, MOSTLY = 0.12, 0.5
"""Share of a piece inside a zone, below which it is another's, and from which its rest counts."""


@dataclass(frozen=True, eq=False)
class Writing:
    """Writing alone. grey: (H, W), white where print was; mask: (H, W), 255 where somebody wrote.

    plain: (H, W) with print and writing; pieces: (H, W) numbers of connected pieces; areas: (N,).
    """

    grey: Grey
    plain: Grey
    mask: Grey
    pieces: NDArray[np.int32]
    areas: NDArray[np.int32]


def subtracted(picture: Grey, blank: Print) -> Writing:
    """What stands on a picture (H, W) and not on its blank."""
    observed, printed = darkness(picture), blank.dark
    loose = max(1, round(max(picture.shape) / SIDE_OF_A_PIXEL))
    near = _disc(loose)
    expected = np.asarray(cv2.dilate(_as_dark(printed, observed), near), np.uint8)
    inked = ink(observed)
    beyond = observed.astype(np.int16) - expected
    clear = expected < PRINTED
    written = np.where(clear | (beyond > INKED), inked, 0).astype(np.uint8)
    written = _bridged(written, inked & ink(expected, PRINTED), loose)
    written = _without_residue(written, ink(expected), loose)
    print_alone = ~clear & (cv2.dilate(written, _disc(1)) == 0)
    light = 255 - observed
    grey = np.where(print_alone, np.uint8(255), light).astype(np.uint8)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    numbers = np.asarray(pieces, np.int32)
    return Writing(grey, light, written, numbers, np.asarray(stats[:, cv2.CC_STAT_AREA], np.int32))


def crop(writing: Writing, box: Box, *, keeps_print: bool = False) -> Grey | None:
    """What is written in a box, (h, w); None where nothing is.

    Strokes that leave the box are followed a little way; those of neighbours are left out.
    """
    left, top, right, bottom = box
    reach = round(0.35 * (bottom - top))
    area = (
        slice(max(0, top - reach), bottom + reach),
        slice(max(0, left - reach), right + reach),
    )
    own, foreign = _owners(writing, box)
    pieces = writing.pieces[area]
    kept = own[pieces]
    smallest = max(8.0, 0.006 * (bottom - top) ** 2)
    if not (kept & (writing.areas[pieces] >= smallest)).any():
        return None
    grey = writing.grey[area].copy()
    grey[_grown(foreign[pieces])] = 255
    inner = np.zeros(pieces.shape, bool)
    at = (top - area[0].start, left - area[1].start)
    inner[at[0] : at[0] + bottom - top, at[1] : at[1] + right - left] = True
    grey[~inner & ~_grown(kept)] = 255
    if keeps_print:
        printed = np.zeros(pieces.shape, bool)
        printed[inner] = _print_inside(writing, box).ravel()
        grey[_grown(printed)] = writing.plain[area][_grown(printed)]
        kept = kept | printed
    return _trimmed(grey, kept)


def _print_inside(writing: Writing, box: Box) -> NDArray[np.bool_]:
    """Print in a box (h, w) that is none of its rules."""
    left, top, right, bottom = box
    here = (slice(top, bottom), slice(left, right))
    printed = (255 - writing.plain[here] >= INKED) & (writing.mask[here] == 0)
    height, width = printed.shape
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(printed.astype(np.uint8))
    x, y, wide, high = (stats[:, column] for column in range(4))
    at_rim = (x <= 1) | (y <= 1) | (x + wide >= width - 1) | (y + high >= height - 1)
    rules = at_rim | (wide >= 0.6 * width)
    rules[0] = True
    return np.asarray(~rules[pieces])


def written_share(writing: Writing, box: Box) -> float:
    """Written pixels of a box in parts of its area."""
    left, top, right, bottom = box
    inside = writing.mask[max(0, top) : bottom, max(0, left) : right]
    return float(np.count_nonzero(inside) / max(1, (right - left) * (bottom - top)))


def foreign_share(writing: Writing, box: Box) -> float:
    """The part of what is written in a box that belongs to strokes which lie mostly elsewhere."""
    left, top, right, bottom = box
    pieces = writing.pieces[max(0, top) : bottom, max(0, left) : right].ravel()
    here = np.bincount(pieces, minlength=len(writing.areas))
    here[0] = 0
    elsewhere = here < MOSTLY * writing.areas
    return float(here[elsewhere].sum() / max(1, here.sum()))


def _owners(writing: Writing, box: Box) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pieces are a box's own, and which reach into it and are not, each (N,)."""
    left, top, right, bottom = box
    here = np.bincount(writing.pieces[top:bottom, left:right].ravel(), minlength=len(writing.areas))
    share = here / np.maximum(writing.areas, 1)
    share[0] = 0
    foreign = (share > 0) & (share < INSIDE)
    return share >= MOSTLY, foreign


def _as_dark(printed: Grey, observed: Grey) -> Grey:
    """The blank's darkness as the scan shows it, whose print may be paler. (H, W)."""
    solid = cv2.erode(ink(printed, 110), np.ones((2, 2), np.uint8)) > 0
    if not solid.any():
        return printed
    here = cv2.dilate(observed, np.ones((3, 3), np.uint8))[solid]
    gain = float(np.median(here) / max(1.0, float(np.median(printed[solid]))))
    return np.asarray(cv2.convertScaleAbs(printed, alpha=min(1.6, max(0.5, gain))), np.uint8)


def _bridged(written: Grey, hidden: Grey, loose: int) -> Grey:
    """Writing with its gaps over print closed, where the scan is dark there. Both (H, W)."""
    length = 4 * loose + 7
    result = written
    for angle in (0, 45, 90, 135):
        closed = cv2.morphologyEx(written, cv2.MORPH_CLOSE, _bar(length, angle))
        result = result | (np.asarray(closed, np.uint8) & hidden)
    return result


def _without_residue(written: Grey, printed: Grey, loose: int) -> Grey:
    """Writing without the rims of print that lie a little beside where they must be. (H, W)."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    around = cv2.dilate(printed, _disc(loose + 1)) > 0
    over = np.bincount(pieces[around], minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    thin = np.minimum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= 2 * loose + 2
    small = areas <= (8 * loose + 8) ** 2
    drop = (over >= RESIDUE * areas) & (thin | small)
    drop |= areas < 3 * loose
    drop[0] = True
    return np.where(drop[pieces], np.uint8(0), written).astype(np.uint8)


def _trimmed(grey: Grey, kept: NDArray[np.bool_]) -> Grey:
    """The part of a crop (H, W) with ink that is kept, and some paper around it."""
    rows, columns = np.flatnonzero(kept.any(1)), np.flatnonzero(kept.any(0))
    rim = max(3, round(0.12 * (rows[-1] - rows[0] + 1)))
    down = slice(max(0, int(rows[0]) - rim), int(rows[-1]) + 1 + rim)
    across = slice(max(0, int(columns[0]) - rim), int(columns[-1]) + 1 + rim)
    return np.ascontiguousarray(grey[down, across])


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _disc(radius: int) -> Grey:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _bar(length: int, angle: int) -> Grey:
    """A straight line of pixels at an angle in degrees."""
    bar = np.zeros((length, length), np.uint8)
    middle = length // 2
    if angle % 90 == 0:
        bar[(middle, slice(None)) if angle == 0 else (slice(None), middle)] = 1
        return bar
    diagonal = np.eye(length, dtype=np.uint8)
    return np.ascontiguousarray(diagonal[::-1] if angle == 45 else diagonal)
