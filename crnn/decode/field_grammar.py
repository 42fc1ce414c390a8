"""What a decoder knows of a field's grammar; crnn.fields has the grammars themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from crnn.decode.constraints import Constraint

Value: TypeAlias = dict[str, object]
"""What a text means, ready for JSON: `kind`, `value`, and whatever else the kind has."""


class FieldGrammar(Protocol):
    """A field's grammar over the classes of a recogniser."""

    @property
    def name(self) -> str:
        """The type of the field."""

    @property
    def constraint(self) -> Constraint:
        """The texts that the field allows."""

    def fault(self, text: str) -> str:
        """Why a text cannot stand in this field; empty where it can."""

    def value(self, text: str) -> Value | None:
        """What a text means; None where it is not valid."""


class GrammarSource(Protocol):
    """A grammar before the classes of a recogniser are known."""

    @property
    def description(self) -> str | Mapping[str, object]:
        """The name of a field type, or a description as plain values."""

    def compile(self, classes: Sequence[str]) -> FieldGrammar:
        """The grammar over these classes."""
