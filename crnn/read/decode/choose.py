"""From wishes to a decoder: the one place where a way of decoding is chosen by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from charset import Charset, normalize
from crnn.errors import UnknownOption
from crnn.read.decode.beam import search
from crnn.read.decode.grammar import Field, choose, compile_grammar
from crnn.read.decode.greedy import greedy
from crnn.read.decode.lexicon import Lexicon
from crnn.read.decode.lookup import MAX_MARGIN, PRUNING, margin_of, read_lexicon
from crnn.read.decode.score import ctc_log_prob, log_total, spans
from crnn.read.decode.steer import Language, Pruning, Steering
from crnn.read.page import Alternative, Char, FieldReading, Match

WAYS = ("greedy", "beam", "lm", "auto", "lexicon", "grammar")
WITH_LANGUAGE = ("lm", "auto")
"""Ways that need a language model."""
MAX_N_BEST = 20
BEAM_WIDTH = 16
GRAMMAR_WIDTH = 24

LANGUAGE_WEIGHT, LENGTH_BONUS = 0.5, 2.0
"""How much the language model says beside the image; see docs/decoding-lm.md for the grid."""

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class DecodeWishes:
    """How one request wants scores decoded.

    way: one of WAYS, where "auto" is "lm" for doubtful lines of running text (crnn.read.seen),
    greedy for others; n_best: alternatives to tell; lexicon: the entries a line may say; prefer:
    entries are favoured, not forced; max_margin: the margin over which a line says none of them;
    grammar: a field type by name, or a wish as docs/grammar.md has them.
    """

    way: str = "greedy"
    n_best: int = 1
    lexicon: Lexicon | None = field(default=None, repr=False)
    prefer: bool = False
    max_margin: float = MAX_MARGIN
    grammar: str | Mapping[str, object] = ""

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise UnknownOption(f"decode is {self.way!r}; expected one of {', '.join(WAYS)}")
        if not 1 <= self.n_best <= MAX_N_BEST:
            raise UnknownOption(f"n_best is {self.n_best}; expected 1 to {MAX_N_BEST}")
        if self.n_best > 1 and self.way == "greedy":
            raise UnknownOption("n_best over 1 needs another decode: greedy finds one text")
        if self.n_best > 1 and self.way == "auto":
            raise UnknownOption("n_best over 1 needs one decode for all lines: lm rather than auto")
        if (self.way == "lexicon") != (self.lexicon is not None):
            raise UnknownOption("decode 'lexicon' and a lexicon need each other")
        if (self.way == "grammar") != bool(self.grammar):
            raise UnknownOption("decode 'grammar' and a grammar need each other")
        if not 0 <= self.max_margin < float("inf"):
            raise UnknownOption(f"max_margin is {self.max_margin}; expected 0 or more, and finite")


@dataclass(frozen=True)
class Decoded:
    """What the scores of a line say; chars span steps. text: where it is not the chars joined.

    ln_complete: ln of the probability that no character was missed, see crnn.read.confidence.
    """

    chars: tuple[Char, ...]
    text: str | None = None
    alternatives: tuple[Alternative, ...] = ()
    match: Match | None = None
    field: FieldReading | None = None
    ln_complete: float = 0.0


Decoder = Callable[[Scores], Decoded]


def decoder(wishes: DecodeWishes, charset: Charset, language: Language | None = None) -> Decoder:
    """The function from scores (T, C) to what they say.

    That of "auto" is that of "lm": which lines it is asked about is the reader's to say.

    Raises: UnknownOption where the lexicon was built for other classes, or no language model is
    there; what compile_grammar raises.
    """
    if wishes.lexicon is not None:
        if wishes.lexicon.charset.classes != charset.classes:
            raise UnknownOption("the lexicon was built for other classes than these weights have")
        return lambda scores: _by_lexicon(scores, wishes)
    if wishes.way == "grammar":
        wanted = compile_grammar(wishes.grammar, charset.classes)
        return lambda scores: _by_grammar(scores, charset, wanted, wishes)
    if wishes.way in WITH_LANGUAGE:
        if language is None:
            raise UnknownOption(f"decode is {wishes.way!r}, and no language model is loaded")
        steering = Steering(None, language, LANGUAGE_WEIGHT, LENGTH_BONUS)
        return lambda scores: _by_beam(scores, charset, steering, wishes.n_best)
    if wishes.way == "beam":
        return lambda scores: _by_beam(scores, charset, Steering(), wishes.n_best)
    return lambda scores: Decoded(tuple(greedy(scores, charset.classes)))


def _by_beam(scores: Scores, charset: Charset, steering: Steering, n_best: int) -> Decoded:
    """The best text of a beam search with its alternatives; none where nothing is accepted."""
    totals = log_total(scores)
    found = search(scores, totals, max(BEAM_WIDTH, 2 * n_best), steering, Pruning())
    if not found:
        return Decoded(())
    alternatives: dict[str, Alternative] = {}
    for text in found:
        spelled = normalize(charset.decode(list(text.labels)))
        alternatives.setdefault(spelled, Alternative(spelled, text.log_prob))
    chars = _chars(scores, totals, found[0].labels, charset.decode(list(found[0].labels)))
    told = tuple(alternatives.values())[:n_best] if n_best > 1 else ()
    return Decoded(chars, alternatives=told)


def _by_lexicon(scores: Scores, wishes: DecodeWishes) -> Decoded:
    """The best entry; the free text where entries are only preferred and the line says none."""
    assert wishes.lexicon is not None
    lexicon = wishes.lexicon
    found = read_lexicon(
        scores, lexicon, n_best=wishes.n_best, max_margin=wishes.max_margin, prefer=wishes.prefer
    )
    margin = round(found.margin, 4) if np.isfinite(found.margin) else None
    match = Match(normalize(found.free_text), margin, found.rejected)
    told = tuple(Alternative(entry.text, entry.log_prob) for entry in found.entries)
    extras = Decoded((), alternatives=told if wishes.n_best > 1 else (), match=match)
    if wishes.prefer and found.rejected:
        return replace(extras, chars=tuple(greedy(scores, lexicon.charset.classes)))
    if not found.entries:
        return replace(extras, text="")
    shown = found.text.replace(" ", "")
    chars = _chars(found.folded, found.totals, found.entries[0].labels, shown)
    return replace(extras, chars=chars, text=found.text)


def _by_grammar(scores: Scores, charset: Charset, wanted: Field, wishes: DecodeWishes) -> Decoded:
    """The likeliest text that the field allows and that means something, beside the free one."""
    totals = log_total(scores)
    steering = Steering(constraint=wanted.constraint)
    width = max(GRAMMAR_WIDTH, 2 * wishes.n_best)
    found = search(scores, totals, width, steering, PRUNING)
    free = greedy(scores, charset.classes)
    free_text = "".join(char.text for char in free)
    if not found:
        nothing = FieldReading(wanted.name, False, None, ("no text of this form fits the line",))
        return Decoded((), "", match=Match(normalize(free_text), None, True), field=nothing)
    texts = [charset.decode(list(one.labels)) for one in found]
    choice = choose([(t, one.log_prob) for t, one in zip(texts, found, strict=True)], wanted)
    at = choice.index or 0
    rival = tuple(charset.encode(free_text))
    exact = ctc_log_prob(scores, [rival, found[at].labels], totals).tolist()
    margin = margin_of(exact[0], exact[1], len(found[at].labels))
    told = [Alternative(t, one.log_prob) for t, one in zip(texts, found, strict=True)]
    return Decoded(
        _chars(scores, totals, found[at].labels, texts[at]),
        alternatives=tuple(told[: wishes.n_best]) if wishes.n_best > 1 else (),
        match=Match(normalize(free_text), round(margin, 4), margin > wishes.max_margin),
        field=FieldReading(wanted.name, choice.valid, choice.value, choice.reasons),
    )


def _chars(
    scores: Scores, totals: NDArray[np.float64], labels: tuple[int, ...], text: str
) -> tuple[Char, ...]:
    """Characters along the best alignment, as sure as their surest step. scores: (T, C)."""
    made = []
    for char, label, (start, end) in zip(text, labels, spans(scores, labels), strict=True):
        peak = float(np.exp(scores[start:end, label] - totals[start:end]).max())
        made.append(Char(char, min(1.0, peak), float(start), float(end)))
    return tuple(made)
