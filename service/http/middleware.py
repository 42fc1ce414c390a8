"""What stands around the routes, the innermost first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from service.auth.gate import Gate
from service.http.intake import BodyLimits, LimitBody
from service.observe.access_log import Access
from service.observe.metrics import Meters
from service.observe.tracing import Spans, Tracing
from service.routes.stored import jobs
from service.settings import Settings

FORM_BYTES = 1_000_000
"""What the form around the files of a job may take besides them."""


def wrap(
    app: FastAPI,
    settings: Settings,
    open_routes: Iterable[Any],
    meters: Meters,
    tracing: Tracing | None,
) -> None:
    """Add the middleware to an app. open_routes: those that never ask for a key."""
    if tracing:
        app.add_middleware(Spans, tracing=tracing)
    larger = {jobs.router.prefix: (settings.job_max_bytes + FORM_BYTES, "OCR_JOB_MAX_BYTES")}
    held, timeout_s = settings.bodies_max_bytes, settings.body_timeout_s
    limits = BodyLimits(settings.max_body_bytes, held, timeout_s, larger)
    app.add_middleware(LimitBody, limits=limits)
    app.add_middleware(Gate, settings=settings, open_routes=open_routes)
    if settings.origins():
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins(),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "Idempotency-Key"],
            expose_headers=["X-Request-ID", "Retry-After", "Location"],
        )
    app.add_middleware(Access, meters=meters)
