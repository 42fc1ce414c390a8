"""Schemas that stop at the first fault: an error for every wrong element costs more than a body."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import FailFast
from pydantic_core import from_json

T = TypeVar("T")


class First(FailFast):
    """Pydantic's own, which a union of types takes only with a hash."""

    def __hash__(self) -> int:
        return hash(type(self))


FastList = Annotated[list[T], First()]
"""A list whose first wrong element is the only one that is told of."""


def value_of(text: str) -> object:
    """JSON text in a field of a form. Raises: ValueError, also where it is nested too deeply."""
    return from_json(text.encode("utf-8", "replace"))
