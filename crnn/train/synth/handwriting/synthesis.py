"""A hand writes a line: strokes deformed, joined and drawn as one person would in one go.

Deformation works on all strokes of a line at once. A smooth field per writer and a weaker one per
character move components together; parts of hanzi are written in running hand
(crnn.train.synth.handwriting.cursive); strokes are trimmed, turned, bowed; consecutive ones are
joined as running script joins them, then haste rounds everything off; one slant, size and drift
hold for the whole line.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.handwriting.cursive import Cursive
from crnn.train.synth.handwriting.strokes import STEPS, Form, Points, Strokes
from crnn.train.synth.handwriting.style import GRID, Hand
from crnn.train.synth.text.text_sources import Rng

SCALE = 2
"""Ink is drawn at so many times EM and brought down, for soft edges."""

PARTS = (slice(0, 7), slice(6, 12), slice(11, STEPS))
"""A stroke is drawn in three parts, each as wide as the pen is pressed there."""

ROUNDED = 2
"""Rounds of haste that running hand takes at least: its corners are turned, not cut."""

_GRAIN = np.random.default_rng(7).normal(0, 1, (512, 512)).astype(np.float32)


@dataclass(frozen=True)
class Sheet:
    """All strokes of a line.

    points: (S, STEPS, 2); char: (S,) the character of each stroke; held: (S,) whether it runs on
    into the next because running hand writes both in one go.
    """

    points: Points
    char: NDArray[np.int64]
    held: NDArray[np.bool_]
    text: str
    forms: list[Form]


class Writer:
    """Writes text in strokes: `write(rng, text, hand, budget)`."""

    def __init__(self, strokes: Strokes) -> None:
        self._strokes = strokes
        self._cursive = Cursive(strokes)

    def can_write(self, char: str) -> bool:
        """Whether there are strokes for it; a space needs none."""
        return char == " " or char in self._strokes

    def write(self, rng: Rng, text: str, hand: Hand, budget: float) -> Drawn:
        """As much of the text as fits into budget pixels at EM pixels of height.

        Characters without strokes are left out.
        """
        wanted = "".join(char for char in text if self.can_write(char)).strip()
        chosen: dict[str, int] = {}
        forms, kept, target_width = [], [], budget / EM * 0.94
        for char in wanted:
            form = self._form(rng, char, chosen)
            target_width -= hand.word_gap if form is None else _advance(form, hand)
            if target_width < 0 and kept:
                break
            kept.append(char)
            if form is not None:
                forms.append(form)
        text = "".join(kept).rstrip()
        if not text or not forms:
            return Drawn(np.zeros((EM, EM), np.uint8), "", np.zeros(0, np.float32))
        written = self._written(rng, text.replace(" ", ""), forms, hand)
        char = np.repeat(np.arange(len(forms)), [len(strokes) for strokes, _ in written])
        points, held = (np.concatenate(result) for result in zip(*written, strict=True))
        return _draw(rng, _deform(rng, Sheet(points, char, held, text, forms), hand), hand)

    def _written(
        self, rng: Rng, chars: str, forms: list[Form], hand: Hand
    ) -> list[tuple[Points, NDArray[np.bool_]]]:
        """Of each character its strokes, parts of hanzi in running hand, and which run on."""
        ways: dict[str, int] = {}
        return [
            self._cursive.write(rng, char, form.strokes, hand.running, ways)
            if form.wide and hand.running
            else (form.strokes, np.zeros(len(form.strokes), bool))
            for char, form in zip(chars, forms, strict=True)
        ]

    def _form(self, rng: Rng, char: str, chosen: dict[str, int]) -> Form | None:
        """A writer keeps to one form of a letter, mostly."""
        if char == " ":
            return None
        forms = self._strokes.forms(char)
        if char not in chosen:
            chosen[char] = int(rng.integers(len(forms)))
        if len(forms) > 1 and rng.random() < 0.1:
            return forms[int(rng.integers(len(forms)))]
        return forms[chosen[char]]


def _advance(form: Form, hand: Hand) -> float:
    if form.wide:
        return hand.aspect * (0.86 + hand.gap)
    return hand.latin_size * hand.aspect * form.width + hand.latin_gap + form.after * hand.aspect


def _deform(rng: Rng, sheet: Sheet, hand: Hand) -> Sheet:
    """Shape of components, strokes and their ends. The line is not laid out yet."""
    points, char = sheet.points, sheet.char
    count, strokes = len(sheet.forms), len(points)
    fields = hand.field + rng.normal(0, hand.stroke_jitter, (count, GRID, GRID, 2)).astype(
        np.float32
    )
    points = points + _at(fields.reshape(count, -1, 2)[char], points)
    middle = points[:, STEPS // 2, None]
    angle = rng.normal(0, hand.turn, (strokes, 1, 1)).astype(np.float32)
    size = np.exp(rng.normal(0, hand.stretch, (strokes, 1, 2))).astype(np.float32)
    away = (points - middle) * size
    turned = away + angle * np.stack([-away[..., 1], away[..., 0]], -1)
    shift = rng.normal(0, hand.stroke_jitter, (strokes, 1, 2)).astype(np.float32)
    chord = points[:, -1:] - points[:, :1]
    arc = np.sin(np.linspace(0, np.pi, STEPS, dtype=np.float32))[None, :, None]
    amount = rng.normal(0, hand.bow, (strokes, 1, 1)).astype(np.float32)
    bowed = arc * amount * np.stack([-chord[..., 1], chord[..., 0]], -1)
    points = _trimmed(rng, middle + turned + shift + bowed, hand.trim)
    return Sheet(points, char, sheet.held, sheet.text, sheet.forms)


def _at(fields: Points, points: Points) -> Points:
    """Fields (S, GRID * GRID, 2) at points (S, P, 2), bilinear between the knots of the em box."""
    knots = np.arange(GRID, dtype=np.float32)
    where = np.clip(points * (GRID - 1), 0, GRID - 1)
    hats = np.maximum(0, 1 - np.abs(where[..., None] - knots))  # (S, P, 2, GRID)
    weights = hats[..., 1, :, None] * hats[..., 0, None, :]  # (S, P, y, x)
    moved: Points = weights.reshape(*points.shape[:2], -1) @ fields
    return moved


def _trimmed(rng: Rng, points: Points, trim: float) -> Points:
    """Strokes begun late and ended early, by up to that share of their length."""
    ends = rng.uniform(0, max(trim, 1e-6), (2, len(points), 1)).astype(np.float32)
    ends[0] *= 0.5
    t = np.linspace(0, 1, STEPS, dtype=np.float32)
    where = (ends[0] + (1 - ends[0] - ends[1]) * t) * (STEPS - 1)  # (S, STEPS)
    low = np.minimum(where.astype(np.int64), STEPS - 2)
    part = (where - low)[..., None]
    rows = np.arange(len(points))[:, None]
    cut: Points = points[rows, low] * (1 - part) + points[rows, low + 1] * part
    return cut


def _joins(rng: Rng, points: Points, sheet: Sheet, hand: Hand) -> NDArray[np.bool_]:
    """Which strokes run on into the next without a lift. (S,) bool."""
    hop = points[1:, 0] - points[:-1, -1]
    distance = np.hypot(hop[:, 0], hop[:, 1])
    chance = hand.join * np.exp(-distance / 0.4) * np.where(np.diff(sheet.char) == 0, 1.0, 0.18)
    dots = np.ptp(points, axis=1).max(axis=1) < 0.02
    chance *= ~(dots[1:] | dots[:-1])
    return np.append(rng.random(len(chance)) < chance, False) | sheet.held


def _smoothed(points: Points, joined: NDArray[np.bool_], rounds: int) -> Points:
    """Haste: every point towards its neighbours, through joins but not across lifts."""
    flat = points.reshape(-1, 2)
    first = np.ones(len(points), bool)
    first[1:] = ~joined[:-1]
    starts = np.flatnonzero(first) * STEPS
    stops = np.append(starts[1:], len(flat)) - 1
    for _ in range(rounds):
        before, after = np.roll(flat, 1, 0), np.roll(flat, -1, 0)
        before[starts], after[stops] = flat[starts], flat[stops]
        before[stops], after[starts] = flat[stops], flat[starts]  # ends stay where they are
        flat = 0.5 * flat + 0.25 * (before + after)
    return flat.reshape(points.shape)


def _draw(rng: Rng, sheet: Sheet, hand: Hand) -> Drawn:
    """Lay the characters out, run strokes together, put ink on the sheet."""
    points, centres = _laid_out(rng, sheet, hand)
    joined = _joins(rng, points, sheet, hand)
    points = _smoothed(points, joined, max(hand.smoothing, ROUNDED if sheet.held.any() else 0))
    low, high = points.reshape(-1, 2).min(0), points.reshape(-1, 2).max(0)
    margin = rng.uniform(0.0, 0.3, 4) * float(rng.uniform(0.1, 1.0)) + hand.pen
    em = EM * SCALE
    origin = low - margin[:2].astype(np.float32)
    width, height = ((high - origin + margin[2:]) * em).astype(int)
    canvas = np.zeros((max(height, em // 2), max(width, 8)), np.uint8)
    _ink(rng, canvas, (points - origin) * em, joined, hand)
    small = (max(4, canvas.shape[1] // SCALE), max(8, canvas.shape[0] // SCALE))
    ink = cv2.resize(canvas, small, interpolation=cv2.INTER_AREA)
    if hand.faint:
        ink = uneven(rng, ink, hand.faint)
    if hand.dry:
        ink = _dry(rng, ink, hand.dry)
    return Drawn(ink, sheet.text, (centres - origin[0]) * np.float32(EM))


def _laid_out(rng: Rng, sheet: Sheet, hand: Hand) -> tuple[Points, NDArray[np.float32]]:
    """Strokes (S, STEPS, 2) where they stand in the line, and the centres (L,) of its text."""
    pen, centres, places, sizes = 0.0, [], [], []
    forms = iter(sheet.forms)
    for char in sheet.text:
        if char == " ":
            centres.append(pen + hand.word_gap / 2)
            pen += hand.word_gap * float(rng.uniform(0.8, 1.3))
            continue
        form = next(forms)
        advance = _advance(form, hand) * float(np.exp(rng.normal(0, 0.5 * hand.size_jitter)))
        size = 1.0 if form.wide else hand.latin_size
        centres.append(pen + (advance - form.after * hand.aspect) / 2)
        inset = 0.5 * (1.0 - 0.86) * hand.aspect if form.wide else -0.5 * hand.latin_gap
        places.append((pen - inset, _level(rng, pen, hand)))
        sizes.append((size * hand.aspect, size))
        pen += advance
    places_, sizes_ = np.array(places, np.float32), np.array(sizes, np.float32)
    sizes_ *= np.exp(rng.normal(0, hand.size_jitter, sizes_.shape)).astype(np.float32)
    base = np.array([0.0, 0.8], np.float32)
    points = (sheet.points - base) * sizes_[sheet.char][:, None] + base
    slant = rng.normal(hand.slant, 0.03, len(sizes_)).astype(np.float32)[sheet.char][:, None]
    points[..., 0] += (0.6 - points[..., 1]) * slant
    wide = np.array([form.wide for form in sheet.forms])
    climb = np.where(wide, rng.normal(hand.rise, 0.03, len(sizes_)), 0.2 * hand.rise)
    points[..., 1] -= (points[..., 0] - 0.45) * climb.astype(np.float32)[sheet.char][:, None]
    return points + places_[sheet.char][:, None], np.array(centres, np.float32)


def _level(rng: Rng, pen: float, hand: Hand) -> float:
    return hand.drift * pen + float(rng.normal(0, hand.wander))


def _ink(
    rng: Rng, canvas: NDArray[np.uint8], points: Points, joined: NDArray[np.bool_], hand: Hand
) -> None:
    """Draw every stroke in parts as wide as the pen is pressed; joins thinner."""
    fixed = np.round(points * 16).astype(np.int32)  # cv2 takes sixteenths of a pixel
    steady = np.exp(rng.normal(0, hand.unsteady, len(points)))
    em = EM * SCALE
    for part, pressed in zip(PARTS, hand.pressure, strict=True):
        widths = np.clip(np.round(hand.pen * em * pressed * steady), 1, 14).astype(int)
        for width in np.unique(widths):
            lines = list(fixed[widths == width, part])
            cv2.polylines(canvas, lines, False, 255, int(width), cv2.LINE_8, 4)
    if joined.any():
        at = np.flatnonzero(joined)
        bridges = np.stack([fixed[at, -1], fixed[at + 1, 0]], 1)
        width = max(1, round(hand.pen * em * min(hand.pressure[2], 0.8)))
        cv2.polylines(canvas, list(bridges), False, 255, width, cv2.LINE_8, 4)


def uneven(rng: Rng, ink: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Ink as dark as the pen is pressed, which changes within a character. (H, W)."""
    coarse = rng.uniform(1 - strength, 1, (4, 3 + ink.shape[1] // 12)).astype(np.float32)
    field = cv2.resize(coarse, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(ink, field, dtype=cv2.CV_8U)


def _dry(rng: Rng, ink: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Grain of pencil or a ball pen that skips. (H, W)."""
    y, x = int(rng.integers(256)), int(rng.integers(256))
    grain = np.tile(_GRAIN, (1, -(-ink.shape[1] // 512)))[y : y + ink.shape[0], : ink.shape[1]]
    grain = np.roll(grain, x, axis=1)
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.9) * 2
    faint = np.clip(1.0 - strength * np.maximum(0, grain + 0.2), 0.1, 1)
    kept: NDArray[np.uint8] = (ink * faint).astype(np.uint8)
    return kept
