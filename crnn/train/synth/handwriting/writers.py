"""Who writes a line: a font, a pen font, the stroke engine, or people whose ink was collected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from charset import Charset
from crnn.train.recipe import DataChoices, Recipe, RecipeError
from crnn.train.synth.damage.background import security_lines
from crnn.train.synth.fonts.glyphs import EM, HELD_OUT, HELD_OUT_LATIN, load_faces
from crnn.train.synth.fonts.typeset import Drawn, Setter
from crnn.train.synth.handwriting.collected_ink import Digits, Words
from crnn.train.synth.handwriting.font_handwriting import rewritten
from crnn.train.synth.handwriting.strokes import Strokes
from crnn.train.synth.handwriting.style import new_hand, running
from crnn.train.synth.handwriting.synthesis import Writer
from crnn.train.synth.text.digit_strings import written_number
from crnn.train.synth.text.text_sources import Rng, Texts, sources

BORNE = 0.65
"""The share of print's damage that handwriting bears."""

CLEAN, HARDLY = 0.4, 0.3
"""So many lines of handwriting are scanned well, with up to that share of print's damage."""

SECURITY = 0.4
"""So many lines of real digits stand on the waves of a cheque."""

PRACTICE = {
    "first_hanzi": 3.0,
    "common_hanzi": 2.0,
    "random_hanzi": 0.8,
    "random_signs": 0.4,
    "pen_numbers": 0.8,
}
"""What is written for practice; a charset without hanzi has no such texts."""

SCRIPTS = {"hand": 0.9, "latin-hand": 0.1}
"""Pen fonts by kind, as handwriting is set in them."""

ANEW = 0.5
"""So many lines of real ink are bent as those of pen fonts are: digits of ten thousand hands, and
words of twenty-five, are soon known by heart."""

WRITING = frozenset(("scripts", "strokes"))
"""Pens that write what they are told, hanzi too."""

SINGLE_CHAR_EMS = 2.0
"""Ems in which a character is alone, or two narrow ones are."""

ALONE = {"first_hanzi": 3.0, "common_hanzi": 2.0, "random_hanzi": 0.5, "random_signs": 0.2}
"""What is written there where `hanzi_alone` asks for it."""

Pen = Callable[[Rng, float, float], Drawn]
Write = Callable[[Rng, str, float, float], Drawn]


def setter(recipe: Recipe, kinds: dict[str, float] | None = None) -> Setter:
    """Sets text in the fonts of a recipe, or in those of other kinds."""
    data = recipe.data
    charset = Charset.load(recipe.charset)
    faces = load_faces(Path(data.sources) / "fonts", Path(data.glyph_cache), charset)
    if kinds:
        faces = [face for face in faces if face.kind in kinds]
    kept = {face.name for face in faces if face.kind in (HELD_OUT, HELD_OUT_LATIN)}
    left_out = {*data.held_out_fonts, *kept}
    return Setter([face for face in faces if face.name not in left_out], kinds or data.kinds)


def writer(sources: Path, charset: Charset) -> Writer:
    """Writes text in strokes; without stroke data, what the table of Latin and signs holds."""
    return Writer(Strokes(sources / "ink/hanzi_strokes.npz", charset.classes[1:]))


class Writers:
    """The pens of a recipe, taken up by their shares."""

    def __init__(self, recipe: Recipe, charset: Charset) -> None:
        data = recipe.data
        root = Path(data.sources)
        makers: dict[str, Callable[[], Pen]] = {
            "type": lambda: self._type(recipe),
            "scripts": lambda: self._scripts(recipe),
            "strokes": lambda: self._strokes(root, charset, data),
            "digits": lambda: self._digits(root, charset, data),
            "words": lambda: self._words(root),
        }
        unknown = set(data.writers) - set(makers)
        if unknown:
            raise RecipeError(f"no pen {sorted(unknown)}; there are {sorted(makers)}")
        chosen = {name: share for name, share in data.writers.items() if share > 0}
        practises = data.practice or data.hanzi_alone
        written = data.text or (practises and WRITING.intersection(chosen))
        self._sources = sources(root, charset) if written else {}
        self._texts = self._mixed(data) if data.text else None
        self._names = list(chosen)
        self._hanzi_alone = data.hanzi_alone
        self._writers = [makers[name]() for name in chosen]
        named = zip(self._names, self._writers, strict=True)
        self._writing = [pen for name, pen in named if name in WRITING]
        self._shares = np.cumsum(np.array(list(chosen.values())) / sum(chosen.values()))

    def draw(self, rng: Rng, ems: float, severity: float) -> tuple[Drawn, float, bool]:
        """A line of about that many ems, the severity of its damage, and whether it is print.

        Thin strokes bear less than print before nobody can read them.
        """
        at = min(
            int(np.searchsorted(self._shares, rng.random(), side="right")), len(self._writers) - 1
        )
        pen, borne, is_print = self._writers[at], 1.0, self._names[at] == "type"
        may_be_one = not is_print and ems < SINGLE_CHAR_EMS and self._writing
        if self._hanzi_alone and may_be_one and rng.random() < self._hanzi_alone:
            pen = self._writing[int(rng.integers(len(self._writing)))]
        if not is_print:
            borne = float(rng.uniform(0, HARDLY)) if rng.random() < CLEAN else BORNE
        return pen(rng, ems, severity), borne * severity, is_print

    def _mixed(self, data: DataChoices) -> Texts:
        return Texts(self._sources, data.text, data.same_script, data.capitals)

    def _line(self, rng: Rng, ems: float) -> str:
        assert self._texts is not None
        return self._texts.line(rng, ems * 1.05)

    def _type(self, recipe: Recipe) -> Pen:
        result = setter(recipe)

        def draw(rng: Rng, ems: float, severity: float) -> Drawn:
            text = self._line(rng, ems)
            return result.draw(rng, text, result.style(rng, text), ems * EM)

        return draw

    def _scripts(self, recipe: Recipe) -> Pen:
        result = setter(recipe, SCRIPTS)

        def write(rng: Rng, text: str, ems: float, severity: float) -> Drawn:
            return rewritten(rng, result.draw(rng, text, result.style(rng, text), ems * EM))

        return self._written(write, recipe.data)

    def _strokes(self, root: Path, charset: Charset, data: DataChoices) -> Pen:
        result = writer(root, charset)

        def write(rng: Rng, text: str, ems: float, severity: float) -> Drawn:
            hand = new_hand(rng, severity)
            if data.running and rng.random() < data.running:
                hand = running(rng, hand)
            return result.write(rng, text, hand, ems * EM)

        return self._written(write, data)

    def _written(self, write: Write, data: DataChoices) -> Pen:
        """Writes what is said, or for practice; hanzi by themselves as the recipe asks."""
        practised = Texts(self._sources, PRACTICE) if data.practice else None
        alone = Texts(self._sources, ALONE) if data.hanzi_alone else None

        def draw(rng: Rng, ems: float, severity: float) -> Drawn:
            if alone and ems < SINGLE_CHAR_EMS and rng.random() < data.hanzi_alone:
                text = alone.line(rng, ems * 1.05)
            elif practised and rng.random() < data.practice:
                text = practised.line(rng, ems * 1.05)
            else:
                text = self._line(rng, ems)
            return write(rng, text, ems, severity)

        return draw

    def _digits(self, root: Path, charset: Charset, data: DataChoices) -> Pen:
        digits = Digits(root / "ink")
        if not digits:
            raise RecipeError(f"no digits in {root / 'ink'}; docs/training.md names the files")
        known = digits.chars() & set(charset.classes)
        # a stroke alone that might be a slash is a one, and what might be a z is a two
        alone = sorted(char for char in known if char.isdigit()) * 12 + sorted(known - {*"/."})

        def draw(rng: Rng, ems: float, severity: float) -> Drawn:
            if rng.random() < data.alone / ems:
                if data.beside and rng.random() < data.beside:
                    return _anew(rng, digits.draw(rng, _two(rng), 2 * EM))
                return _anew(rng, digits.alone(rng, str(rng.choice(alone))))
            text = ""
            while len(text) < 1.6 * ems:  # a digit is narrower than an em
                text += "".join(char for char in written_number(rng) if char in known)
            drawn = _anew(rng, digits.draw(rng, text, ems * EM))
            if drawn.text and rng.random() < SECURITY * severity:
                drawn = replace(drawn, ink=security_lines(rng, drawn.ink, 160))
            return drawn

        return draw

    def _words(self, root: Path) -> Pen:
        words = Words(root / "ink")
        if not words:
            raise RecipeError(f"no words in {root / 'ink'}; docs/training.md names the files")

        def draw(rng: Rng, ems: float, severity: float) -> Drawn:
            return _anew(rng, words.draw(rng, ems * EM))

        return draw


def _two(rng: Rng) -> str:
    """Two digits, one of them a one as often as not."""
    pair = [str(digit) for digit in rng.integers(0, 10, 2)]
    if rng.random() < 0.5:
        pair[int(rng.integers(2))] = "1"
    return "".join(pair)


def _anew(rng: Rng, drawn: Drawn) -> Drawn:
    """Real ink as it is, or as another hand would have written it."""
    return rewritten(rng, drawn) if rng.random() < ANEW else drawn
