"""What steers a beam search: what may be written, and what is likely to be.

Both are automata over class ids, asked for a whole beam at once: B hypotheses by K classes. A state
is an integer that only its automaton understands; the state after the blank or a repeated class is
the state before it, so neither is ever asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

States = NDArray[np.int32]
Classes = NDArray[np.int32]

DEAD = -1
"""The state from which nothing is written."""


class Constraint(Protocol):
    """The texts that are allowed: a lexicon, a grammar, an expression."""

    @property
    def start(self) -> int:
        """The state before the first character."""

    def advance(self, states: States, classes: Classes) -> States:
        """The states (B, K) after each of K classes from B states, DEAD where not allowed."""

    def accepts(self, states: States) -> NDArray[np.bool_]:
        """Whether the text may end in each of the B states. (B,) -> (B,)."""


@runtime_checkable
class Branching(Constraint, Protocol):
    """A constraint that lists what may follow a state; the others are asked about every class."""

    def arcs(self, state: int) -> tuple[Classes, States]:
        """The classes (K,) allowed after a state, ascending, and the states (K,) behind them."""


class Language(Protocol):
    """How likely each text is: a model of characters, natural logarithms."""

    @property
    def start(self) -> int:
        """The state before the first character of a line."""

    def advance(self, states: States, classes: Classes) -> tuple[States, NDArray[np.float32]]:
        """The states (B, K) after each class, and ln P(class | state) (B, K)."""

    def ends(self, states: States) -> NDArray[np.float32]:
        """The natural logarithm of P(the line ends | state). (B,) -> (B,)."""


@dataclass(frozen=True)
class DecodingConstraints:
    """What a search follows beside the image; score = log_prob + weight * ln P + bonus * L."""

    constraint: Constraint | None = None
    language: Language | None = None
    language_weight: float = 0.4
    length_bonus: float = 0.0


@dataclass(frozen=True)
class Pruning:
    """What a search leaves out, so that it takes milliseconds. `EXACT` leaves out nothing.

    classes: how many classes may follow a hypothesis in one step; floor: the least log-probability
    of a class to be tried where nothing is forced; blank: a step whose other classes together are
    less probable than this is passed as a blank.
    """

    classes: int = 16
    floor: float = -9.0
    blank: float = 1e-3


EXACT = Pruning(classes=1 << 30, floor=-np.inf, blank=0.0)
