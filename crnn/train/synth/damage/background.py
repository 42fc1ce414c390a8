"""What stands on the paper beside the writing: rules, squares, security lines, stamps, bleed.

All of it is drawn as ink (bright on black) at a strength below the writing's, before the line goes
through crnn.train.synth.damage.augment's optics.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.text.text_sources import Rng

Ink = NDArray[np.uint8]

INKED, FOOT_ROWS = 96, 0.35
"""What counts as ink, and the foot of a line: its last row with so much of the fullest one's."""

WORN = 0.25
"""So many underlines are broken."""


def clutter(rng: Rng, ink: Ink, severity: float) -> Ink:
    """The line on the paper it was found on: mostly blank, else with one or two things. (H, W)."""
    chances: tuple[tuple[float, Callable[[Rng, Ink], Ink]], ...] = (
        (0.22, rules),
        (0.3, underline),
        (0.015, halftone),
        (0.035, security_lines),
        (0.03, squares),
        (0.03, stamp),
        (0.04, bleed),
        (0.025, strike),
        (0.03, specks),
        (0.03, box),
    )
    for chance, thing in chances:
        if rng.random() < chance * severity:
            ink = thing(rng, ink)
    return ink


def rules(rng: Rng, ink: Ink) -> Ink:
    """Underlines, box edges and cell rules, at the rim of the crop or through its foot. (H, W)."""
    ink = ink.copy()
    height, width = ink.shape
    strength = int(rng.integers(110, 256))
    for _ in range(int(rng.integers(1, 3))):
        thick = int(rng.integers(1, 5))
        if rng.random() < 0.65:
            at = float(rng.choice((rng.uniform(0.82, 1.0), rng.uniform(0.0, 0.08))))
            y = min(height - 1, int(at * height))
            tilt = int(rng.integers(-2, 3))
            x0, x1 = 0, width
            if rng.random() < 0.3:
                x0, x1 = sorted(int(x) for x in rng.integers(0, width + 1, 2))
            if rng.random() < 0.2:
                for x in range(x0, x1, 4):
                    ink[y : y + thick, x : x + 2] = strength
            else:
                cv2.line(ink, (x0, y), (x1, y + tilt), strength, thick)
        else:
            x = int(rng.choice((rng.integers(0, 4), width - 1 - rng.integers(0, 4))))
            cv2.line(ink, (x, 0), (x, height), strength, thick)
    return ink


def underline(rng: Rng, ink: Ink) -> Ink:
    """A rule that the writing stands on: under all of it, a part of it, or what follows. (H, W).

    A form's field has one, and a label ends where the rule of its field begins.
    """
    inked = ink > INKED
    rows, columns = inked.sum(axis=1), np.flatnonzero(inked.any(axis=0))
    if not columns.size:
        return ink
    height, width = ink.shape
    foot = int(np.flatnonzero(rows >= FOOT_ROWS * rows.max())[-1])
    thick = max(1, round(height * float(rng.uniform(0.015, 0.075))))
    y = foot + round(height * float(rng.uniform(0.0, 0.2)))
    x0, x1 = _underlined(rng, inked, int(columns[0]), int(columns[-1]))
    drawn = np.zeros_like(ink)
    ends = ((x0, y), (x1, y + round((x1 - x0) * float(rng.normal(0, 0.004)))))
    cv2.line(drawn, *ends, int(rng.integers(140, 256)), thick, cv2.LINE_AA)
    if rng.random() < WORN:
        gaps = rng.random(max(2, width // (3 * thick))) < rng.uniform(0.05, 0.5)
        drawn[:, np.resize(np.repeat(gaps, 3 * thick), width)] = 0
    return np.maximum(ink, drawn)


def _underlined(rng: Rng, inked: NDArray[np.bool_], first: int, last: int) -> tuple[int, int]:
    """From which column to which the rule runs, of a line (H, W) with ink from first to last."""
    height, width = inked.shape
    if (kind := rng.random()) < 0.4:
        return 0, width
    if kind < 0.6:
        over = (round(height * float(v)) for v in rng.uniform(-0.1, 0.3, 2))
        return first - next(over), last + next(over)
    if kind < 0.75:
        return last + round(height * float(rng.uniform(-0.15, 0.25))), width
    blank = np.flatnonzero(~inked[:, first:last].any(axis=0)) + first
    ends = rng.choice(np.concatenate([[first, last], blank]), 2)
    return int(ends.min()), int(ends.max())


def halftone(rng: Rng, ink: Ink) -> Ink:
    """A grey cell as a scanner in two levels sees it: dots all over the paper. (H, W)."""
    step = int(rng.integers(3, 8))
    dot = np.zeros((step, step), np.uint8)
    size = max(1, round(step * float(rng.uniform(0.3, 0.6))))
    dot[:size, :size] = int(rng.integers(120, 256))
    ys, xs = (-(-side // step) for side in ink.shape)
    dots = np.tile(dot, (ys, xs))[: ink.shape[0], : ink.shape[1]]
    if rng.random() < 0.5:  # the letters were left clear, if only just
        dots[cv2.dilate(ink, np.ones((3, 3), np.uint8)) > INKED] = 0
    return np.maximum(ink, dots)


def box(rng: Rng, ink: Ink) -> Ink:
    """A cell's four edges around the writing, some of them cut off by the crop. (H, W)."""
    height, width = ink.shape
    ink = ink.copy()
    low, high = (int(v) for v in rng.integers(-2, 4, 2))
    corner = (int(rng.integers(-3, 5)), low)
    cv2.rectangle(
        ink, corner, (width - int(rng.integers(-3, 6)), height - 1 - high),
        int(rng.integers(90, 256)), int(rng.integers(1, 4)),
    )  # fmt: skip
    return ink


def squares(rng: Rng, ink: Ink) -> Ink:
    """Manuscript squares or ruled lines under handwriting. (H, W)."""
    height, width = ink.shape
    layer = np.zeros_like(ink)
    strength = int(rng.integers(50, 210))
    pitch = int(height * rng.uniform(0.55, 1.1))
    for x in range(int(rng.integers(0, pitch + 1)), width, pitch):
        layer[:, x : x + 1] = strength
    for y in rng.integers(0, height, int(rng.integers(1, 3))):
        layer[int(y) : int(y) + 1] = strength
    return np.maximum(ink, layer)


def security_lines(rng: Rng, ink: Ink, strongest: int = 110) -> Ink:
    """The fine waves printed on cheques and invoices. (H, W)."""
    height, width = ink.shape
    x = np.arange(-20, width + 20, 6)
    layer = np.zeros_like(ink)
    strength = int(rng.integers(25, strongest))
    for _ in range(int(rng.integers(1, 3))):
        pitch, length = float(rng.uniform(2.5, 8)), float(rng.uniform(0.6, 4)) * height
        lift, slope = float(rng.uniform(0.02, 0.3)) * height, float(rng.normal(0, 0.25))
        wave = lift * np.sin(x / length * 6.28 + rng.uniform(0, 6.28)) + slope * x
        low, high = float(wave.min()), float(wave.max())
        starts = np.arange(-high, height - low, pitch)
        tracks = np.stack(np.broadcast_arrays(x[None], wave[None] + starts[:, None]), -1)
        fixed = np.round(tracks * 16).astype(np.int32)
        cv2.polylines(layer, list(fixed), False, strength, 1, cv2.LINE_AA, 4)
    return np.maximum(ink, layer)


def stamp(rng: Rng, ink: Ink) -> Ink:
    """Part of a round or square seal over the writing. (H, W)."""
    height, width = ink.shape
    layer = np.zeros_like(ink)
    radius = int(height * rng.uniform(0.6, 2.2))
    centre = (int(rng.integers(0, width)), int(rng.uniform(-0.6, 1.6) * height))
    strength, thick = int(rng.integers(50, 150)), int(rng.integers(1, 5))
    if rng.random() < 0.7:
        cv2.circle(layer, centre, radius, strength, thick, cv2.LINE_AA)
        for angle in np.arange(0, 6.28, 0.5):
            spot = (
                centre[0] + 0.78 * radius * np.cos(angle),
                centre[1] + 0.78 * radius * np.sin(angle),
            )
            half = 0.09 * radius * rng.uniform(-1, 1, (4, 2))
            marks = np.round((np.array(spot) + half) * 16).astype(np.int32)
            cv2.polylines(layer, [marks], False, strength, thick, cv2.LINE_AA, 4)
    else:
        far = (centre[0] + radius, centre[1] + radius)
        cv2.rectangle(layer, centre, far, strength, thick)
    return np.maximum(ink, layer)


def bleed(rng: Rng, ink: Ink) -> Ink:
    """The other side of the page, mirrored and faint. (H, W)."""
    back = np.roll(ink[:, ::-1], int(rng.integers(ink.shape[1])), axis=1)
    if rng.random() < 0.5:
        back = np.roll(back, int(ink.shape[0] * rng.uniform(0.3, 0.7)), axis=0)
    back = cv2.GaussianBlur(np.ascontiguousarray(back), (0, 0), float(rng.uniform(0.8, 2.5)))
    return np.maximum(ink, (back * float(rng.uniform(0.08, 0.35))).astype(np.uint8))


def strike(rng: Rng, ink: Ink) -> Ink:
    """A pen's line or a rule through the writing; what is written stays readable. (H, W)."""
    ink = ink.copy()
    height, width = ink.shape
    left, right = (float(v) for v in rng.uniform(0.25, 0.85, 2))
    ends = ((0, int(left * height)), (width, int((0.7 * left + 0.3 * right) * height)))
    cv2.line(ink, *ends, int(rng.integers(90, 230)), int(rng.integers(1, 3)), cv2.LINE_AA)
    return ink


def specks(rng: Rng, ink: Ink) -> Ink:
    """Dirt and holes of a bad copy: dots of ink, and dots where ink is missing. (H, W)."""
    ink = ink.copy()
    height, width = ink.shape
    count = int(rng.integers(2, 3 + width // 12))
    ys, xs = rng.integers(0, height, count), rng.integers(0, width, count)
    sizes, levels = rng.integers(1, 4, count), rng.choice((0, 255, 255), count)
    for y, x, size, level in zip(ys, xs, sizes, levels, strict=True):
        ink[y : y + size, x : x + size] = level
    return ink
