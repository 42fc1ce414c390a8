"""How readings are scored: character error rate and line accuracy.

The rule of every figure in this project: both texts are folded by `charset.fold` (NFKC, plain
quotes and dashes, white space removed); CER is edit distance over reference length, summed over the
set.
"""

from __future__ import annotations

from dataclasses import dataclass

from charset import fold


def edit_distance(a: str, b: str) -> int:
    """The least number of insertions, deletions and substitutions that turn a into b."""
    if len(a) < len(b):
        a, b = b, a
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            change = previous + (left != right)
            previous = row[j]
            row[j] = min(row[j] + 1, row[j - 1] + 1, change)
    return row[-1]


@dataclass(frozen=True)
class Score:
    """Errors summed over a set of lines; add two to join two sets."""

    lines: int = 0
    exact: int = 0
    errors: int = 0
    chars: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.lines + other.lines,
            self.exact + other.exact,
            self.errors + other.errors,
            self.chars + other.chars,
        )

    @property
    def cer(self) -> float:
        """Character error rate; 0 for an empty set."""
        return self.errors / max(1, self.chars)

    @property
    def line_accuracy(self) -> float:
        """Share of lines read without a mistake."""
        return self.exact / max(1, self.lines)


def score(read: str, truth: str) -> Score:
    """The score of one line."""
    read, truth = fold(read), fold(truth)
    errors = edit_distance(read, truth)
    return Score(lines=1, exact=int(errors == 0), errors=errors, chars=len(truth))
