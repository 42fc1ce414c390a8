"""What is asked and answered, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, Field

from crnn.decode.lexicon.lexicon import Lexicon
from crnn.output.read_page import plain_tables
from crnn.page import Line, Page
from service.problem import Problem
from service.schemas.fields import FieldAnswer


class CharAnswer(BaseModel):
    """One character of a line."""

    text: str
    confidence: float = Field(description="the probability that it is right")
    start: float = Field(description="left edge in pixels of the image")
    end: float = Field(description="right edge")
    alternatives: list[tuple[str, float]] = Field(
        description="what else it may be, each with its probability"
    )


class AlternativeAnswer(BaseModel):
    """A text that a line may say."""

    text: str
    log_prob: float = Field(description="natural logarithm of its probability")


class LineAnswer(BaseModel):
    """One line of the image; what was not asked for is not there."""

    text: str
    confidence: float = Field(description="the probability that the whole line is right")
    box: tuple[int, int, int, int] = Field(description="left, top, right, bottom in pixels")
    chars: list[CharAnswer] | None = Field(None, description="only where detail is chars")
    raw_text: str | None = Field(None, description="as it was read, where width changed it")
    n_best: list[AlternativeAnswer] | None = Field(None, description="best first")
    free_text: str | None = Field(None, description="what it says without lexicon or grammar")
    margin: float | None = Field(
        None, description="nats to the best entry over the root of its length"
    )
    rejected: bool | None = Field(
        None, description="whether it says nothing that is allowed; text is its free reading then"
    )
    field: FieldAnswer | None = Field(None, description="only with a grammar or a lexicon")
    corners: list[tuple[float, float]] | None = Field(
        None, description="of a line that lay aslant, clockwise from its left top as one reads it"
    )


class CellAnswer(BaseModel):
    """A cell of a table."""

    row: int = Field(description="from 0")
    column: int
    row_span: int
    column_span: int
    box: tuple[int, int, int, int]
    text: str


class TableAnswer(BaseModel):
    """A ruled table."""

    box: tuple[int, int, int, int]
    rows: list[list[str]] = Field(description="texts; a cell that spans several is the first")
    cells: list[CellAnswer]


class OcrAnswer(BaseModel):
    """What the image says."""

    success: Literal[True] = True
    text: str = Field(description="all lines, joined by line breaks")
    confidence: float = Field(description="0 to 1")
    time_used_ms: float = Field(description="from decoded request to answer")
    lines: list[LineAnswer]
    mode: Literal["line", "page"]
    tables: list[TableAnswer] | None = Field(None, description="the ruled tables of a page")
    turns: int | None = Field(None, description="quarters anticlockwise that bring it upright")
    model: str
    request_id: str
    skipped: list[str] | None = Field(None, description="entries that cannot be read: some of them")
    skipped_count: int | None = Field(None, description="how many")


class PagesAnswer(BaseModel):
    """What a document of more than one page says."""

    success: Literal[True] = True
    pages: list[OcrAnswer | Problem] = Field(
        description="in order; a page that cannot be read is a problem in its place"
    )
    time_used_ms: float
    model: str
    request_id: str


class BatchAnswer(BaseModel):
    """What the images of a batch say."""

    success: Literal[True] = True
    answers: list[OcrAnswer | Problem] = Field(
        description="in the order of the images; one that cannot be read is a problem in its place"
    )
    failed: int = Field(description="how many of them are problems")
    time_used_ms: float
    model: str
    request_id: str


def answer(
    page: Page,
    model: str,
    request_id: str,
    time_used_ms: float,
    *,
    detail: str = "lines",
    lexicon: Lexicon | None = None,
) -> OcrAnswer:
    """A page as the answer to a request."""
    skipped = lexicon if lexicon is not None and lexicon.skipped_count else None
    return OcrAnswer(
        text=page.text,
        confidence=round(page.confidence, 4),
        time_used_ms=round(time_used_ms, 2),
        lines=[line_answer(line, detail) for line in page.lines if line.text or line.match],
        mode="line" if page.mode == "line" else "page",
        tables=[TableAnswer(**table) for table in plain_tables(page)] or None,
        turns=page.turns or None,
        model=model,
        request_id=request_id,
        skipped=list(skipped.skipped) if skipped else None,
        skipped_count=skipped.skipped_count if skipped else None,
    )


def chars_of(line: Line) -> list[CharAnswer]:
    """The characters of a line as an answer tells them."""
    return [
        CharAnswer(
            text=char.text,
            confidence=round(char.confidence, 4),
            start=round(char.start, 1),
            end=round(char.end, 1),
            alternatives=[(text, round(share, 4)) for text, share in char.alternatives],
        )
        for char in line.chars
    ]


def line_answer(line: Line, detail: str = "lines") -> LineAnswer:
    """A line as a part of the answer."""
    alternatives = [
        AlternativeAnswer(text=one.text, log_prob=round(one.log_prob, 4))
        for one in line.alternatives
    ]
    return LineAnswer(
        text=line.text,
        confidence=round(line.confidence, 4),
        box=line.box,
        chars=chars_of(line) if detail == "chars" else None,
        raw_text=line.raw_text,
        n_best=alternatives or None,
        free_text=line.match.free_text if line.match else None,
        margin=line.match.margin if line.match else None,
        rejected=line.match.rejected if line.match else None,
        field=FieldAnswer(**asdict(line.field)) if line.field else None,
        corners=list(line.corners) or None,
    )
