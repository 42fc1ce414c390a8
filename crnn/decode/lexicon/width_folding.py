"""Signs that print alike for a list of entries: full and half width are one, spaces are nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID, Charset

FULL_WIDTH = range(0xFF01, 0xFF5F)
OFFSET = 0xFEE0


@dataclass(frozen=True)
class Widths:
    """Which signs of a charset are one.

    narrow: code points of full-width signs -> of their half-width ones, of spaces -> nothing;
    given, taking: the same as classes, the blank taking in the space.
    """

    narrow: dict[int, int | None]
    given: NDArray[np.int64]
    taking: NDArray[np.int64]

    @classmethod
    def of(cls, charset: Charset) -> Widths:
        """The pairs of which both signs have a class."""
        wide = [
            code for code in FULL_WIDTH if chr(code) in charset and chr(code - OFFSET) in charset
        ]
        narrow = {code: code - OFFSET for code in wide}
        given = charset.encode("".join(map(chr, wide)))
        taking = charset.encode("".join(map(chr, narrow.values())))
        if " " in charset:
            given, taking = [*given, *charset.encode(" ")], [*taking, BLANK_ID]
        return cls(
            {**narrow, ord(" "): None}, np.array(given, np.int64), np.array(taking, np.int64)
        )

    def spelling(self, text: str) -> str:
        """What is compared: a normalised text without its spaces and the widths of its signs."""
        return text.translate(self.narrow)

    def folded(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (T, C) in which a full-width sign counts as its half-width one, a space as blank.

        Every step's total stays as it is; the classes that were given away are at -inf.
        """
        result = scores.copy()
        result[:, self.taking] = np.logaddexp(scores[:, self.taking], scores[:, self.given])
        result[:, self.given] = -np.inf
        return result
