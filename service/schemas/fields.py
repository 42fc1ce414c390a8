"""A line as a field: whether it says a value, and what a constraint proposes, as JSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer

FieldStatus = Literal["", "read", "corrected", "conflict", "unreadable", "empty"]


class ProposalAnswer(BaseModel):
    """What a lexicon or a grammar would make of a line that does not say it by itself."""

    text: str
    value: dict[str, Any] | None
    margin: float = Field(description="nats over the root of its length, as of the line")
    against: float = Field(description="probability of the surest thing that it changes")


class FieldAnswer(BaseModel):
    """What a line means as the field that a grammar or a lexicon describes."""

    type: str
    valid: bool = Field(description="true only where status is read or corrected")
    value: dict[str, Any] | None = Field(description="typed and normalised; null where not valid")
    reasons: list[str] = Field(description="why likelier texts were passed over, or what is wrong")
    status: FieldStatus = Field("", description="whether the line says it; docs/grammar.md")
    read: str = Field("", description="the free reading")
    proposal: ProposalAnswer | None = Field(None, description="null where the free reading says it")

    @model_serializer(mode="wrap")
    def _with_nulls(self, written: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]
        """A value that is null stands there, though answers leave out what was not asked for."""
        return {"value": None, "proposal": None} | written(self)
