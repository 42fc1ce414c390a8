"""Which entry of a lexicon a line says, and whether it says any of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crnn.decode.beam import search
from crnn.decode.constraints import DecodingConstraints, Pruning
from crnn.decode.ctc_score import ctc_log_prob, log_total
from crnn.decode.greedy import text_of
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.trie import Trie

MAX_MARGIN = 5.0
"""The margin up to which an entry is believed. On rendered lines of the lists that the bench takes
(others than its own) it lost fewest true entries at the same share of wrong ones, beside margins
not divided, or divided by the length itself."""

PRUNING = Pruning(classes=24)
SURE = 2.5
"""A margin so small that no entry a second search could find would say much more."""

RESCORED = 8
"""Entries from each end of the line that are scored exactly, where no more are asked for."""


@dataclass(frozen=True)
class LexiconMatch:
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
    the line to say any; folded, totals: the scores (T, C) in one width, and their `log_total` (T,).
    """

    text: str
    entries: tuple[LexiconMatch, ...]
    free_text: str
    margin: float
    rejected: bool
    folded: NDArray[np.float32] = field(repr=False, compare=False)
    totals: NDArray[np.float64] = field(repr=False, compare=False)


def margin_of(free: float, best: float, length: int) -> float:
    """By how many nats a free text is more probable than the best one allowed, whose length counts.

    Each character may be misread by itself: what they lose together grows as the root of L.
    """
    return max(0.0, free - best) / math.sqrt(max(1, length))


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

    A beam walks the entries from the start of the line, and where what it finds is not SURE a
    second one from the end: a beam loses an entry whose first characters are misread, but few are
    misread at both ends. What they find is scored exactly.
    """
    charset, widths = lexicon.charset, lexicon.widths
    free_text = text_of(scores, charset.classes)
    free = tuple(charset.encode(widths.spelling(free_text)))
    plain = widths.folded(scores)
    totals = log_total(plain)
    best_free = float(ctc_log_prob(plain, [free], totals)[0])
    most = max(RESCORED, n_best)
    entries: list[LexiconMatch] = []
    for trie, direction in ((lexicon.forward, 1), (lexicon.backward, -1)):
        result = _candidates(plain[::direction], totals[::direction], trie, width, most)
        turned = {entry: labels[::direction] for entry, labels in result.items()}
        entries = _ranked(plain, totals, lexicon, turned, entries)
        best = entries[0] if entries else LexiconMatch("", -np.inf, ())
        margin = margin_of(best_free, best.log_prob, len(best.labels))
        if margin <= SURE:
            break
    rejected = margin > max_margin
    text = free_text if prefer and rejected else best.text
    return LexiconReading(text, tuple(entries[:n_best]), free_text, margin, rejected, plain, totals)


def _ranked(
    plain: NDArray[np.float32],
    totals: NDArray[np.float64],
    lexicon: Lexicon,
    result: dict[int, tuple[int, ...]],
    known: list[LexiconMatch],
) -> list[LexiconMatch]:
    """Entries that were found beside those known, each with its exact score, best first.

    plain: (T, C), totals: (T,); result: labels by entry.
    """
    texts = {entry.text for entry in known}
    new = {lexicon.text(entry): labels for entry, labels in result.items()}
    new = {text: labels for text, labels in new.items() if text not in texts}
    exact = ctc_log_prob(plain, list(new.values()), totals).tolist() if new else []
    made = [LexiconMatch(t, p, new[t]) for t, p in zip(new, exact, strict=True)]
    return sorted([*known, *made], key=lambda entry: (-entry.log_prob, entry.text))


def _candidates(
    scores: NDArray[np.float32],
    totals: NDArray[np.float64],
    trie: Trie,
    width: int,
    most: int,
) -> dict[int, tuple[int, ...]]:
    """The `most` best entries of a beam along a trie, with their labels in its direction.

    scores: (T, C), totals: (T,).
    """
    arrived = search(scores, totals, width, DecodingConstraints(constraint=trie), PRUNING)
    return {int(trie.entry[text.state]): text.labels for text in arrived[:most]}
