"""What a type of field consists of: which texts it allows, and what such a text means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crnn.decode.field_grammar import Value
from crnn.fields.automata.alphabet import Alphabet
from crnn.fields.automata.automaton import Automaton


class Unfit(ValueError):
    """A text of the right form that means nothing; the message says why."""


@dataclass(frozen=True)
class FieldType:
    """A type of field. `sums`, where there is one, is the check digit as an automaton.

    expression: the form, over normalised text; examples: a text -> the `value` of its value.
    """

    name: str
    doc: str
    expression: str
    read: Callable[[str], Value]
    examples: Mapping[str, object] = field(default_factory=dict)
    sums: Callable[[Alphabet], Automaton] | None = None
