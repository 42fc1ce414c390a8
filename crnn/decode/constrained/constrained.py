"""Lines that are asked for an entry of a lexicon, or for a field by its grammar.

The free reading stands first. Where it is what was asked for, it is the answer; where it is not,
the likeliest allowed text is a proposal, which is taken only where the scores support it as well
(crnn.decode.constrained.support). A line whose proposal is not taken keeps its free reading.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charset import Charset, normalize
from crnn.calibration import Calibration
from crnn.decode.beam import search
from crnn.decode.constrained.support import MAX_AGAINST, against
from crnn.decode.constraints import DecodingConstraints
from crnn.decode.ctc_score import ctc_log_prob, log_total
from crnn.decode.decoded import Decoded, aligned_chars
from crnn.decode.field_grammar import FieldGrammar
from crnn.decode.greedy import greedy
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import (
    PRUNING,
    LexiconReading,
    margin_of,
    read_lexicon,
)
from crnn.decode.rerank import choose
from crnn.page import Alternative, Char, FieldReading, Match, Proposal

Scores = NDArray[np.float32]
Floats = NDArray[np.float64]

GRAMMAR_WIDTH = 24
LEXICON = "lexicon"
"""The type of a field that is an entry of a lexicon."""


@dataclass(frozen=True)
class ByGrammar:
    """Decodes by a field's grammar."""

    wanted: FieldGrammar
    charset: Charset
    calibration: Calibration | None
    n_best: int
    max_margin: float

    def decoded(self, scores: Scores) -> Decoded:
        """The field that the scores (T, C) say, or what they say instead."""
        totals = log_total(scores)
        free = greedy(scores, self.charset.classes)
        said = _text(free)
        if not said:
            return _nothing(scores, totals, self.wanted.name)
        constraints = DecodingConstraints(constraint=self.wanted.constraint)
        result = search(scores, totals, max(GRAMMAR_WIDTH, 2 * self.n_best), constraints, PRUNING)
        texts = [(self.charset.decode(list(one.labels)), one.log_prob) for one in result]
        others = tuple(Alternative(*one) for one in texts[: self.n_best]) if self.n_best > 1 else ()
        as_read = self._as_read(free, said)
        if as_read is not None:
            return replace(as_read, alternatives=others)
        choice = choose(texts, self.wanted)
        if choice.index is None or not choice.valid:
            reasons = choice.reasons if result else ("no text of this form fits the line",)
            return replace(_conflict(free, self.wanted.name, reasons, None), alternatives=others)
        labels = result[choice.index].labels
        rival = tuple(self.charset.encode("".join(char.text for char in free)))
        lost = float(np.subtract(*ctc_log_prob(scores, [rival, labels], totals)))
        margin = round(margin_of(lost, 0.0, len(labels)), 4)
        surest = against(_sure(free), _bare(choice.text), lost, self.calibration)
        proposal = Proposal(choice.text, choice.value, margin, round(surest, 4))
        if surest > MAX_AGAINST or margin > self.max_margin:
            reasons = (f"{said}: {self.wanted.fault(_bare(said))}",)
            return replace(
                _conflict(free, self.wanted.name, reasons, proposal), alternatives=others
            )
        chars = aligned_chars(scores, totals, labels, choice.text)
        return Decoded(
            chars,
            alternatives=others,
            match=Match(said, margin, False),
            field=_corrected(self.wanted.name, said, choice.reasons, proposal),
        )

    def _as_read(self, free: Sequence[Char], said: str) -> Decoded | None:
        """The free reading as the field, where it is of the field, with its spaces or without."""
        bare = [char for char in free if char.text != " "]
        for chars in (list(free), bare):
            value = self.wanted.value(_text(chars))
            if value is not None:
                field = FieldReading(self.wanted.name, True, value, (), "read", said)
                return Decoded(tuple(chars), match=Match(said, 0.0, False), field=field)
        return None


@dataclass(frozen=True)
class ByLexicon:
    """Decodes by a lexicon. prefer: its entries are favoured, no field is asked for."""

    lexicon: Lexicon
    calibration: Calibration | None
    n_best: int
    max_margin: float
    prefer: bool

    def decoded(self, scores: Scores) -> Decoded:
        """The entry that the scores (T, C) say, or what they say instead."""
        free = greedy(scores, self.lexicon.charset.classes)
        said = _text(free)
        result = read_lexicon(
            scores,
            self.lexicon,
            n_best=self.n_best,
            max_margin=self.max_margin,
            prefer=self.prefer,
        )
        others = tuple(Alternative(entry.text, entry.log_prob) for entry in result.entries)
        decoded = self._decoded(scores, free, said, result)
        return replace(decoded, alternatives=others if self.n_best > 1 else ())

    def _decoded(
        self, scores: Scores, free: Sequence[Char], said: str, result: LexiconReading
    ) -> Decoded:
        if not said:
            return _nothing(scores, log_total(scores), LEXICON)
        if not result.entries:
            return _conflict(free, LEXICON, ("no entry fits the line",), None)
        entry = result.entries[0]
        value: dict[str, object] = {"kind": "entry", "value": entry.text}
        spelling = self.lexicon.widths.spelling
        wanted = spelling(normalize(entry.text))
        margin = round(result.margin, 4)
        match = Match(said, margin, False)
        shown = entry.text.replace(" ", "")
        chars = aligned_chars(result.folded, result.totals, entry.labels, shown)
        if spelling(said) == wanted:
            field = FieldReading(LEXICON, True, value, (), "read", said)
            return Decoded(chars, entry.text, match=match, field=field)
        sure = [(spelling(text), peak) for text, peak in _sure(free)]
        lost = result.margin * math.sqrt(max(1, len(entry.labels)))
        surest = against(sure, wanted, lost, self.calibration)
        proposal = Proposal(entry.text, value, margin, round(surest, 4))
        if result.rejected or surest > MAX_AGAINST:
            return _conflict(free, LEXICON, (f"{said}: not an entry of the list",), proposal)
        field = _corrected(LEXICON, said, (), proposal)
        return Decoded(chars, entry.text, match=match, field=field)


def _corrected(type_: str, said: str, reasons: tuple[str, ...], proposal: Proposal) -> FieldReading:
    return FieldReading(type_, True, proposal.value, reasons, "corrected", said, proposal)


def _conflict(
    free: Sequence[Char], type_: str, reasons: tuple[str, ...], proposal: Proposal | None
) -> Decoded:
    """A line that keeps its free reading, beside what the constraint would make of it."""
    said, margin = _text(free), proposal.margin if proposal else None
    field = FieldReading(type_, False, None, reasons, "conflict", said, proposal)
    return Decoded(tuple(free), match=Match(said, margin, True), field=field)


def _nothing(scores: Scores, totals: Floats, type_: str) -> Decoded:
    """A line of which no character is read. scores: (T, C), totals: (T,).

    It is empty where no character at all is more probable than any.
    """
    (ln_empty,) = ctc_log_prob(scores, [()], totals).tolist()
    is_empty = ln_empty > math.log(0.5)
    reason = "nothing is written" if is_empty else "something is written, and nothing is read"
    status = "empty" if is_empty else "unreadable"
    field = FieldReading(type_, False, None, (reason,), status, "")
    return Decoded((), "", match=Match("", None, True), field=field)


def _text(chars: Sequence[Char]) -> str:
    return normalize("".join(char.text for char in chars))


def _bare(text: str) -> str:
    """A text without the spaces that wide writing has."""
    return text.replace(" ", "")


def _sure(chars: Sequence[Char]) -> list[tuple[str, float]]:
    return [(char.text, char.confidence) for char in chars if char.text != " "]
