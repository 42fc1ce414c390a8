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
from crnn.decode.constraints import DecodingConstraints, Language, Pruning
from crnn.decode.ctc_score import log_total
from crnn.decode.decoded import Decoded, aligned_chars
from crnn.decode.field_grammar import GrammarSource
from crnn.decode.greedy import greedy
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import MAX_MARGIN
from crnn.errors import UnknownOption
from crnn.page import Alternative

__all__ = ["Decoded", "Decoder", "DecodeOptions", "decoder"]

METHODS = ("greedy", "beam", "lm", "auto", "lexicon", "grammar")
METHODS_WITH_LM = ("lm", "auto")
"""Ways that need a language model."""
MAX_N_BEST = 20
BEAM_WIDTH = 16

LANGUAGE_WEIGHT, LENGTH_BONUS = 0.5, 2.0
"""How much the language model says beside the image; see docs/decoding-lm.md for the grid."""

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class DecodeOptions:
    """How one request wants scores decoded.

    method: one of WAYS, where "auto" is "lm" for doubtful lines of running text
    (crnn.recognize.hypothesis), greedy for others; n_best: alternatives to tell; lexicon: the
    entries a line may say; prefer: entries are favoured, and their absence is no fault; max_margin:
    the margin over which a line says none of them;
    grammar: a `crnn.fields.Grammar`.
    """

    method: str = "greedy"
    n_best: int = 1
    lexicon: Lexicon | None = field(default=None, repr=False)
    prefer: bool = False
    max_margin: float = MAX_MARGIN
    grammar: GrammarSource | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownOption(f"decode is {self.method!r}; expected one of {', '.join(METHODS)}")
        if not 1 <= self.n_best <= MAX_N_BEST:
            raise UnknownOption(f"n_best is {self.n_best}; expected 1 to {MAX_N_BEST}")
        if self.n_best > 1 and self.method == "greedy":
            raise UnknownOption("n_best over 1 needs another decode: greedy finds one text")
        if self.n_best > 1 and self.method == "auto":
            raise UnknownOption("n_best over 1 needs one decode for all lines: lm rather than auto")
        if (self.method == "lexicon") != (self.lexicon is not None):
            raise UnknownOption("decode 'lexicon' and a lexicon need each other")
        if (self.method == "grammar") != (self.grammar is not None):
            raise UnknownOption("decode 'grammar' and a grammar need each other")
        if not 0 <= self.max_margin < float("inf"):
            raise UnknownOption(f"max_margin is {self.max_margin}; expected 0 or more, and finite")


Decoder = Callable[[Scores], Decoded]


def decoder(
    options: DecodeOptions,
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
    if options.lexicon is not None:
        if options.lexicon.charset.classes != charset.classes:
            raise UnknownOption("the lexicon was built for other classes than these weights have")
        listed = ByLexicon(
            options.lexicon, calibration, options.n_best, options.max_margin, options.prefer
        )
        return listed.decoded
    if options.grammar is not None:
        wanted = options.grammar.compile(charset.classes)
        return ByGrammar(wanted, charset, calibration, options.n_best, options.max_margin).decoded
    if options.method in METHODS_WITH_LM:
        if language is None:
            raise UnknownOption(f"decode is {options.method!r}, and no language model is loaded")
        constraints = DecodingConstraints(None, language, LANGUAGE_WEIGHT, LENGTH_BONUS)
        return lambda scores: _by_beam(scores, charset, constraints, options.n_best)
    if options.method == "beam":
        return lambda scores: _by_beam(scores, charset, DecodingConstraints(), options.n_best)
    return lambda scores: Decoded(tuple(greedy(scores, charset.classes)))


def _by_beam(
    scores: Scores, charset: Charset, constraints: DecodingConstraints, n_best: int
) -> Decoded:
    """The best text of a beam search with its alternatives; none where nothing is accepted."""
    totals = log_total(scores)
    hypotheses = search(scores, totals, max(BEAM_WIDTH, 2 * n_best), constraints, Pruning())
    if not hypotheses:
        return Decoded(())
    alternatives: dict[str, Alternative] = {}
    for text in hypotheses:
        spelled = normalize(charset.decode(list(text.labels)))
        alternatives.setdefault(spelled, Alternative(spelled, text.log_prob))
    chars = aligned_chars(
        scores, totals, hypotheses[0].labels, charset.decode(list(hypotheses[0].labels))
    )
    listed = tuple(alternatives.values())[:n_best] if n_best > 1 else ()
    return Decoded(chars, alternatives=listed)
