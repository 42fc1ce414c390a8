"""The drawing board's side of the service: strokes and wishes in, a reading out."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Literal

import cv2
from pydantic import BaseModel, ConfigDict, Field

from crnn.debug_view import network_inputs
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from service.drawing.rasterize import Grey, rendered, spaced
from service.engine import Engine
from service.errors import BadRequest
from service.request_options import ReadRequestOptions
from service.schemas.answers import OcrAnswer, answer
from service.schemas.fail_fast import FastList
from service.storage.lexicons import Lexicons

MOST_STROKES, MOST_POINTS = 2_000, 20_000
SIGNS = r"[0-9+\-×÷=().,%￥ ]{1,80}"
"""What is read where digits and operators are drawn, unless the request names a grammar.

No slash: a hand that slants writes its 1 so.
"""
VIEW_SCALE = 3
"""The network looks at 32 rows; they are shown that many times larger."""

Number = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Point = Annotated[FastList[Number], Field(min_length=2, max_length=3)]
Strokes = FastList[FastList[Point]]


class Ink(BaseModel):
    """A drawing."""

    model_config = ConfigDict(extra="forbid")

    strokes: Strokes | None = Field(
        None, max_length=MOST_STROKES, description="each a list of [x, y] or [x, y, pressure]"
    )
    pen: float = Field(0.0, ge=0, le=1000, description="its width; 0 for one that fits the ink")
    reads: Literal["text", "digits"] = Field(
        "text", description="digits: digits and operators, by the weights made for them"
    )
    picture: bool = Field(False, description="tell what the network looked at too")

    def check(self) -> None:
        """Raises: BadRequest where there are too many points."""
        if sum(map(len, self.strokes or [])) > MOST_POINTS:
            raise BadRequest(f"over {MOST_POINTS} points")


class DrawingRequest(ReadRequestOptions, Ink):
    """A drawing, and how it is to be read."""

    strokes: Strokes = Field(
        max_length=MOST_STROKES, description="each a list of [x, y] or [x, y, pressure]"
    )


class DrawingAnswer(OcrAnswer):
    """What a drawing says."""

    picture: str | None = Field(
        None, description="what the network looked at, as a data URL; only where asked for"
    )


@dataclass(frozen=True)
class By:
    """Who asks, and what reads for them."""

    tenant: str
    reader: Reader


@dataclass(frozen=True)
class Drawn:
    """A drawing that was read."""

    page: Page
    options: ReadOptions
    model: str
    picture: str | None = None

    def answer(self, request_id: str, spent_ms: float) -> DrawingAnswer:
        """As JSON."""
        lexicon = self.options.decoding.lexicon
        facts = (self.page, self.model, request_id, spent_ms)
        result = answer(*facts, detail=self.options.detail, lexicon=lexicon)
        return DrawingAnswer(**dict(result), picture=self.picture)


class Board:
    """Reads drawings: text as images are read, digits by the weights for them. Safe anywhere."""

    def __init__(self, engine: Engine, digits: Reader, lexicons: Lexicons) -> None:
        self._engine, self._digits, self._lexicons = engine, digits, lexicons

    def read(self, ink: Ink, options: ReadRequestOptions, by: By) -> Drawn:
        """A drawing. Raises: ReadError."""
        strokes = ink.strokes or []
        if ink.reads == "text":
            return self._read_sync(rendered(strokes, ink.pen), ink, options, by)
        if options.decode is None and options.lexicon is None and not options.grammar:
            options = options.model_copy(update={"grammar": {"regex": SIGNS}})
        return self._read_sync(rendered(spaced(strokes), ink.pen), ink, options, by)

    def read_image(self, image: bytes, request_options: ReadRequestOptions, by: By) -> Drawn:
        """An image file that came in place of strokes. Raises: ReadError."""
        options = request_options.options(self._lexicons, by.tenant)
        page = self._engine.read_sync(image, options, by.reader)
        return Drawn(page, options, by.reader.spec.name)

    def _read_sync(
        self, grey: Grey, ink: Ink, request_options: ReadRequestOptions, by: By
    ) -> Drawn:
        options = request_options.options(self._lexicons, by.tenant)
        reader = self._digits if ink.reads == "digits" else by.reader
        if int(grey.min()) == int(grey.max()):  # a grammar would find a digit on blank paper
            return Drawn(Page((), grey.shape[1], grey.shape[0], "line"), options, reader.spec.name)
        if reader is self._digits:
            page = reader.read(grey, options)
        else:
            page = self._engine.read_sync(grey, options, reader)
        is_shown = ink.picture and page.mode == "line"
        return Drawn(
            page, options, reader.spec.name, drawing_text(grey, reader) if is_shown else None
        )


def drawing_text(grey: Grey, reader: Reader) -> str:
    """What the network looks at of a line (H, W), as a data URL: ink dark, paper white."""
    (line,) = network_inputs(reader, grey, "line")
    plane = 255 - line.ink[0]  # (h, w)
    size = (VIEW_SCALE * plane.shape[1], VIEW_SCALE * plane.shape[0])
    large = cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST)
    file = cv2.imencode(".png", large)[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(file).decode()
