"""Syntax -> automaton: positions (Glushkov 1961), then the subset construction.

A state is the set of positions that may be read next, kept as the bits of one integer. Every limit
is a count, not a clock: what is refused is refused on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crnn.decode.constraints import DEAD
from crnn.errors import GrammarTooLarge, NothingMatches
from crnn.fields.automata.alphabet import Alphabet
from crnn.fields.automata.automaton import Automaton, check_size, finished
from crnn.fields.automata.regex_syntax import Chain, Chars, Either, Node, Repeat, size

MAX_POSITIONS = 3000
MAX_STEPS = 400_000
"""Positions looked at while states are made."""
END = 1
"""The set of the one position after the text."""


class Positions:
    """The characters of an expression, each with the set of positions that may follow it."""

    def __init__(self) -> None:
        self.chars: list[Chars | None] = [None]
        self.follow = [0]
        self._hubs = 0

    def add(self, chars: Chars | None, follow: int) -> int:
        """A new position, as a set of one."""
        self.chars.append(chars)
        self.follow.append(follow)
        return 1 << (len(self.chars) - 1)

    def enter(self, node: Node, then: int) -> int:
        """The positions that a node may begin with, `then` being what may follow it."""
        if isinstance(node, Chars):
            return self.add(node, then)
        if isinstance(node, Chain):
            for item in reversed(node.items):
                then = self.enter(item, then)
            return then
        if isinstance(node, Either):
            entries = 0
            for option in node.options:
                entries |= self.enter(option, then)
            return entries
        return self._enter_repeat(node, then)

    def _enter_repeat(self, node: Repeat, then: int) -> int:
        if node.most is None:
            hub = self.add(None, then)  # stands for: once more, or on
            self._hubs |= hub
            entry = self.enter(node.body, hub)
            if entry & hub:  # the body may be empty
                entry = entry & ~hub | then
            self.follow[hub.bit_length() - 1] |= entry
            copies = max(node.least, 1) - 1
        else:
            entry, copies = 0, node.most
        for copy in range(copies, 0, -1):
            entry = self.enter(node.body, entry | (then if copy >= node.least else 0))
        return entry | (then if node.least == 0 else 0)

    def closed(self, positions: int) -> int:
        """A set with its hubs replaced by what they stand for."""
        done = 0
        while left := positions & self._hubs & ~done:
            hub = left & -left
            done |= hub
            positions |= self.follow[hub.bit_length() - 1]
        return positions & ~self._hubs


def build(node: Node, alphabet: Alphabet) -> Automaton:
    """The automaton of a syntax over an alphabet.

    Raises: GrammarTooLarge, NothingMatches.
    """
    count = size(node)
    if count > MAX_POSITIONS:
        raise GrammarTooLarge(
            f"the grammar has {count} characters, written out; the limit is {MAX_POSITIONS}"
        )
    positions = Positions()
    start = positions.closed(positions.enter(node, END))
    follow = [positions.closed(after) for after in positions.follow]
    distinct = list(dict.fromkeys(chars for chars in positions.chars if chars))
    groups, members = partition([alphabet.mask(chars) for chars in distinct], len(alphabet))
    groups_of = dict(zip(distinct, members, strict=True))
    read = [groups_of[chars] if chars else [] for chars in positions.chars]
    table, accepting = _subsets(start, follow, read, int(groups.max(initial=0)))
    try:
        return finished(table, accepting, groups)
    except NothingMatches as exc:
        raise NothingMatches(str(exc) + _absent(distinct, alphabet)) from exc


def partition(
    masks: list[NDArray[np.bool_]], classes: int
) -> tuple[NDArray[np.int32], list[list[int]]]:
    """The group of each class (C,), and the groups of each mask (C,); in no mask: the last group.

    Classes share a group where no mask tells them apart.
    """
    if not masks:
        return np.zeros(classes, np.int32), []
    packed = np.ascontiguousarray(np.packbits(np.stack(masks), axis=0).T)  # (C, M / 8)
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, result = np.unique(keys, return_index=True, return_inverse=True)
    outside = ~np.stack([mask[first] for mask in masks]).any(axis=0)
    order = np.argsort(outside, kind="stable")  # the one outside of all masks goes last
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    groups = rank[result.ravel()]
    return groups, [np.unique(groups[mask]).tolist() for mask in masks]


def _subsets(
    start: int, follow: list[int], read: list[list[int]], width: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The table (S, G) and the accepting states (S,) of the deterministic automaton."""
    numbers, states, rows, steps = {start: 0}, [start], [], 0
    for state in states:
        after: dict[int, int] = {}
        rest = state & ~END
        while rest:
            low = rest & -rest
            rest ^= low
            position = low.bit_length() - 1
            steps += 1 + len(read[position])
            for group in read[position]:
                after[group] = after.get(group, 0) | follow[position]
        if steps > MAX_STEPS:
            raise GrammarTooLarge(f"the grammar takes over {MAX_STEPS} steps; make it simpler")
        row = np.full(width, DEAD, np.int32)
        for group, positions in after.items():
            if positions not in numbers:
                numbers[positions] = len(states)
                states.append(positions)
            row[group] = numbers[positions]
        rows.append(row)
        check_size(len(states), width)
    return np.stack(rows), np.array([state & END for state in states], bool)


def _absent(distinct: list[Chars], alphabet: Alphabet) -> str:
    """Which single characters of an expression the charset has not."""
    single = [chr(c.ranges[0][0]) for c in distinct if len(c.ranges) == 1 and not c.kinds]
    missing = alphabet.missing("".join(single))[:8]
    shown = " ".join(f"{char!r} U+{ord(char):04X}" for char in missing)
    return f"; the charset has no {shown}" if shown else ""
