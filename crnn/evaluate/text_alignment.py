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
    return compared(read, truth)[0]


def compared(
    read: Sequence[str], truth: Sequence[str]
) -> tuple[list[bool | None], list[bool | None]]:
    """Verdicts on both sides of one alignment: what was read wrongly, what was not read right."""
    left, right = _pieces(read), _pieces(truth)
    results: tuple[list[bool | None], list[bool | None]] = ([None] * len(read), [None] * len(truth))
    at = [0, 0]
    for pair in align([piece for _, piece in left], [piece for _, piece in right]):
        for side, (pieces, piece) in enumerate(zip((left, right), pair, strict=True)):
            if piece:
                owner = pieces[at[side]][0]
                results[side][owner] = results[side][owner] is not False and pair[0] == pair[1]
                at[side] += 1
    return results


def _pieces(chars: Sequence[str]) -> list[tuple[int, str]]:
    """What each character folds to, with its place: some fold to nothing, some to several."""
    return [(n, piece) for n, char in enumerate(chars) for piece in fold(char)]
