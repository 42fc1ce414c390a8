"""What is asked and answered about templates and filled forms, as JSON."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crnn.forms import FieldResult, FormReading, Template
from service.schemas.fail_fast import FastList, value_of

Two = Annotated[list[int], Field(min_length=2, max_length=2)]
ZONES = "zones as docs/forms.md has them; proposed from the blank where none are given"


class TemplateOptions(BaseModel):
    """A template to keep, beside its blank."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", description="its name, as in addresses", max_length=60)
    zones: FastList[dict[str, Any]] | None = Field(None, description=ZONES)
    checks: FastList[dict[str, Any]] | None = Field(None, description="what fields must fulfil")
    lexicons: dict[str, FastList[str]] | None = Field(None, description="lists that zones name")
    min_confidence: float | None = Field(
        None, ge=0, le=1, description="fields below it need review; 0.9 where not given"
    )

    @field_validator("zones", "checks", "lexicons", mode="before")
    @classmethod
    def _from_form(cls, value: object) -> object:
        """A value in a form field is JSON text."""
        return value_of(value) if isinstance(value, str) else value

    def as_template(self) -> dict[str, Any]:
        """As a template's JSON, of what is given."""
        return {key: value for key, value in self.model_dump().items() if value is not None}


class TemplateBody(TemplateOptions):
    """A template to keep."""

    blank_base64: str | None = Field(
        None, description="the blank form as an image file in base64; needed for a new template"
    )

    def as_template(self) -> dict[str, Any]:
        """As a template's JSON, of what is given."""
        result = super().as_template()
        result.pop("blank_base64", None)
        return result


class FormOptions(BaseModel):
    """How a filled form is to be read."""

    model_config = ConfigDict(extra="forbid")

    crops: bool = Field(False, description="send a picture of every field's writing along")
    effort: Literal["quick", "thorough"] = Field(
        "quick", description="thorough: doubtful fields are looked at several times"
    )


class FormRequest(FormOptions):
    """A filled form."""

    image_base64: str = Field(min_length=1, description="the image file in base64")


class TemplateAnswer(BaseModel):
    """A template, without its blank."""

    success: Literal[True] = True
    name: str
    version: int
    size: Two = Field(description="width and height of the blank in pixels")
    zones: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    lexicons: dict[str, list[str]] = Field(default_factory=dict)
    min_confidence: float
    digest: str = Field(description="SHA-256 of all that it says")


class TemplateSummary(BaseModel):
    """A template without its zones."""

    name: str
    bytes: int
    updated_at: datetime


class TemplateList(BaseModel):
    """The templates of a caller."""

    success: Literal[True] = True
    templates: list[TemplateSummary]


class Proposal(BaseModel):
    """Zones and checks that a blank seems to have."""

    success: Literal[True] = True
    size: Two
    zones: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    filled: list[str] = Field(
        default_factory=list, description="texts that look filled in: the form may be no blank"
    )


class SuggestionAnswer(BaseModel):
    """What a type, a list or a check would make of a field that does not say it by itself."""

    text: str
    value: Any
    margin: float = Field(description="how much more probable the reading is, in nats")
    against: float | None = Field(description="probability of the surest thing that it changes")


class OutsideAnswer(BaseModel):
    """Writing that is in no zone."""

    kind: Literal["writing", "strike"]
    text: str
    confidence: float
    box: list[int] = Field(description="on the blank: left, top, right, bottom")
    corners: list[Two] = Field(description="of the same place on the scan, clockwise")


class FormFieldAnswer(BaseModel):
    """A field of a filled form."""

    name: str
    kind: str
    value: Any = Field(description="typed; null where the paper does not say one")
    status: Literal["read", "corrected", "conflict", "unreadable", "empty", "struck"]
    valid: bool = Field(description="true only where status is read or corrected")
    read: str = Field(description="the free reading: without type, lexicon and checks")
    proposal: SuggestionAnswer | None = Field(
        None, description="of a field that is corrected or in conflict, or that a check doubts"
    )
    text: str = Field(description="what the value was made of")
    raw_text: str = Field(description="the same as read; use read")
    confidence: float
    needs_review: bool
    reasons: list[str] = Field(description="why a person must look, and what a check changed")
    box: list[int] = Field(description="on the blank: left, top, right, bottom")
    corners: list[Two] = Field(description="of the same place on the scan, clockwise")
    details: dict[str, Any] | None = Field(None, description="what else the value's type says")
    rows: list[FormFieldAnswer] | None = Field(None, description="only of a column")
    chars: list[tuple[str, float]] | None = Field(
        None, description="only of a comb: each character and its confidence"
    )
    crop_base64: str | None = Field(None, description="a PNG of the writing, where asked for")


class CheckAnswer(BaseModel):
    """How a check went."""

    kind: str
    fields: list[str]
    state: Literal["passed", "repaired", "failed", "skipped"]
    detail: str


class FormAnswer(BaseModel):
    """What a filled form says."""

    success: Literal[True] = True
    template: str
    fit: float = Field(description="share of the blank's print that was found, 0 to 1")
    corners: list[Two] = Field(description="of the form on the scan")
    status: Literal["read", "empty"] = Field(description="empty: no field is filled in")
    needs_review: bool
    reasons: list[str] = Field(description="why a person must look at the form beside its fields")
    outside: list[OutsideAnswer] = Field(description="what is written where there is no zone")
    fields: list[FormFieldAnswer]
    checks: list[CheckAnswer]
    time_used_ms: float
    model: str
    request_id: str


def template_answer(template: Template) -> TemplateAnswer:
    """A template as an answer."""
    return TemplateAnswer(**template.to_dict(), digest=template.digest)


def form_answer(
    result: FormReading, model: str, request_id: str, time_used_ms: float
) -> FormAnswer:
    """A reading as an answer."""
    facts = result.to_dict()
    facts["fields"] = [_field(one) for one in result.fields.values()]
    return FormAnswer(
        success=True,
        **facts,
        model=model,
        request_id=request_id,
        time_used_ms=round(time_used_ms, 2),
    )


def _field(result: FieldResult) -> FormFieldAnswer:
    facts = result.to_dict()
    if result.rows:
        facts["rows"] = [_field(row) for row in result.rows]
    crop = result.crop_png
    if crop:
        facts["crop_base64"] = base64.b64encode(crop).decode()
    return FormFieldAnswer(**facts)
