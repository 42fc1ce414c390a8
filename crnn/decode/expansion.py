"""What may follow each hypothesis of a beam in one step: rows of (hypothesis, class, state).

Free, the likeliest classes of the step follow every hypothesis. Steered, each hypothesis has its
own: a class that its constraint forces is tried however improbable the image makes it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID
from crnn.decode.constraints import DEAD, Branching, Classes, Constraint, Pruning, States

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = tuple[Ints, Ints, States]


class Expansion(Protocol):
    """The ways on from B hypotheses."""

    @property
    def start(self) -> int:
        """The state of the empty text."""

    def after(self, states: States, log_probs: Floats) -> Rows:
        """Hypotheses (M,), classes (M,), states (M,) of each way on, by hypothesis, then class.

        states: (B,), log_probs: (C,).
        """

    def may_end(self, states: States) -> NDArray[np.bool_]:
        """Whether each text may end here. (B,) -> (B,)."""


def expansion_of(constraint: Constraint | None, pruning: Pruning) -> Expansion:
    """The branches of one search."""
    if constraint is None:
        return Free(pruning.classes, pruning.floor)
    return Constrained(constraint, pruning.classes)


class Free:
    """Any text: the step's likeliest classes, `most` of them, none below `floor`."""

    start = 0

    def __init__(self, most: int, floor: float) -> None:
        self._most, self._floor = most, floor

    def after(self, states: States, log_probs: Floats) -> Rows:
        """The same classes after each hypothesis."""
        classes = np.flatnonzero(log_probs > self._floor)
        classes = _likeliest(classes[classes != BLANK_ID], log_probs, self._most)
        grid = np.empty((len(states), len(classes)), np.int64)
        grid[:] = classes
        rows = np.repeat(np.arange(len(states)), len(classes))
        return rows, grid.reshape(-1), np.zeros(len(rows), np.int32)

    def may_end(self, states: States) -> NDArray[np.bool_]:
        """Always."""
        return np.ones(len(states), bool)


class Constrained:
    """Texts that a constraint lets through: of each hypothesis, its `most` likeliest classes."""

    def __init__(self, constraint: Constraint, most: int) -> None:
        self._constraint, self._most = constraint, most
        self._lists_arcs = constraint.arcs if isinstance(constraint, Branching) else None
        self._arcs: dict[int, tuple[Classes, States]] = {}

    @property
    def start(self) -> int:
        """The constraint's."""
        return self._constraint.start

    def after(self, states: States, log_probs: Floats) -> Rows:
        """Each hypothesis' own classes."""
        sizes, classes, behind = [], [], []
        for state in states.tolist():
            result, nexts = self._arcs_of(state, len(log_probs))
            if len(result) > self._most:
                selected = _likeliest(np.arange(len(result)), log_probs[result], self._most)
                result, nexts = result[selected], nexts[selected]
            sizes.append(len(result))
            classes.append(result)
            behind.append(nexts)
        rows = np.repeat(np.arange(len(states)), sizes)
        return rows, np.concatenate(classes).astype(np.int64), np.concatenate(behind)

    def may_end(self, states: States) -> NDArray[np.bool_]:
        """Where the constraint accepts."""
        return self._constraint.accepts(states)

    def _arcs_of(self, state: int, class_count: int) -> tuple[Classes, States]:
        """What may follow one state; asked once in a search, for a beam stays about its states."""
        results = self._arcs.get(state)
        if results is None:
            if self._lists_arcs:
                results = self._lists_arcs(state)
            else:
                classes = np.arange(1, class_count, dtype=np.int32)
                nexts = self._constraint.advance(np.array([state], np.int32), classes)[0]
                results = classes[nexts != DEAD], nexts[nexts != DEAD]
            self._arcs[state] = results
        return results


def _likeliest(classes: Ints, log_probs: Floats, most: int) -> Ints:
    """At most `most` of the classes, ascending. classes: (K,), log_probs: (C,)."""
    if len(classes) <= most:
        return classes
    chosen = np.argpartition(log_probs[classes], len(classes) - most)[-most:]
    return np.sort(classes[chosen])
