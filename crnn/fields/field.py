"""A field of a form: what it may say, as an automaton, and what a text in it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from charset import normalize
from crnn.decode.constraints import DEAD
from crnn.decode.field_grammar import Value
from crnn.fields.automata.alphabet import BLANK_ID, Alphabet
from crnn.fields.automata.automaton import Automaton
from crnn.fields.field_type import Unfit

MAX_TEXT_LENGTH = 500


@dataclass(frozen=True, eq=False)
class Field:
    """A field's grammar over the classes of a recogniser. Immutable, shared by threads.

    `form` is the grammar without its check digit; the same as `constraint` where there is none.
    """

    name: str
    constraint: Automaton
    form: Automaton
    _alphabet: Alphabet
    read: Callable[[str], Value]

    def fault(self, text: str) -> str:
        """Why a text cannot stand in this field; empty where it can."""
        if len(text) > MAX_TEXT_LENGTH:
            return f"longer than {MAX_TEXT_LENGTH} characters"
        spelled = normalize(text)
        if not self._allowed(self.form, spelled):
            return f"not of the form {self.name!r}"
        if not self._allowed(self.constraint, spelled):
            return "its check digit is wrong"
        return self._unfit(spelled)

    def valid(self, text: str) -> bool:
        """Whether a text can stand in this field."""
        return not self.fault(text)

    def value(self, text: str) -> Value | None:
        """What a text means, ready for JSON; None where it is not valid."""
        return None if self.fault(text) else self.read(normalize(text))

    def _allowed(self, automaton: Automaton, spelled: str) -> bool:
        return automaton.matches(map(self._id, spelled))

    def _unfit(self, allowed: str) -> str:
        """Why an allowed text means nothing; empty where it means something."""
        try:
            self.read(allowed)
        except Unfit as exc:
            return str(exc)
        return ""

    def _id(self, char: str) -> int:
        return self._alphabet.ids.get(char, BLANK_ID)  # the blank leads nowhere

    def cuts(self, spelled: str, starts: list[int]) -> dict[int, int]:
        """Where this field may end in a longer normalised text, and for each end a start of it."""
        states = np.full(len(spelled) + 1, DEAD, np.int32)  # of the field begun at each place
        ends: dict[int, int] = {}
        for place in range(len(spelled) + 1):
            if place in starts:
                states[place] = self.constraint.start
            begun = np.flatnonzero(self.constraint.accepts(states))
            if begun.size:
                ends[place] = int(begun[0])
            group = self.constraint.groups[self._id(spelled[place : place + 1])]
            states = self.constraint.table[states, group]
        return ends


def values_in_turn(text: str, members: Sequence[Field]) -> list[Value]:
    """The values of fields that follow each other in one text, a space between them or none.

    Raises: Unfit where the text cannot be cut into them, or a part means nothing.
    """
    routes: list[dict[int, int]] = []
    ends = [0]
    for member in members:
        starts = [end + (end > 0 and text[end : end + 1] == " ") for end in ends]
        routes.append(member.cuts(text, starts))
        ends = list(routes[-1])
    if len(text) not in ends:
        raise Unfit("no way to cut it into its parts")
    values, end = [], len(text)
    for member, route in zip(reversed(members), reversed(routes), strict=True):
        values.append(member.read(text[route[end] : end]))
        end = route[end]
        if end and text[end - 1] == " ":
            end -= 1
    return values[::-1]
