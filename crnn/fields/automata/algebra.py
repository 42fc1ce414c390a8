"""Automata from automata: both, either, and sums that must come out right."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from charset import SPACIOUS
from crnn.decode.constraints import DEAD
from crnn.errors import GrammarTooLarge, NothingMatches
from crnn.fields.automata.alphabet import Alphabet
from crnn.fields.automata.automaton import Automaton, check_size, finished
from crnn.fields.automata.glushkov import MAX_STEPS, build
from crnn.fields.automata.regex_parser import parse

State = TypeVar("State", bound=Hashable)

_SPACIOUS = "".join(sorted(SPACIOUS))
_NORMAL = f"(?:[{_SPACIOUS}]|[^ {_SPACIOUS}](?: [^ {_SPACIOUS}])*)*"


def both(a: Automaton, b: Automaton) -> Automaton:
    """Texts that two automata over the same classes allow.

    Raises: GrammarTooLarge, NothingMatches.
    """
    return _product(a, b, union=False)


def either(a: Automaton, b: Automaton) -> Automaton:
    """Texts that one of two automata over the same classes allows.

    Raises: GrammarTooLarge.
    """
    return _product(a, b, union=True)


def normal(automaton: Automaton, alphabet: Alphabet) -> Automaton:
    """The allowed texts that `charset.normalize` leaves as they are: no space where none is seen.

    Raises: GrammarTooLarge, NothingMatches.
    """
    try:
        return both(automaton, _all_normal(alphabet))
    except NothingMatches as exc:
        raise NothingMatches(
            f"{exc}; texts have no space at their ends, beside another space or beside "
            "full-width punctuation"
        ) from exc


def chained(a: Automaton, b: Automaton) -> Automaton:
    """Texts of one automaton followed by texts of another over the same classes.

    A state is one of `a`, which goes dead, and all that are possible in `b`.
    Raises: GrammarTooLarge.
    """
    groups, columns = _shared_groups(a, b)
    rows_a, rows_b = a.table[:, columns[0]].tolist(), b.table[:, columns[1]].tolist()

    def entered(p: int, qs: frozenset[int]) -> tuple[int, frozenset[int]]:
        return p, (qs | {b.start} if a.accepting[p] else qs) - {DEAD}

    states = [entered(a.start, frozenset())]
    numbers, rows, steps = {states[0]: 0}, [], 0
    for p, qs in states:
        row: list[int] = []
        steps += (1 + len(qs)) * len(columns[0])
        if steps > MAX_STEPS:
            raise GrammarTooLarge(f"the sequence takes over {MAX_STEPS} steps; make it simpler")
        for group, after_p in enumerate(rows_a[p]):
            after = entered(after_p, frozenset(rows_b[q][group] for q in qs))
            if after not in numbers:
                numbers[after] = len(states)
                states.append(after)
            row.append(numbers[after])
        rows.append(row)
        check_size(len(states), len(row))
    accepting = np.array([any(b.accepting[q] for q in qs) for _, qs in states], bool)
    return finished(np.array(rows, np.int32), accepting, groups)


@lru_cache(maxsize=8)
def _all_normal(alphabet: Alphabet) -> Automaton:
    return build(parse(_NORMAL), alphabet)


def counted(
    alphabet: Alphabet,
    chars: str,
    start: State,
    step: Callable[[State, str], State],
    ends: Callable[[State], bool],
) -> Automaton:
    """The texts over `chars` that lead from `start`, one step a character, to where it may end."""
    known = "".join(char for char in chars if char in alphabet.ids)
    numbers, states, rows = {start: 0}, [start], []
    for state in states:
        row = []
        for char in known:
            after = step(state, char)
            if after not in numbers:
                numbers[after] = len(states)
                states.append(after)
            row.append(numbers[after])
        rows.append(row)
        check_size(len(states), len(known))
    groups = np.full(len(alphabet), len(known), np.int32)
    groups[[alphabet.ids[char] for char in known]] = np.arange(len(known))
    accepting = np.array([ends(state) for state in states], bool)
    return finished(np.array(rows, np.int32), accepting, groups)


def _product(a: Automaton, b: Automaton, *, union: bool) -> Automaton:
    """The reachable pairs of states; a pair is the number p * (Sb + 1) + q, dead rows last."""
    groups, columns = _shared_groups(a, b)
    rows_a, rows_b = len(a.table), len(b.table)
    visited = np.zeros(rows_a * rows_b, bool)
    results, table, total = [np.array([a.start * rows_b + b.start])], [], 0
    visited[results[0]] = True
    while results[-1].size:
        p, q = np.divmod(results[-1], rows_b)
        after_a = a.table[p][:, columns[0]] % rows_a  # (F, G)
        after_b = b.table[q][:, columns[1]] % rows_b
        dead_a, dead_b = after_a == rows_a - 1, after_b == rows_b - 1
        dead = dead_a & dead_b if union else dead_a | dead_b
        after = np.where(dead, DEAD, after_a.astype(np.int64) * rows_b + after_b)
        table.append(after)
        total += len(after)
        check_size(total, len(columns[0]))
        fresh = np.unique(after[after >= 0])
        fresh = fresh[~visited[fresh]]
        visited[fresh] = True
        results.append(fresh)
    codes = np.concatenate(results)
    accepting = _ends(a, b, codes, union)
    return finished(_numbered(codes, np.concatenate(table), visited.size), accepting, groups)


def _shared_groups(
    a: Automaton, b: Automaton
) -> tuple[NDArray[np.int32], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Groups (C,) that two automata tell apart together, and the columns (G,) of each in them."""
    codes = a.groups.astype(np.intp) * b.group_count + b.groups
    pairs, groups = np.unique(codes, return_inverse=True)
    return groups.ravel().astype(np.int32), (pairs // b.group_count, pairs % b.group_count)


def _ends(a: Automaton, b: Automaton, codes: NDArray[np.int64], union: bool) -> NDArray[np.bool_]:
    """Which pairs accept. codes: (S,) -> (S,)."""
    p, q = np.divmod(codes, len(b.table))
    ends: NDArray[np.bool_] = (np.logical_or if union else np.logical_and)(
        a.accepting[p], b.accepting[q]
    )
    return ends


def _numbered(codes: NDArray[np.int64], table: NDArray[np.int64], most: int) -> NDArray[np.int32]:
    """A table (S, G) of codes as one of state numbers."""
    number = np.full(most + 1, DEAD, np.int32)  # DEAD, as an index, is the last one
    number[codes] = np.arange(len(codes))
    numbered: NDArray[np.int32] = number[table]
    return numbered
