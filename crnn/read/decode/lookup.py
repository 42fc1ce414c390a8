"""Which entry of a lexicon a line says, and whether it says any of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.read.decode.beam import search
from crnn.read.decode.greedy import text_of
from crnn.read.decode.lexicon import Lexicon
from crnn.read.decode.score import ctc_log_prob, log_total
from crnn.read.decode.steer import Pruning, Steering

MAX_MARGIN = 5.0
"""The margin up to which an entry is believed. On rendered lines of the lists that the bench takes
(others than its own) it lost fewest true entries at the same share of wrong ones, beside margins
not divided, or divided by the length itself."""

PRUNING = Pruning(classes=24)
RESCORED = 8
"""Entries from each end of the line that are scored exactly, where no more are asked for."""


@dataclass(frozen=True)
class EntryFound:
    """An entry and its exact ln P(entry | image); labels: its spelling as classes."""

    text: str
    log_prob: float
    labels: tuple[int, ...]


@dataclass(frozen=True)
class LexiconReading:
    """What a line says, given that it should say an entry.

    text: the best entry, or the free text where entries are only preferred and the line says none;
    entries: the best ones, best first; margin: by how many nats the free text is more probable
    than the best entry, over the root of the entry's length; rejected: whether that is too much for
    the line to say any.
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
    width: int = 24,
    max_margin: float = MAX_MARGIN,
    prefer: bool = False,
) -> LexiconReading:
    """The entry that a line says most probably. scores: (T, C).

    Two beams walk the entries, one from each end of the line: a beam loses an entry whose first
    characters are misread, but few are misread at both ends. What they find is scored exactly.
    """
    charset, widths = lexicon.charset, lexicon.widths
    free_text = text_of(scores, charset.classes)
    free = tuple(charset.encode(widths.spelling(free_text)))
    plain = widths.folded(scores)
    totals = log_total(plain)
    found = _candidates(plain, totals, lexicon, width, max(RESCORED, n_best))
    exact = ctc_log_prob(plain, [free, *found.values()], totals).tolist()
    entries = sorted(
        (
            EntryFound(lexicon.text(entry), log_prob, labels)
            for (entry, labels), log_prob in zip(found.items(), exact[1:], strict=True)
        ),
        key=lambda entry: (-entry.log_prob, entry.text),
    )[:n_best]
    best = entries[0] if entries else EntryFound("", -np.inf, ())
    # Each character may be misread by itself: what they lose together grows as the root of L.
    margin = max(0.0, exact[0] - best.log_prob) / math.sqrt(max(1, len(best.labels)))
    rejected = margin > max_margin
    text = free_text if prefer and rejected else best.text
    return LexiconReading(text, tuple(entries), free_text, margin, rejected)


def _candidates(
    scores: NDArray[np.float32],
    totals: NDArray[np.float64],
    lexicon: Lexicon,
    width: int,
    most: int,
) -> dict[int, tuple[int, ...]]:
    """The `most` best entries from each end of the line, with their labels.

    scores: (T, C), totals: (T,).
    """
    found = {}
    for trie, way in ((lexicon.forward, 1), (lexicon.backward, -1)):
        steering = Steering(constraint=trie)
        for text in search(scores[::way], totals[::way], width, steering, PRUNING)[:most]:
            found[int(trie.entry[text.state])] = text.labels[::way]
    return found
