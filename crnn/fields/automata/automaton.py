"""A deterministic automaton over class ids, as a table: what steers the beam.

One `.` covers thousands of classes, so classes that no transition tells apart share a group, and
the table has one column for each group. The last row and the last group lead nowhere; DEAD, as an
index, is that last row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.decode.constraints import DEAD, Classes, States
from crnn.errors import GrammarTooLarge, NothingMatches

Table = NDArray[np.int32]
Flags = NDArray[np.bool_]

MAX_STATES = 5000
MAX_CELLS = 1_000_000
"""States times groups: 4 MB."""
MINIMISING_CELLS = 20_000_000
"""Cells looked at before minimising is given up, which costs memory and nothing else."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """Texts that are allowed; implements Constraint. Immutable, shared by threads.

    table: (S + 1, G), the next state; accepting: (S + 1,); groups: (C,), the group of each class.
    """

    table: Table
    accepting: Flags
    groups: NDArray[np.int32]
    start: int = 0

    def __post_init__(self) -> None:
        for array in (self.table, self.accepting, self.groups):
            array.flags.writeable = False

    @property
    def state_count(self) -> int:
        """The number of states S, the dead one left out."""
        return len(self.table) - 1

    @property
    def group_count(self) -> int:
        """The number of groups G that classes fall into."""
        return int(self.table.shape[1])

    def advance(self, states: States, classes: Classes) -> States:
        """The states (B, K) after each of K classes from B states, DEAD where not allowed."""
        after: States = self.table[states[:, None], self.groups[classes]]  # (B, K)
        return after

    def arcs(self, state: int) -> tuple[Classes, States]:
        """The classes (K,) allowed after a state, ascending, and the states (K,) behind them."""
        after = self.table[state, self.groups]  # (C,)
        classes = np.flatnonzero(after != DEAD).astype(np.int32)
        return classes, after[classes]

    def accepts(self, states: States) -> Flags:
        """Whether the text may end in each of the B states. (B,) -> (B,)."""
        ends: Flags = self.accepting[states]
        return ends

    def matches(self, ids: Iterable[int]) -> bool:
        """Whether the whole text of these class ids is allowed."""
        state = self.start
        for class_id in ids:
            state = int(self.table[state, self.groups[class_id]])
        return bool(self.accepting[state])


def check_size(states: int, groups: int) -> None:
    """Stop what explodes.

    Raises: GrammarTooLarge.
    """
    if states > MAX_STATES:
        raise GrammarTooLarge(f"the grammar needs over {MAX_STATES} states; make it simpler")
    if states * groups > MAX_CELLS:
        raise GrammarTooLarge(
            f"{states} states of {groups} kinds of characters; the limit is {MAX_CELLS} together"
        )


def finished(table: Table, accepting: Flags, groups: NDArray[np.int32]) -> Automaton:
    """The smallest automaton that does the same; state 0 is the start.

    table: (S, G) with DEAD; accepting: (S,); groups: (C,), where G itself means: in no group.
    Raises: NothingMatches where no text is accepted.
    """
    rest, width = len(table), table.shape[1]
    whole = np.full((rest + 1, width + 1), rest, np.int32)  # the dead state has a row and a column
    whole[:-1, :-1] = np.where(table == DEAD, rest, table)
    ends = np.append(accepting, False)
    whole, shortest = _trimmed(whole, ends)
    if shortest[0] < 0:
        raise NothingMatches("no text that the charset can spell is allowed")
    labels = _classes_of(whole, shortest)
    return _renumbered(whole, ends, labels, groups)


class _Sources:
    """Which states lead to which: the edges of a table (S, G), turned round."""

    def __init__(self, table: Table) -> None:
        order = np.argsort(table, axis=None, kind="stable")
        self._sources = order // table.shape[1]
        self._begins = np.searchsorted(table.ravel()[order], range(len(table) + 1))

    def into(self, states: NDArray[np.intp]) -> NDArray[np.intp]:
        """The states that lead into some states (F,), once for each edge."""
        begins = self._begins
        return np.concatenate([self._sources[begins[s] : begins[s + 1]] for s in states])


def _trimmed(table: Table, accepting: Flags) -> tuple[Table, NDArray[np.int32]]:
    """Transitions to where no text can end lead to the dead state; steps to an end, -1 if none.

    table: (S + 1, G), accepting: (S + 1,) -> (S + 1, G), (S + 1,).
    """
    shortest = np.where(accepting, 0, -1).astype(np.int32)
    sources, frontier, steps = _Sources(table), np.flatnonzero(accepting), 0
    while frontier.size:
        steps += 1
        into = sources.into(frontier)
        frontier = np.unique(into[shortest[into] < 0])
        shortest[frontier] = steps
    return np.where(shortest[table] < 0, len(table) - 1, table).astype(np.int32), shortest


def _longest(table: Table) -> NDArray[np.int32]:
    """The most steps that can follow, -1 where there is no most; of a trimmed table (S + 1, G)."""
    longest = np.full(len(table), -1, np.int32)
    open_edges = (table != len(table) - 1).sum(axis=1)
    sources, frontier, steps = _Sources(table), np.flatnonzero(open_edges == 0), 0
    frontier = frontier[frontier != len(table) - 1]
    while frontier.size:
        longest[frontier] = steps
        steps += 1
        into, edges = np.unique(sources.into(frontier), return_counts=True)
        open_edges[into] -= edges
        frontier = into[open_edges[into] == 0]
    return longest


def _classes_of(table: Table, shortest: NDArray[np.int32]) -> NDArray[np.intp]:
    """Which states do the same (S + 1,): Moore's refinement, on hashes, checked at the end.

    It starts from what states that do the same have in common: the lengths of the shortest and of
    the longest text that may follow. shortest: (S + 1,).
    """
    factors = np.random.default_rng(0).integers(1 << 62, size=(2, max(table.shape)), dtype=np.int64)
    lengths = shortest * np.int64(len(table) + 1) + _longest(table)
    labels = np.unique(lengths, return_inverse=True)[1]
    for _ in range(MINIMISING_CELLS // table.size + 1):
        hashes = factors[0][labels]
        with np.errstate(over="ignore"):
            mixed = (hashes[table] * (factors[1][: table.shape[1]] | 1)).sum(axis=1)
            mixed ^= hashes
        finer = np.unique(mixed, return_inverse=True)[1]
        if finer.max() == labels.max():
            break
        labels = finer
    first = np.unique(labels, return_index=True)[1]
    same = (labels[table] == labels[table[first]][labels]).all()
    return labels if same else np.arange(len(table))


def _renumbered(
    table: Table, accepting: Flags, labels: NDArray[np.intp], groups: NDArray[np.int32]
) -> Automaton:
    """One state for each label, the start first, unreachable ones and equal columns left out."""
    first = np.unique(labels, return_index=True)[1]
    small = labels[table[first]]  # (L, G)
    dead, start = labels[-1], labels[0]
    order = {int(start): 0}
    queue = [int(start)]
    for state in queue:
        for after in np.unique(small[state]).tolist():
            if after != dead and after not in order:
                order[after] = len(queue)
                queue.append(after)
    number = np.full(len(small), DEAD, np.int32)
    number[queue] = np.arange(len(queue))
    rows = np.vstack([number[small[queue]], np.full((1, table.shape[1]), DEAD, np.int32)])
    columns, column_of = np.unique(rows, axis=1, return_inverse=True)
    ends = np.append(accepting[first[queue]], False)
    merged = np.ascontiguousarray(columns, np.int32)
    return Automaton(merged, ends, column_of.ravel()[groups].astype(np.int32))
