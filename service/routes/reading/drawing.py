"""POST /v1/drawing: a drawing as strokes, where a stream cannot be had or is too much."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from service.auth.authenticate import tenant_of
from service.disconnect import cancel_on_disconnect
from service.drawing.read_drawing import Board, By, DrawingAnswer, DrawingRequest
from service.errors import UnsupportedBody, request_id
from service.http.json_body import from_json
from service.read_request import engine_of
from service.request_body import is_form
from service.routes.reading.ocr import PROBLEMS

router = APIRouter(tags=["reading"])

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": DrawingRequest.model_json_schema()}},
    }
}


@router.post(
    "/v1/drawing", openapi_extra=BODY, responses=PROBLEMS, response_model_exclude_none=True
)
async def drawing(request: Request) -> DrawingAnswer:
    """Read strokes of a pen, as the stream does: the whole drawing, once."""
    started, engine, board = time.perf_counter(), engine_of(request), request.app.state.board
    assert isinstance(board, Board)
    engine.check_room()
    if is_form(request, "application/json with strokes"):
        raise UnsupportedBody("a form; send application/json with strokes")
    asked = await run_in_threadpool(from_json, await request.body(), DrawingRequest)
    asked.check()
    with engine.admitted():
        by = By(tenant_of(request) or "", engine.pick(request_id(request), asked.model))
        work = engine.run(lambda: board.read(asked, asked, by))
        drawn = await cancel_on_disconnect(request, work)
    return drawn.answer(request_id(request), 1000 * (time.perf_counter() - started))
