"""GET /metrics: counts and times for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from service.observe.metrics import CONTENT_TYPE, Meters

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Counts and times in the words of Prometheus."""
    meters: Meters = request.app.state.meters
    return Response(await run_in_threadpool(meters.text), media_type=CONTENT_TYPE)
