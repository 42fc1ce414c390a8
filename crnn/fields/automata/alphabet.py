"""Sets of characters, and which classes of a recogniser they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

BLANK_ID = 0


@dataclass(frozen=True)
class Chars:
    """A set of characters: ranges of code points and kinds (d, w, s; D, W, S for all others)."""

    ranges: tuple[tuple[int, int], ...] = ()
    kinds: str = ""
    negated: bool = False

    @classmethod
    def of(cls, text: str) -> Chars:
        """The characters of a text."""
        return cls(tuple((ord(char), ord(char)) for char in sorted(set(text))))


ANY = Chars(negated=True)


class Alphabet:
    """The classes that a recogniser can write, the blank left out."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        single = [
            char if i != BLANK_ID and len(char) == 1 else "" for i, char in enumerate(classes)
        ]
        self.ids = {char: i for i, char in enumerate(single) if char}
        self._code_points = np.array([ord(char) if char else -1 for char in single], np.int32)
        self._kinds = {
            "d": np.array([char.isdecimal() for char in single], bool),
            "w": np.array([char.isalnum() or char == "_" for char in single], bool),
            "s": np.array([char.isspace() for char in single], bool),
        }

    def __len__(self) -> int:
        """The number of classes C, the blank included."""
        return len(self.classes)

    def mask(self, chars: Chars) -> Mask:
        """Which classes are in a set of characters. (C,)."""
        result = np.zeros(len(self), bool)
        for low, high in chars.ranges:
            result |= (self._code_points >= low) & (self._code_points <= high)
        for kind in chars.kinds:
            of_kind = self._kinds[kind.lower()]
            result |= of_kind if kind.islower() else ~of_kind
        return (result != chars.negated) & (self._code_points >= 0)  # type: ignore[no-any-return]

    def missing(self, text: str) -> str:
        """The characters of a text that have no class, each once."""
        return "".join(dict.fromkeys(char for char in text if char not in self.ids))


@lru_cache(maxsize=8)
def alphabet_of(classes: tuple[str, ...]) -> Alphabet:
    """The alphabet of a tuple of classes."""
    return Alphabet(classes)
