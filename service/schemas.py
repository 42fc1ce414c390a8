"""What is asked and answered, as JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crnn.read import Line, Page


class OcrRequest(BaseModel):
    """One image to read."""

    model_config = ConfigDict(extra="forbid")

    image_base64: str = Field(
        min_length=1,
        description="the image file in base64: bare, URL-safe, or a data URL; "
        "line breaks and missing padding are fine",
    )
    mode: Literal["auto", "line", "page"] = Field(
        "auto", description="read as one line, as a page of lines, or decide by the image"
    )
    detail: Literal["lines", "chars"] = Field(
        "lines", description="chars: every character with its place and what else it may be"
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


class LineAnswer(BaseModel):
    """One line of the image."""

    text: str
    confidence: float = Field(description="the probability that the whole line is right")
    box: tuple[int, int, int, int] = Field(description="left, top, right, bottom in pixels")
    chars: list[CharAnswer] | None = Field(None, description="only where detail is chars")


class OcrAnswer(BaseModel):
    """What the image says."""

    success: Literal[True] = True
    text: str = Field(description="all lines, joined by line breaks")
    confidence: float = Field(description="0 to 1")
    time_used_ms: float = Field(description="from decoded request to answer")
    lines: list[LineAnswer]
    mode: Literal["line", "page"]
    model: str
    request_id: str


class Problem(BaseModel):
    """RFC 9457 problem details, with success: false beside them."""

    success: Literal[False] = False
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str


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


def answer(
    page: Page, model: str, request_id: str, time_used_ms: float, detail: str = "lines"
) -> OcrAnswer:
    """A page as the answer to a request."""
    return OcrAnswer(
        text=page.text,
        confidence=round(page.confidence, 4),
        time_used_ms=round(time_used_ms, 2),
        lines=[
            LineAnswer(
                text=line.text,
                confidence=round(line.confidence, 4),
                box=line.box,
                chars=chars_of(line) if detail == "chars" else None,
            )
            for line in page.lines
            if line.text
        ],
        mode="line" if page.mode == "line" else "page",
        model=model,
        request_id=request_id,
    )
