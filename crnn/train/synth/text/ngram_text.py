"""Text with a context: what stands beside what decides between characters that look alike.

`Running` writes words by how often they are used, for want of prose in every field, `CommonWords`
English ones; `Balanced` words that bring characters of the middle and the end of the list as well
as its head; `Confused` strings together characters that a network misread or read for others;
`Replayed` repeats real text around such characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.text.form_values import pick

Rng = np.random.Generator

CANDIDATES, COMMA = 6, 0.08
"""Words drawn for the one that is written, and how often a sign stands before it."""

SIGNS = "，、。；"

PLACES = 200
"""Places kept for each misread character."""

EVENLY = 0.35
"""Balanced text has a character as often as its count to this power: with 1 as in prose, in which
a character of every second page is one in 100,000; with 0 all alike."""

FLATTER = 0.65
"""Common words come as often as their count to this power: the thousand commonest are 30 %."""

EACH, FIRST, ALL, BRACKETS = 0.3, 0.2, 0.1, 0.04
"""Shares of texts with a capital on each word, on the first, in capitals (beside the lines that a
recipe has in capitals), and in brackets."""

BETWEEN = (" ",) * 14 + (", ", ", ", "/", "-", " & ", ". ")
BEHIND = ("",) * 12 + (":", ":", ":", ".", ".", ",", "?", "-")
"""What stands between words and behind the last, each as likely as the next."""

WORDS_OF_ONE = 100
"""Words kept for each character of balanced text, the commonest."""


@dataclass(frozen=True)
class Running:
    """Words drawn by their counts, of a few the one that best follows what is written.

    follows: how often the second character of a pair came after the first.
    """

    words: Sequence[str]
    cumulative: NDArray[np.float64]
    follows: Counter[str]

    @classmethod
    def of(cls, rows: Iterable[str], follows: Counter[str]) -> Running | None:
        """From rows of a word and its count; None where there are none."""
        words, counts = [], []
        for row in rows:
            word, _, count = row.partition(" ")
            words.append(word)
            counts.append(float(count))
        return cls(words, np.cumsum(counts), follows) if words else None

    def __call__(self, rng: Rng) -> str:
        """Three to nine words, with a sign now and then."""
        text = _drawn(rng, self.words, self.cumulative, CANDIDATES)[0]
        for _ in range(int(rng.integers(2, 9))):
            text += _sign(rng)
            result = _drawn(rng, self.words, self.cumulative, CANDIDATES)
            fit = np.cumsum([1 + self.follows[text[-1] + word[0]] for word in result])
            text += result[int(np.searchsorted(fit, rng.random() * fit[-1], side="right"))]
        return text


@dataclass(frozen=True)
class CommonWords:
    """English words by how often they are used, in the writing of forms: labels, headings, notes.

    From a list of words alone, each as likely as the next, no network learns that the blurred word
    before it is rather one that is used.
    """

    words: Sequence[str]
    cumulative: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Iterable[str]) -> CommonWords | None:
        """From rows of a word in small letters and its count; None where there are none."""
        counted = [row.partition(" ") for row in rows]
        weights = np.array([float(count) for *_, count in counted]) ** FLATTER
        return cls([word for word, *_ in counted], np.cumsum(weights)) if counted else None

    def __call__(self, rng: Rng) -> str:
        """One to five words in one of the ways that words are written: small, Each, ALL, First."""
        words = _drawn(rng, self.words, self.cumulative, int(rng.integers(1, 6)))
        way = rng.random()
        if way < EACH:
            words = [word[:1].upper() + word[1:] for word in words]
        text = words[0]
        for word in words[1:]:
            text += pick(rng, BETWEEN) + word
        if way > 1 - ALL:
            text = text.upper()
        elif way < EACH + FIRST:
            text = text[:1].upper() + text[1:]
        return f"({text})" if rng.random() < BRACKETS else text + pick(rng, BEHIND)


@dataclass(frozen=True)
class Confused:
    """Characters that a network misread and what it read for them, as often as it did so."""

    pairs: Sequence[str]
    cumulative: NDArray[np.float64]

    def __call__(self, rng: Rng) -> str:
        """Two to six characters; the misread one comes first more often."""
        chosen = []
        for _ in range(int(rng.integers(2, 7))):
            at = int(np.searchsorted(self.cumulative, rng.random(), side="right"))
            pair = self.pairs[min(at, len(self.pairs) - 1)]
            chosen.append(pair[int(rng.random() < 0.3)])
        return "".join(chosen)

    def chars(self) -> dict[str, float]:
        """Each character that was misread or read for another, and its share."""
        shares: dict[str, float] = {}
        for pair, share in zip(self.pairs, np.diff(self.cumulative, prepend=0.0), strict=True):
            for char in pair:
                shares[char] = shares.get(char, 0.0) + float(share)
        return shares


@dataclass(frozen=True)
class Balanced:
    """Words around characters that are drawn more alike than prose has them.

    Class-balanced sampling (Kang 2019, arXiv:1910.09217), by words, so that characters keep their
    context. words: of each character, those it stands in; shares: their cumulative weights.
    """

    words: Sequence[Sequence[str]]
    shares: Sequence[NDArray[np.float64]]
    cumulative: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Iterable[str]) -> Balanced | None:
        """From rows of a word and its count; None where there are none."""
        counted = [(word, float(count)) for word, _, count in (row.partition(" ") for row in rows)]
        counted.sort(key=lambda result: (-result[1], result[0]))
        held: dict[str, list[tuple[str, float]]] = {}
        totals: dict[str, float] = {}
        for word, count in counted:
            for char in word:
                totals[char] = totals.get(char, 0.0) + count
                words = held.setdefault(char, [])
                if len(words) < WORDS_OF_ONE:
                    words.append((word, count))
        if not held:
            return None
        weights = np.array([totals[char] for char in held]) ** EVENLY
        shares = [np.cumsum(np.sqrt([count for _, count in words])) for words in held.values()]
        return cls(
            [[word for word, _ in words] for words in held.values()], shares, weights.cumsum()
        )

    def __call__(self, rng: Rng) -> str:
        """Two to seven words, with a sign now and then."""
        text = self._word(rng)
        for _ in range(int(rng.integers(1, 7))):
            text += _sign(rng)
            text += self._word(rng)
        return text

    def _word(self, rng: Rng) -> str:
        place = int(np.searchsorted(self.cumulative, rng.random() * self.cumulative[-1], "right"))
        shares = self.shares[place]
        return self.words[place][int(np.searchsorted(shares, rng.random() * shares[-1], "right"))]


def _sign(rng: Rng) -> str:
    """What stands before a word: mostly nothing, now and then a sign."""
    return SIGNS[int(rng.integers(len(SIGNS)))] if rng.random() < COMMA else ""


@dataclass(frozen=True)
class Replayed:
    """Stretches of real lines around characters, each character as often as it was misread.

    places: of each character, the numbers of lines it stands in, and where in them.
    """

    lines: Sequence[str]
    places: Sequence[Sequence[tuple[int, int]]]
    cumulative: NDArray[np.float64]

    @classmethod
    def of(cls, misread: dict[str, float], lines: Sequence[str]) -> Replayed | None:
        """From characters with their weights; None where no line holds one of them."""
        places: dict[str, list[tuple[int, int]]] = {char: [] for char in misread}
        for number, line in enumerate(lines):
            for place, char in enumerate(line):
                kept = places.get(char)
                if kept is not None and len(kept) < PLACES:
                    kept.append((number, place))
        results = [char for char in misread if places[char]]
        if not results:
            return None
        weights = np.cumsum([misread[char] for char in results])
        return cls(lines, [places[char] for char in results], weights)

    def __call__(self, rng: Rng) -> str:
        """Six to sixteen characters, the misread one among them."""
        level = rng.random() * self.cumulative[-1]
        places = self.places[int(np.searchsorted(self.cumulative, level, side="right"))]
        line, place = places[int(rng.integers(len(places)))]
        length = int(rng.integers(6, 17))
        start = max(0, place - int(rng.integers(length)))
        return self.lines[line][start : start + length]


def _drawn(
    rng: Rng, words: Sequence[str], cumulative: NDArray[np.float64], count: int
) -> list[str]:
    """So many words, each by its weight."""
    levels = rng.random(count) * cumulative[-1]
    places = np.searchsorted(cumulative, levels, side="right")
    return [words[int(place)] for place in places]
