"""WS /v1/stream: a drawing read while it is drawn."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from crnn.errors import OcrError
from service.auth.authenticate import PROTOCOL, admit, check_origin, tenant_of
from service.auth.gate import check_site
from service.drawing.stream import Limits, Stream
from service.errors import Overloaded, problem, status_of
from service.settings import Settings

router = APIRouter()


@router.websocket("/v1/stream")
async def stream(socket: WebSocket) -> None:
    """Frames in, readings out, for as long as the client draws."""
    state = socket.app.state
    settings: Settings = state.settings
    try:
        check_site(socket, settings)
        check_origin(socket, settings.origins())
        await admit(socket)
        if state.streams >= settings.stream_connections:
            message = f"{settings.stream_connections} streams are open (OCR_STREAM_CONNECTIONS)"
            raise Overloaded(message)
    except OcrError as exc:
        await socket.send_denial_response(problem(socket, status_of(exc), str(exc)))
        return
    offered = socket.headers.get("sec-websocket-protocol", "").replace(" ", "").split(",")
    state.streams += 1
    try:
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)
        limits = Limits(settings.stream_max_bytes, settings.stream_rate, settings.stream_idle_s)
        tenant = tenant_of(socket) or ""
        await Stream(socket, state.engine, state.board, tenant, limits).run()
    finally:
        state.streams -= 1
