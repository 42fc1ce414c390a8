"""Which entry of a lexicon a line says, and whether it says any of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.read.decode.beam import beam
from crnn.read.decode.greedy import text_of
from crnn.read.decode.lexicon import Lexicon
from crnn.read.decode.score import ctc_log_prob, log_total
from crnn.read.decode.steer import Pruning, Steering

MAX_MARGIN = 12.0
LOOK_CLOSELY = Pruning(classes=24, blank=1e-4)


@dataclass(frozen=True)
class EntryFound:
    """An entry and its exact ln P(entry | image); labels: its spelling, for alignment."""

    text: str
    log_prob: float
    labels: tuple[int, ...]


@dataclass(frozen=True)
class LexiconReading:
    """What a line says, given that it should say an entry.

    text: the best entry, or the free text where entries are only preferred and the line says none;
    entries: the best ones, best first; margin: how much more probable the free text is than the
    best entry, in natural logarithms; rejected: whether that is too much to be an entry.
    """

    text: str
    entries: tuple[EntryFound, ...]
    free_text: str
    margin: float
    rejected: bool


def read_lexicon(
    scores: NDArray[np.float32],
    lexicon: Lexicon,
    *,
    n_best: int = 1,
    width: int = 48,
    max_margin: float = MAX_MARGIN,
    prefer: bool = False,
) -> LexiconReading:
    """The entry that a line says most probably. scores: (T, C).

    A beam walks the trie and is wide; the entries at whose end it arrives are scored exactly.
    """
    charset, widths = lexicon.charset, lexicon.widths
    free_text = text_of(scores, charset.classes)
    free = charset.encode(widths.spelling(free_text))
    plain = widths.folded(scores)
    totals = log_total(plain)
    steering = Steering(constraint=lexicon.trie)
    found = beam(plain, width=width, n_best=width, steering=steering, pruning=LOOK_CLOSELY)
    exact = ctc_log_prob(plain, [free, *(h.labels for h in found)], totals)
    order = np.argsort(-exact[1:], kind="stable")
    entries = tuple(
        EntryFound(
            lexicon.text(lexicon.entry_of(found[i].labels)), float(exact[i + 1]), found[i].labels
        )
        for i in order[:n_best]
    )
    best = entries[0].log_prob if entries else -np.inf
    margin = max(0.0, float(exact[0]) - best)
    rejected = margin > max_margin
    text = entries[0].text if entries and not (rejected and prefer) else ""
    return LexiconReading(
        text or (free_text if prefer else ""), entries, free_text, margin, rejected
    )
