"""Characters as pen strokes: hanzi from stroke data, Latin, digits and signs from a table of ours.

Every stroke is the same number of points in a box of one em, x to the right, y downwards, so that a
line of handwriting is a handful of array operations (crnn.train.synth.handwriting.synthesis).
"""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

STEPS = 17
"""Points of a stroke."""

TABLE = Path(__file__).parent / "latin_strokes.toml"
UNIT, BASELINE = 0.095, 0.80
BOX, TOP = 1024.0, 900.0

ACCENTS = {
    "\u0308": "07 07 | 27 27",
    "\u0301": "17 28",
    "\u0300": "18 27",
    "\u0302": "07 28! 37",
    "\u030a": "27 18 28 27",
    "\u0303": "07 18 27 38",
}
"""Combining marks over a small letter; over a capital they stand three units higher."""


PAUSES = "。、"
"""Signs of Chinese prose that leave the rest of their square empty."""

WIDE = "，：；！？（）"
"""The same of ASCII's signs, which a pen writes alike in both widths."""


@dataclass(frozen=True)
class Form:
    """One way to write a character. strokes: (S, STEPS, 2) in ems; width: ems that it takes.

    after: ems of paper that follow it, as behind Chinese full stops; wide: it fills an em box.
    """

    strokes: Points
    width: float
    wide: bool
    after: float = 0.0


class Strokes:
    """The characters that can be written, each with its forms."""

    def __init__(self, path: Path | None, chars: Sequence[str]) -> None:
        self._forms: dict[str, list[Form]] = {}
        wanted = set(chars)
        for char, forms in latin().items():
            if char in wanted:
                self._forms[char] = forms
        self._hanzi = load_hanzi(path, wanted) if path and path.exists() else {}

    def __contains__(self, char: str) -> bool:
        return char in self._forms or char in self._hanzi

    def forms(self, char: str) -> list[Form]:
        """The forms of a character; KeyError where there is none."""
        results = self._forms.get(char)
        if results is None:
            strokes = self._hanzi[char].astype(np.float32) / np.float32(BOX)
            results = self._forms[char] = [Form(strokes, 1.0, True)]
        return results


def load_hanzi(path: Path, wanted: set[str]) -> dict[str, NDArray[np.int16]]:
    """Strokes (S, STEPS, 2) in 1/1024 em by character, from medians in makemeahanzi's box."""
    data = np.load(path)
    points = data["points"].astype(np.float32)
    points[:, 1] = TOP - points[:, 1]
    ends, chars = data["stroke_offsets"], data["char_offsets"]
    even = resample_all(points, ends).astype(np.int16)
    results = {}
    for row, char in enumerate(data["chars"].tolist()):
        if char in wanted:
            results[char] = even[chars[row] : chars[row + 1]]
    return results


def resample_all(points: Points, offsets: NDArray[np.int32]) -> Points:
    """Strokes of any number of points (P, 2), cut at offsets (S+1,), evenly: (S, STEPS, 2)."""
    hops = np.hypot(*np.diff(points, axis=0).T)
    hops[offsets[1:-1] - 1] = 0  # the pen in the air between two strokes
    along = np.concatenate([[0.0], np.cumsum(hops.astype(np.float64))])
    starts, ends = along[offsets[:-1]], along[offsets[1:] - 1]
    where = starts[:, None] + (ends - starts)[:, None] * np.linspace(0, 1, STEPS)  # (S, STEPS)
    # A tiny step at each lift keeps positions increasing, so that no stroke borrows from the next.
    lift = np.repeat(np.arange(len(starts)), np.diff(offsets)) * 1e-3
    where += np.arange(len(starts))[:, None] * 1e-3
    flat = [np.interp(where.ravel(), along + lift, points[:, axis]) for axis in (0, 1)]
    return np.stack(flat, -1).reshape(-1, STEPS, 2).astype(np.float32)


@functools.cache
def latin() -> dict[str, list[Form]]:
    """The forms of latin_strokes.toml, and accented letters put together from them."""
    table: dict[str, list[str]] = tomllib.loads(TABLE.read_text("utf-8"))["forms"]
    results = {char: [_form(text, 0.0) for text in forms] for char, forms in table.items()}
    for char in PAUSES:
        results[char] = [replace(form, after=0.3) for form in results[char]]
    for char in WIDE:
        results[char] = [replace(form, after=0.3) for form in results[chr(ord(char) - 0xFEE0)]]
    for code in range(0xC0, 0x180):
        base, *marks = unicodedata.normalize("NFD", chr(code))
        if len(marks) == 1 and marks[0] in ACCENTS and base in results:
            results[chr(code)] = [_accented(form, base, marks[0]) for form in results[base]]
    return results


def _form(text: str, lift: float) -> Form:
    strokes = np.stack([curve(part.split(), lift) for part in text.split("|")])
    left, right = float(strokes[..., 0].min()), float(strokes[..., 0].max())
    strokes[..., 0] -= left
    return Form(strokes, right - left, False)


def _accented(form: Form, base: str, mark: str) -> Form:
    above = _form(ACCENTS[mark], 3.0 if base.isupper() else 0.0).strokes
    above[..., 0] += (form.width - above[..., 0].max()) / 2
    bare = form.strokes if base not in "ij" else form.strokes[:1]
    strokes = np.concatenate([bare, above])
    strokes[..., 0] -= strokes[..., 0].min()
    return Form(strokes, float(strokes[..., 0].max()), False)


def curve(tokens: Sequence[str], lift: float = 0.0) -> Points:
    """A stroke of the table as points (STEPS, 2) in ems: Catmull-Rom pieces between corners."""
    points = np.array([[int(token[0]), int(token[1]) + lift] for token in tokens], np.float32)
    corners = [0, *(i for i, t in enumerate(tokens) if t.endswith("!")), len(tokens) - 1]
    pieces = [
        _spline(points[a : b + 1]) for a, b in zip(corners, corners[1:], strict=False) if b > a
    ]
    dense = np.concatenate(pieces)
    dense[:, 1] = BASELINE - (dense[:, 1] - 2) * UNIT
    dense[:, 0] *= UNIT
    return resample_all(dense, np.array([0, len(dense)], np.int32))[0]


def curve_through(points: Points) -> Points:
    """A stroke (STEPS, 2) through points (P, 2), smooth, in their units."""
    dense = _spline(points)
    return resample_all(dense, np.array([0, len(dense)], np.int32))[0]


def _spline(points: Points) -> Points:
    """A smooth curve through points (P, 2), ten steps between two."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 10, dtype=np.float32)[:, None]
    a, b, c, d = (ends[k : len(ends) - 3 + k, None] for k in range(4))
    cubic = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
    dense: Points = 0.5 * (cubic + (3 * b - a - 3 * c + d) * t**3)
    return dense.reshape(-1, 2)
