"""Text with a context: what stands beside what decides between characters that look alike.

`Running` writes words by how often they are used, for want of prose in every field; `Balanced`
words that bring characters of the middle and the end of the list as well as its head; `Replayed`
repeats real text around the characters that a network was measured to misread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator

CANDIDATES, COMMA = 6, 0.08
"""Words drawn for the one that is written, and how often a sign stands before it."""

SIGNS = "，、。；"

PLACES = 200
"""Places kept for each misread character."""

EVENLY = 0.35
"""Balanced text has a character as often as its count to this power: with 1 as in prose, in which
a character of every second page is one in 100,000; with 0 all alike."""

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
        text = self._drawn(rng)[0]
        for _ in range(int(rng.integers(2, 9))):
            text += _sign(rng)
            found = self._drawn(rng)
            fit = np.cumsum([1 + self.follows[text[-1] + word[0]] for word in found])
            text += found[int(np.searchsorted(fit, rng.random() * fit[-1], side="right"))]
        return text

    def _drawn(self, rng: Rng) -> list[str]:
        levels = rng.random(CANDIDATES) * self.cumulative[-1]
        places = np.searchsorted(self.cumulative, levels, side="right")
        return [self.words[int(place)] for place in places]


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
        counted.sort(key=lambda found: (-found[1], found[0]))
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
        found = [char for char in misread if places[char]]
        if not found:
            return None
        weights = np.cumsum([misread[char] for char in found])
        return cls(lines, [places[char] for char in found], weights)

    def __call__(self, rng: Rng) -> str:
        """Six to sixteen characters, the misread one among them."""
        level = rng.random() * self.cumulative[-1]
        places = self.places[int(np.searchsorted(self.cumulative, level, side="right"))]
        line, place = places[int(rng.integers(len(places)))]
        length = int(rng.integers(6, 17))
        start = max(0, place - int(rng.integers(length)))
        return self.lines[line][start : start + length]
