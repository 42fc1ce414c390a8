"""OpenTelemetry, where its own variables ask for it: a span a request, a span each part of reading.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT (or _TRACES_ENDPOINT) is set: those are the names of its own
specification. No attribute ever holds an image, a text, a path, a key or a name of a file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from crnn import __version__
from crnn.recognize.instrumentation import Stage

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

log = logging.getLogger("crnn_ocr.tracing")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
QUIET = {"/healthz", "/readyz", "/metrics"}
"""Routes that are asked every few seconds, by machines."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Tracing | None:
    """The tracing that the environment asks for; None where it does not, or it cannot be had."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if is_off or not any(environment.get(name) for name in ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("%s is set, but not installed: pip install 'crnn-ocr[otel]'", ENDPOINTS[0])
        return None
    named = {} if "OTEL_SERVICE_NAME" in environment else {"service.name": "crnn-ocr"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


class Tracing:
    """Makes spans. provider: an OpenTelemetry SDK TracerProvider."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self.tracer: Tracer = provider.get_tracer("crnn_ocr", __version__)

    def stages(self, measured: Stage) -> Stage:
        """Parts of reading, measured as before and told as spans of what is going on."""

        @contextmanager
        def stage(name: str) -> Iterator[None]:
            with measured(name), self.tracer.start_as_current_span(name, **QUIETLY):
                yield

        return stage

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()


QUIETLY: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
"""The message of an exception may quote what was read."""


class Spans:
    """ASGI middleware inside Access: the span of a request, a child of its traceparent."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self.app, self._tracer = app, tracing.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a span and close it when the answer is given, or the stream has ended."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in QUIET:
            await self.app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        came = TraceContextTextMapPropagator().extract(dict(Headers(scope=scope)))
        status = 0

        async def seen(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        attributes = {"context": came, "kind": SpanKind.SERVER, **QUIETLY}
        with self._tracer.start_as_current_span(scope["type"], **attributes) as span:
            try:
                await self.app(scope, receive, seen)
            except Exception:
                status = 500  # as the middleware around this one will answer it
                raise
            finally:
                _describe(span, scope, status)


def _describe(span: Any, scope: Scope, status: int) -> None:
    """The route stands for the path, as in the log."""
    method = scope.get("method", "WS")
    route = getattr(scope.get("route"), "path", None)
    span.update_name(f"{method} {route}" if route else method)
    span.set_attribute("http.request.method", method)
    span.set_attribute("crnn_ocr.request_id", scope.get("state", {}).get("request_id", ""))
    if route:
        span.set_attribute("http.route", route)
    if status:
        span.set_attribute("http.response.status_code", status)
    if status >= 500:
        from opentelemetry.trace import StatusCode

        span.set_status(StatusCode.ERROR)
