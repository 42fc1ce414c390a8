"""GET /healthz says the process lives, GET /readyz that it reads."""

from __future__ import annotations

import cv2
import numpy as np
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from crnn.options import ReadOptions
from service.engine import Engine

router = APIRouter(tags=["health"])

_CANVAS = np.full((32, 160), 255, np.uint8)
PROBE = cv2.imencode(
    ".png", cv2.putText(_CANVAS, "0123", (8, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
)[1]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(request: Request) -> dict[str, str]:
    """Whether images can be read: a real one is, beside the queue, so that load is not illness."""
    engine: Engine = request.app.state.engine
    await run_in_threadpool(engine.reader.read, PROBE.tobytes(), ReadOptions(mode="line"))
    return {"status": "ready", "model": engine.reader.spec.name}
