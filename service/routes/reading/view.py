"""POST /v1/view: what the recogniser sees of an image."""

from __future__ import annotations

import base64
from typing import Literal

import cv2
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from crnn.debug_view import NetworkInput, network_inputs
from service.disconnect import cancel_on_disconnect
from service.errors import request_id
from service.read_request import engine_of
from service.request_body import file_and_options
from service.routes.reading.ocr import FILE, PROBLEMS, bodies

router = APIRouter(prefix="/v1/view", tags=["reading"])


class ViewOptions(BaseModel):
    """How the image is to be looked at."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["auto", "line", "page"] = Field(
        "auto", description="as one line, as a page of lines, or decide by the image"
    )


class LineView(BaseModel):
    """A line as the network is given it."""

    box: tuple[int, int, int, int] = Field(description="left, top, right, bottom in pixels")
    turns: int = Field(description="quarter turns, anticlockwise, before it is upright")
    width: int
    height: int
    image_base64: str = Field(description="PNG, ink bright on black")


class ViewAnswer(BaseModel):
    """What the recogniser sees, line by line."""

    success: Literal[True] = True
    lines: list[LineView]
    preprocessing: str = Field(description="name and version, as in the spec of the weights")
    model: str
    request_id: str


BODY = bodies({}, ViewOptions.model_json_schema()["properties"], {"file": FILE})


@router.post("", openapi_extra=BODY, responses=PROBLEMS)
async def view(request: Request) -> ViewAnswer:
    """The lines of an image as they reach the network: cut out, upright, tight, at its height."""
    engine = engine_of(request)
    engine.check_room()
    image, options = await file_and_options(request, ("file",), ViewOptions)
    with engine.admitted():

        def look() -> list[LineView]:
            return [_line(line) for line in network_inputs(engine.reader, image, options.mode)]

        lines = await cancel_on_disconnect(request, engine.run(look))
    spec = engine.reader.spec
    return ViewAnswer(
        lines=lines,
        preprocessing=spec.preprocessing,
        model=spec.name,
        request_id=request_id(request),
    )


def _line(line: NetworkInput) -> LineView:
    height, width = line.picture.shape
    encoded = cv2.imencode(".png", line.picture)[1].tobytes()
    return LineView(
        box=line.box,
        turns=line.turns,
        width=width,
        height=height,
        image_base64=base64.b64encode(encoded).decode(),
    )
