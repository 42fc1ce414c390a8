"""Running hand (行书): parts of hanzi are not their strokes joined but other strokes, in one go.

Strokes in a row that look like a part's model, whatever its size and proportions, are that part;
the forms of cursive.toml are set into its box.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.handwriting.strokes import Points, Strokes, curve_through
from crnn.train.synth.text.text_sources import Rng

TABLE = Path(__file__).parent / "cursive.toml"

ALIKE = (0.0, 0.0, 0.075, 0.085, 0.1)
"""How far points may be from a model's on average, both stretched to boxes of one, by how many
strokes it has; the last stands for more."""

WORST = 0.17
"""How far those of a single stroke may be, whatever the mean: one of three tells 土 from 工."""

EVERY = 4
"""Every fourth point of a stroke is compared."""

LEAST = 0.08
"""Ems that a box is taken to be wide and high at least: what is flat is not stretched."""

STRAY = 0.15
"""How often a hand writes a part otherwise than it does on this line."""

CursiveForm = tuple[Points, NDArray[np.bool_]]
"""Strokes (S, STEPS, 2) in a box of one, and whether each (S,) runs on into the next."""


@dataclass(frozen=True)
class Part:
    """Strokes start to stop of a character are this part. low, size: its box, (2,) each, in ems."""

    name: str
    start: int
    stop: int
    low: Points
    size: Points


class Cursive:
    """Writes characters as running hand does: `write(rng, char, strokes, running, chosen)`.

    Parts are known whose models are among the strokes: with those of a small charset, fewer.
    """

    def __init__(self, strokes: Strokes) -> None:
        self._forms: dict[str, list[CursiveForm]] = {}
        self._models: dict[int, tuple[list[str], Points]] = {}
        self._others: dict[str, str] = {}
        self._parts: dict[str, tuple[Part, ...]] = {}
        models: dict[int, list[tuple[str, Points]]] = {}
        for name, entry in tomllib.loads(TABLE.read_text("utf-8")).items():
            self._forms[name] = [_form(text) for text in entry["forms"]]
            self._others[name] = entry.get("others", "")
            shapes = list(_shapes(strokes, entry["models"]))
            if len({len(shape) for shape in shapes}) > 1:
                raise ValueError(f"{TABLE.name}: the models of {name!r} differ in strokes")
            for shape in shapes:
                models.setdefault(len(shape), []).append((name, _boxed(shape[None])[0][0]))
        for count, result in sorted(models.items(), reverse=True):
            names, stacked = zip(*result, strict=True)
            self._models[count] = list(names), np.stack(stacked)[:, :, ::EVERY]

    def write(
        self, rng: Rng, char: str, strokes: Points, running: float, chosen: dict[str, int]
    ) -> tuple[Points, NDArray[np.bool_]]:
        """Strokes (S, STEPS, 2), some parts in running hand, and which run on into the next (S,).

        running: how many of its parts a hand writes so; chosen: how it writes each, -1 in full,
        drawn where it is not said and kept there.
        """
        pieces, held, done = [], [], 0
        for part in self.parts(char, strokes):
            forms = self._forms[part.name]
            way = chosen.get(part.name)
            if way is None or rng.random() < STRAY:
                way = int(rng.integers(len(forms))) if rng.random() < running else -1
                chosen.setdefault(part.name, way)
            if way < 0:
                continue
            form, joined = forms[way]
            pieces += [strokes[done : part.start], part.low + form * part.size]
            held += [np.zeros(part.start - done, bool), joined]
            done = part.stop
        pieces.append(strokes[done:])
        held.append(np.zeros(len(strokes) - done, bool))
        return np.concatenate(pieces), np.concatenate(held)

    def parts(self, char: str, strokes: Points) -> tuple[Part, ...]:
        """The parts found in a character, in writing order, none overlapping: the longest first."""
        result = self._parts.get(char)
        if result is None:
            result = self._parts[char] = self._found(char, strokes)
        return result

    def _found(self, char: str, strokes: Points) -> tuple[Part, ...]:
        taken = np.zeros(len(strokes), bool)
        parts = []
        for count, (names, models) in self._models.items():
            if count > len(strokes):
                continue
            rows = np.arange(len(strokes) - count + 1)[:, None] + np.arange(count)
            boxed, low, size = _boxed(strokes[rows])
            apart = boxed[:, None, :, ::EVERY] - models  # (windows, models, count, points, 2)
            each = np.hypot(apart[..., 0], apart[..., 1]).mean(3)  # (windows, models, count)
            far = np.where(each.max(2) < WORST, each.mean(2), np.inf)
            for start in np.flatnonzero(far.min(1) < ALIKE[min(count, len(ALIKE) - 1)]):
                stop = start + count
                name = names[int(far[start].argmin())]
                if not taken[start:stop].any() and char not in self._others[name]:
                    taken[start:stop] = True
                    parts.append(Part(name, int(start), int(stop), low[start], size[start]))
        return tuple(sorted(parts, key=lambda part: part.start))


def _shapes(strokes: Strokes, models: Sequence[str]) -> Iterator[Points]:
    """The strokes of each model that can be written."""
    for model in models:
        char, _, part = model.partition(" ")
        if char in strokes:
            yield strokes.forms(char)[0].strokes[_slice(part)]


def _slice(text: str) -> slice:
    """A slice as Python writes it, of two bounds at most; nothing is all."""
    start, _, stop = text.partition(":")
    return slice(int(start) if start else None, int(stop) if stop else None)


def _boxed(strokes: Points) -> tuple[Points, Points, Points]:
    """Of each row of strokes (N, S, STEPS, 2): stretched to a box of one, its corner, its size."""
    low, high = strokes.min((1, 2)), strokes.max((1, 2))
    size = np.maximum(high - low, LEAST)
    return (strokes - low[:, None, None]) / size[:, None, None], low, size


@functools.cache
def _form(text: str) -> CursiveForm:
    strokes, held = [], []
    for stroke in text.split("|"):
        tokens = stroke.split()
        inner = range(1, len(tokens) - 1)
        corners = [i for i in inner if tokens[i].endswith("!")]
        for first, last in zip([0, *corners], [*corners, len(tokens) - 1], strict=True):
            at = [[int(token[0]) / 9, 1 - int(token[1]) / 9] for token in tokens[first : last + 1]]
            strokes.append(curve_through(np.array(at, np.float32)))
            held.append(last < len(tokens) - 1)
    return np.stack(strokes), np.array(held)
