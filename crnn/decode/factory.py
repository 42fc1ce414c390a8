"""From wishes to a decoder: the one place where a way of decoding is chosen by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from charset import Charset, normalize
from crnn.calibration import Calibration
from crnn.decode.beam import search
from crnn.decode.constrained.constrained import ByGrammar, ByLexicon
from crnn.decode.constraints import Language, Pruning, Steering
from crnn.decode.ctc_score import log_total
from crnn.decode.decoded import Decoded, aligned_chars
from crnn.decode.field_grammar import GrammarSource
from crnn.decode.greedy import greedy
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import MAX_MARGIN
from crnn.errors import UnknownOption
from crnn.page import Alternative

__all__ = ["Decoded", "Decoder", "DecodeWishes", "decoder"]

WAYS = ("greedy", "beam", "lm", "auto", "lexicon", "grammar")
WITH_LANGUAGE = ("lm", "auto")
"""Ways that need a language model."""
MAX_N_BEST = 20
BEAM_WIDTH = 16

LANGUAGE_WEIGHT, LENGTH_BONUS = 0.5, 2.0
"""How much the language model says beside the image; see docs/decoding-lm.md for the grid."""

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class DecodeWishes:
    """How one request wants scores decoded.

    way: one of WAYS, where "auto" is "lm" for doubtful lines of running text
    (crnn.recognize.hypothesis), greedy for others; n_best: alternatives to tell; lexicon: the
    entries a line may say; prefer: entries are favoured, and their absence is no fault; max_margin:
    the margin over which a line says none of them;
    grammar: a `crnn.fields.Grammar`.
    """

    way: str = "greedy"
    n_best: int = 1
    lexicon: Lexicon | None = field(default=None, repr=False)
    prefer: bool = False
    max_margin: float = MAX_MARGIN
    grammar: GrammarSource | None = None

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
        if (self.way == "grammar") != (self.grammar is not None):
            raise UnknownOption("decode 'grammar' and a grammar need each other")
        if not 0 <= self.max_margin < float("inf"):
            raise UnknownOption(f"max_margin is {self.max_margin}; expected 0 or more, and finite")


Decoder = Callable[[Scores], Decoded]


def decoder(
    wishes: DecodeWishes,
    charset: Charset,
    language: Language | None = None,
    calibration: Calibration | None = None,
) -> Decoder:
    """The function from scores (T, C) to what they say.

    That of "auto" is that of "lm": which lines it is asked about is the reader's to say.
    calibration: that of the model, for what a lexicon or a grammar may change.

    Raises: UnknownOption where the lexicon was built for other classes, or no language model is
    there; what the grammar raises.
    """
    if wishes.lexicon is not None:
        if wishes.lexicon.charset.classes != charset.classes:
            raise UnknownOption("the lexicon was built for other classes than these weights have")
        listed = ByLexicon(
            wishes.lexicon, calibration, wishes.n_best, wishes.max_margin, wishes.prefer
        )
        return listed.decoded
    if wishes.grammar is not None:
        wanted = wishes.grammar.compile(charset.classes)
        return ByGrammar(wanted, charset, calibration, wishes.n_best, wishes.max_margin).decoded
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
    chars = aligned_chars(scores, totals, found[0].labels, charset.decode(list(found[0].labels)))
    told = tuple(alternatives.values())[:n_best] if n_best > 1 else ()
    return Decoded(chars, alternatives=told)
