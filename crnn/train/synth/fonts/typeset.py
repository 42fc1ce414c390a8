"""(text, style) -> a drawn line: glyphs side by side, cropped as a detector or a form would.

Ink is bright on black here; crnn.train.synth.damage.augment turns it into a photograph or scan of a
line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.fonts.glyphs import EM, Face
from crnn.train.synth.text.text_sources import Rng

Ink = NDArray[np.uint8]

CANVAS = 88
BASELINE = 58
ASCENT, DESCENT = 0.86, 0.14
SPACE = 0.28

LABEL_LENGTH = 14
"""Texts up to that many characters may be labels and headings: wide apart, and stamped heavily."""

APART, LABELS_APART = 0.02, 0.2
"""How many lines, and how many labels, have their characters far apart."""

LABEL_WEIGHTS = (-1, 0, 0, 0, 0, 0, 1, 2, 4)
"""By how many pixels of forty strokes are thicker."""


@dataclass(frozen=True)
class Style:
    """How one line is set; lengths in ems of the font."""

    face: Face
    latin: Face | None
    track: float
    gap: float
    weight: int
    left: float
    right: float
    top: float
    bottom: float
    crop_to_glyphs: bool
    neighbour: int


@dataclass(frozen=True)
class Drawn:
    """A line of ink. ink: (H, W), centres: (L,) x of each character of text in pixels."""

    ink: Ink
    text: str
    centres: NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """A line before it is cropped. ink: (CANVAS, W); start and end of its text, in pixels."""

    ink: Ink
    text: str
    centres: NDArray[np.float32]
    start: float
    end: float


class Setter:
    """Sets text in faces chosen by kind, with a fallback face for characters a font lacks."""

    def __init__(self, faces: Sequence[Face], kinds: dict[str, float]) -> None:
        self._by_kind = {kind: [face for face in faces if face.kind == kind] for kind in kinds}
        self._kinds = [kind for kind in kinds if self._by_kind[kind] and kinds[kind] > 0]
        if not self._kinds:
            raise ValueError(f"no font of the kinds {sorted(kinds)}")
        shares = np.array([kinds[kind] for kind in self._kinds])
        self._shares = np.cumsum(shares / shares.sum())
        self._weights = {
            kind: np.cumsum([face.weight for face in result]) / sum(face.weight for face in result)
            for kind, result in self._by_kind.items()
            if result
        }
        self._fallbacks: dict[str, list[Face]] = {}
        self._all = list(faces)

    def style(self, rng: Rng, text: str) -> Style:
        """A style for that text: Latin faces only where every character is Latin."""
        kind = self._kinds[_index(self._shares, rng)]
        latin_only = max(text, default=" ") < "\u0180"
        pen_positions = {"hand": "latin-hand", "latin-hand": "latin-hand"}
        latin_kind = pen_positions.get(kind, "latin")
        if latin_only and rng.random() < 0.75 and self._by_kind.get(latin_kind):
            face = self._face(rng, latin_kind)
        else:
            face = self._face(rng, {"latin": "zh", "latin-hand": "hand"}.get(kind, kind))
        latin = None
        if self._by_kind.get(latin_kind) and rng.random() < 0.5:
            latin = self._face(rng, latin_kind)
        is_label = len(text) <= LABEL_LENGTH
        weights = LABEL_WEIGHTS if is_label and latin_only else (-1, 0, 0, 0, 0, 0, 0, 1)
        return Style(
            face=face,
            latin=latin,
            track=_track(rng, LABELS_APART if is_label else APART),
            gap=float(rng.uniform(0.7, 1.4)),
            weight=int(rng.choice(weights)),
            left=float(rng.uniform(0.0, 0.35)),
            right=float(rng.uniform(0.0, 0.35)),
            top=float(rng.uniform(-0.03, 0.22)),
            bottom=float(rng.uniform(-0.03, 0.22)),
            crop_to_glyphs=bool(rng.random() < 0.45),
            neighbour=int(rng.choice((-1, 0, 0, 0, 0, 0, 0, 0, 0, 1))),
        )

    def _face(self, rng: Rng, kind: str) -> Face:
        result = self._by_kind.get(kind) or self._by_kind[self._kinds[0]]
        weights = self._weights.get(kind, self._weights[self._kinds[0]])
        return result[_index(weights, rng)]

    def fallback(self, rng: Rng, char: str) -> Face | None:
        """A face that can draw the character, or None."""
        if char not in self._fallbacks:
            self._fallbacks[char] = [face for face in self._all if char in face]
        result = self._fallbacks[char]
        return result[int(rng.integers(len(result)))] if result else None

    def draw(self, rng: Rng, text: str, style: Style, budget: float) -> Drawn:
        """Set as much of the text as fits into `budget` pixels at the crop's own height.

        budget is a width for a crop EM pixels high; it grows with the height of the crop.
        """
        limit = int(budget * 2.2) + 4 * EM
        canvas = np.zeros((CANVAS, limit), np.uint8)
        top, bottom = _nominal_rows(style)
        target_width = budget * (bottom - top) / EM - style.right * EM
        pen = (style.left + 0.3) * EM
        start, centres, drawn = pen, [], []
        for char in text:
            face = self._choose(rng, char, style)
            if face is None:
                continue
            advance = self._put(canvas, face, char, pen, style)
            if char == " ":
                advance *= style.gap * (1.0 if rng.random() < 0.85 else float(rng.uniform(1, 5)))
            if drawn and pen + advance - start + style.left * EM > target_width:
                _wipe(canvas, face, char, pen)
                break
            drawn.append(char)
            centres.append(pen + advance / 2)
            pen += advance * 1.0 + style.track * EM
        while drawn and drawn[-1] == " ":
            drawn.pop()
            pen = centres.pop()
        row = Row(canvas, "".join(drawn), np.array(centres, np.float32), start, pen)
        return self._crop(rng, row, style)

    def _choose(self, rng: Rng, char: str, style: Style) -> Face | None:
        if style.latin and char < "\u0180" and char in style.latin:
            return style.latin
        return style.face if char in style.face else self.fallback(rng, char)

    @staticmethod
    def _put(canvas: Ink, face: Face, char: str, pen: float, style: Style) -> float:
        """Copy one glyph at the pen; the advance in pixels."""
        if char == " ":
            return max(SPACE * EM, face.glyph(char).advance if char in face else 0.0)
        glyph = face.glyph(char)
        x, y = round(pen) + glyph.left, BASELINE + glyph.top
        h, w = glyph.ink.shape
        y0, x0 = max(0, y), max(0, x)
        target = canvas[y0 : y + h, x0 : x + w]
        source = glyph.ink[y0 - y : y0 - y + target.shape[0], x0 - x : x0 - x + target.shape[1]]
        np.maximum(target, source, out=target)
        return glyph.advance

    def _crop(self, rng: Rng, row: Row, style: Style) -> Drawn:
        top, bottom = _nominal_rows(style)
        rows = np.flatnonzero(row.ink.max(axis=1))
        if rows.size:
            if style.crop_to_glyphs:
                height = max(int(rows[-1]) + 1 - int(rows[0]), EM // 2)
                middle = (int(rows[0]) + int(rows[-1]) + 1) / 2
                top = round(middle - height / 2 - (style.top * 0.6 + 0.02) * EM)
                bottom = round(middle + height / 2 + (style.bottom * 0.6 + 0.02) * EM)
            else:
                top, bottom = min(top, int(rows[0])), max(bottom, int(rows[-1]) + 1)
        left = max(0, round(row.start - style.left * EM))
        right = min(row.ink.shape[1], round(row.end + style.right * EM))
        if style.neighbour:
            self._neighbour(rng, row, style)
        ink = row.ink[max(0, top) : min(CANVAS, bottom), left : max(right, left + 4)]
        if style.weight:
            kernel = np.ones((1 + abs(style.weight),) * 2, np.uint8)
            ink = cv2.dilate(ink, kernel) if style.weight > 0 else cv2.erode(ink, kernel)
        return Drawn(ink, row.text, row.centres - left)

    def _neighbour(self, rng: Rng, row: Row, style: Style) -> None:
        """Parts of the line above or below, as loose crops have them."""
        shift = round(style.neighbour * EM * float(rng.uniform(1.05, 1.3)))
        moved = np.roll(row.ink, round(float(rng.uniform(-3, 3)) * EM), axis=1)
        offset = np.zeros_like(row.ink)
        if shift > 0:
            offset[shift:] = moved[:-shift]
        else:
            offset[:shift] = moved[-shift:]
        offset[:, : max(0, round(row.start))] = 0
        offset[:, round(row.end) :] = 0
        np.maximum(row.ink, offset, out=row.ink)


def _nominal_rows(style: Style) -> tuple[int, int]:
    top = BASELINE - round((ASCENT + style.top) * EM)
    return top, BASELINE + round((DESCENT + style.bottom) * EM)


def _wipe(canvas: Ink, face: Face, char: str, pen: float) -> None:
    """Take back the glyph just put, and with it what it overlapped: a cut at a crop's edge."""
    if char != " ":
        canvas[:, max(0, round(pen) + min(0, face.glyph(char).left)) :] = 0


def _track(rng: Rng, apart: float) -> float:
    """Ems added after each character: mostly none, now and then a little, or a lot."""
    spread = rng.random()
    if spread < 0.6:
        return 0.0
    return float(rng.uniform(-0.06, 0.12 if spread < 1 - apart else 0.7))


def _index(cumulative: NDArray[np.float64], rng: Rng) -> int:
    return min(int(np.searchsorted(cumulative, rng.random(), side="right")), len(cumulative) - 1)
