"""POST /ocr: one image in, its text out."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request

from crnn.read import ReadOptions
from service.body import image_and_wishes
from service.engine import Engine
from service.errors import request_id
from service.lexicons import Lexicons
from service.schemas import OcrAnswer, OcrRequest, Wishes, answer, problem_row

router = APIRouter(tags=["reading"])

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": OcrRequest.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        **Wishes.model_json_schema()["properties"],
                    },
                }
            },
        },
    }
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: problem_row(text)
    for status, text in {
        400: "the body is not what its content type says",
        413: "too many bytes or pixels",
        415: "no image, or a content type that is not taken",
        422: "a field is missing, unknown or out of range",
        429: "too many requests wait; see Retry-After",
        503: "not read in time",
    }.items()
}


@router.post("/ocr", openapi_extra=BODY, responses=PROBLEMS, response_model_exclude_none=True)
async def ocr(request: Request) -> OcrAnswer:
    """Read an image: JSON with `image_base64`, or multipart with `file`."""
    engine: Engine = request.app.state.engine
    with engine.admitted():
        image, wishes = await image_and_wishes(request)
        started = time.perf_counter()
        options = await _options(engine, wishes, request.app.state.lexicons)
        page = await engine.read(image, options)
        spent_ms = 1000 * (time.perf_counter() - started)
    skipping = options.decoding.lexicon
    told = (engine.reader.spec.name, request_id(request), spent_ms)
    return answer(page, *told, detail=options.detail, lexicon=skipping)


async def _options(engine: Engine, wishes: Wishes, lexicons: Lexicons) -> ReadOptions:
    """The reader's options; a lexicon is built off the event loop."""
    if wishes.lexicon is None:
        return wishes.options(lexicons)
    return await engine.run(lambda: wishes.options(lexicons))
