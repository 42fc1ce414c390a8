"""Pages as a caller sends them back, often with corrected lines, to have a file of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crnn.output import ReadPage
from crnn.page import Char, Line, Page
from service.schemas.fail_fast import FastList

FormatName = Literal["json", "txt", "csv", "xlsx", "hocr", "alto", "pdf"]
Pixels = Annotated[int, Field(ge=0, le=1_000_000)]
Column = Annotated[float, Field(ge=0, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Box = tuple[Pixels, Pixels, Pixels, Pixels]


class SentChar(BaseModel):
    """A character of a line, as answers tell it; what else is told of it is not looked at."""

    text: str = Field(min_length=1, max_length=8)
    confidence: Share
    start: Column
    end: Column


class SentLine(BaseModel):
    """A line as answers tell it, or as it was corrected; what else is told is not looked at."""

    text: str = Field(max_length=4000)
    confidence: Share = 1.0
    box: Box
    chars: FastList[SentChar] = Field(
        [], max_length=4000, description="where words begin and end; only while they give the text"
    )

    @field_validator("box")
    @classmethod
    def _has_an_inside(cls, box: Box) -> Box:
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ValueError("left, top, right, bottom, with left < right and top < bottom")
        return box

    def line(self) -> Line:
        """The line in the reader's words."""
        chars = tuple(Char(one.text, one.confidence, one.start, one.end) for one in self.chars)
        return Line(self.text, self.confidence, self.box, chars)


class SentPage(BaseModel):
    """A page of a document."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field("", max_length=255, description="what the file is called")
    page: int = Field(1, ge=1, le=1_000_000, description="in its file, from 1")
    width: Pixels
    height: Pixels
    lines: FastList[SentLine] = Field(max_length=1000)
    image_base64: str = Field("", description="the page's picture, for pdf only")

    def read(self) -> ReadPage:
        """The page as every format takes it."""
        lines = tuple(line.line() for line in self.lines)
        return ReadPage(self.file, self.page, Page(lines, self.width, self.height, "page"))


class ResultsRequest(BaseModel):
    """Pages to be written as a file."""

    model_config = ConfigDict(extra="forbid")

    format: FormatName
    pages: FastList[SentPage] = Field(min_length=1, max_length=1000)


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """A schema without references: those of Pydantic are to itself, those of OpenAPI are not."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def within(value: Any) -> Any:
        if isinstance(value, list):
            return [within(one) for one in value]
        if not isinstance(value, dict):
            return value
        name = str(value.get("$ref", "")).rpartition("/")[2]
        return within(definitions[name]) if name else {k: within(v) for k, v in value.items()}

    result: dict[str, Any] = within(schema)
    return result
