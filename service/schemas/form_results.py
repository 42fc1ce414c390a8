"""Filled forms as a caller sends them back, often with corrected fields, for a table of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crnn.output.form_tables import FiledForm

Text = Annotated[str, Field(max_length=8_000)]
Name = Annotated[str, Field(max_length=60)]
Value = bool | int | float | Text | None


class SentSuggestion(BaseModel):
    """What was proposed for a field; what else is told is not looked at."""

    text: Text


class SentRow(BaseModel):
    """A field as answers tell it, or as it was corrected; what else is told is not looked at."""

    name: Annotated[str, Field(max_length=80)]
    value: Value | list[Value] = None
    status: Literal["read", "corrected", "conflict", "unreadable", "empty", "struck"] = "read"
    raw_text: Text = ""
    proposal: SentSuggestion | None = None
    confidence: float = Field(1.0, ge=0, le=1)
    needs_review: bool = False
    reasons: list[Text] = Field([], max_length=100)
    box: list[int] = Field(default=[0, 0, 0, 0], min_length=4, max_length=4)
    details: dict[str, Any] | None = None


class SentField(SentRow):
    """A field, of a column with the fields of its rows."""

    rows: list[SentRow] | None = Field(None, max_length=200)


class SentOutside(BaseModel):
    """What is written in no zone; what else is told is not looked at."""

    kind: Name
    text: Text = ""


class SentCheck(BaseModel):
    """How a check went."""

    kind: Name
    fields: list[Name] = Field(max_length=500)
    state: Name
    detail: Text = ""


class SentForm(BaseModel):
    """A filled form as answers tell it; what else is told is not looked at."""

    template: Name
    status: Literal["read", "empty"] = "read"
    needs_review: bool = False
    reasons: list[Text] = Field([], max_length=100)
    outside: list[SentOutside] = Field([], max_length=100)
    fields: list[SentField] = Field(max_length=600)
    checks: list[SentCheck] = Field([], max_length=100)


class SentFiled(BaseModel):
    """A form of a file; without `form` the error says why there is none."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field("", max_length=255, description="what the file is called")
    page: int = Field(1, ge=1, le=1_000_000)
    form: SentForm | None = None
    error: Text = ""

    def filed(self) -> FiledForm:
        """The form as every format takes it."""
        form = self.form.model_dump(mode="json") if self.form else None
        return FiledForm(self.file, self.page, form, self.error)


class FormResultsRequest(BaseModel):
    """Forms to be written as one table."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "xlsx"]
    forms: list[SentFiled] = Field(min_length=1, max_length=1000)
