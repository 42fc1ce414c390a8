"""What became of every character: a reading laid beside the truth with the fewest edits."""

from __future__ import annotations

from collections.abc import Sequence

from charset import fold

Pair = tuple[str, str]
"""(read, truth): equal where right, one of them "" where a character was added or missed."""


def align(read: Sequence[str], truth: Sequence[str]) -> list[Pair]:
    """The pairs of a least-edits alignment, in order. Wagner, Fischer 1974.

    Among equally short ones a character is paired rather than skipped.
    """
    rows = [list(range(len(truth) + 1))]
    for i, left in enumerate(read, start=1):
        above, row = rows[-1], [i]
        for j, right in enumerate(truth, start=1):
            row.append(min(above[j - 1] + (left != right), above[j] + 1, row[j - 1] + 1))
        rows.append(row)
    pairs: list[Pair] = []
    i, j = len(read), len(truth)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (read[i - 1] != truth[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((read[i], truth[j]))
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            pairs.append((read[i], ""))
        else:
            j -= 1
            pairs.append(("", truth[j]))
    return pairs[::-1]


def verdicts(read: Sequence[str], truth: str) -> list[bool | None]:
    """Whether each read character is right, by the folding of every figure here.

    None for those that fold to nothing, as white space does.
    """
    owners = [(n, piece) for n, char in enumerate(read) for piece in fold(char)]
    found: list[bool | None] = [None] * len(read)
    at = 0
    for left, right in align([piece for _, piece in owners], fold(truth)):
        if left:
            owner = owners[at][0]
            found[owner] = found[owner] is not False and left == right
            at += 1
    return found
