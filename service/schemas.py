"""What is asked and answered, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crnn.read import Lexicon, Line, Page, ReadOptions
from crnn.read.decode.choose import MAX_N_BEST, DecodeWishes
from crnn.read.decode.lookup import MAX_MARGIN
from crnn.results.page import plain_tables
from service.fail_fast import FastList, value_of
from service.field_schemas import FieldAnswer

if TYPE_CHECKING:  # else a circle: lexicons raise errors, and errors are told in these schemas
    from service.lexicons import Lexicons


class Wishes(BaseModel):
    """How an image is to be read."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["auto", "line", "page"] = Field(
        "auto", description="read as one line, as a page of lines, or decide by the image"
    )
    detail: Literal["lines", "chars"] = Field(
        "lines", description="chars: every character with its place and what else it may be"
    )
    width: Literal["as_read", "half", "full"] = Field(
        "as_read", description="signs of one width, (12) or （12）; the raw text is told beside it"
    )
    effort: Literal["quick", "thorough"] = Field(
        "quick",
        description="thorough: doubtful lines are looked at several times, which takes longer",
    )
    decode: Literal["greedy", "beam", "lm", "auto", "lexicon", "grammar"] | None = Field(
        None, description="how scores become text; as lexicon or grammar ask for, else greedy"
    )
    n_best: int = Field(1, ge=1, le=MAX_N_BEST, description="how many texts to tell of each line")
    lexicon: FastList[str] | str | None = Field(
        None, description="the texts that a line may say, or the name of a list in OCR_LEXICON_DIR"
    )
    lexicon_mode: Literal["only", "prefer"] = Field(
        "only", description="answer with the best entry, or with the free text where it is none"
    )
    max_margin: float = Field(
        MAX_MARGIN, ge=0, le=1000, description="the margin over which a line says no entry"
    )
    grammar: str | dict[str, Any] = Field(
        "", description='a field type, or a wish such as {"regex": ...}; see docs/grammar.md'
    )

    model: str | None = Field(
        None, max_length=80, description="a loaded model, where OCR_MODELS_BY_REQUEST allows it"
    )

    @field_validator("grammar", mode="before")
    @classmethod
    def _from_form(cls, wish: object) -> object:
        """A wish in a form field is JSON text."""
        return value_of(wish) if isinstance(wish, str) and wish.startswith("{") else wish

    def options(self, lexicons: Lexicons, tenant: str = "") -> ReadOptions:
        """The wishes of a tenant in the reader's words.

        Raises: UnknownOption, BadLexicon.
        """
        way = self.decode or (
            "lexicon" if self.lexicon is not None else "grammar" if self.grammar else "greedy"
        )
        lexicon = None if self.lexicon is None else lexicons.of(self.lexicon, tenant)
        wishes = DecodeWishes(
            way=way,
            n_best=self.n_best,
            lexicon=lexicon,
            prefer=self.lexicon_mode == "prefer",
            max_margin=self.max_margin,
            grammar=self.grammar,
        )
        return ReadOptions(self.mode, self.detail, wishes, self.width, self.effort)


class OcrRequest(Wishes):
    """One image to read."""

    image_base64: str = Field(
        min_length=1,
        description="the image file in base64: bare, URL-safe, or a data URL; "
        "line breaks and missing padding are fine",
    )


class BatchWishes(Wishes):
    """How the images of a batch are to be read, all alike: as lines where nothing else is said."""

    mode: Literal["auto", "line", "page"] = Field(
        "line", description="read each as one line, as a page of lines, or decide by the image"
    )


class BatchRequest(BatchWishes):
    """Images to read."""

    images: FastList[str] = Field(
        min_length=1, description="image files in base64, as of POST /ocr"
    )


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


class Problem(BaseModel):
    """RFC 9457 problem details, with success: false beside them."""

    success: Literal[False] = False
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str


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


def problem_row(description: str) -> dict[str, Any]:
    """A row of a route's errors for OpenAPI, under the content type that problems have."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {"description": description, "content": content}


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
    told = [
        AlternativeAnswer(text=one.text, log_prob=round(one.log_prob, 4))
        for one in line.alternatives
    ]
    return LineAnswer(
        text=line.text,
        confidence=round(line.confidence, 4),
        box=line.box,
        chars=chars_of(line) if detail == "chars" else None,
        raw_text=line.raw_text,
        n_best=told or None,
        free_text=line.match.free_text if line.match else None,
        margin=line.match.margin if line.match else None,
        rejected=line.match.rejected if line.match else None,
        field=FieldAnswer(**asdict(line.field)) if line.field else None,
        corners=list(line.corners) or None,
    )
