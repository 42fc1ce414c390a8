"""ASGI middleware around everything: the request's id, its line in the log, safe headers."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth.api_keys import Key
from service.observe.metrics import Meters

log = logging.getLogger("crnn_ocr.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

DISCONNECTED = 499
"""What logs and meters call a request whose caller hung up: nginx's number for it."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Access:
    """Gives each request an id, or keeps the one it came with, and tells how it was answered."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see what is answered."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                secure(headers)
            await send(message)

        try:
            await self.app(scope, receive, seen)
        finally:
            if scope["type"] == "http":
                self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        """The route stands for the path: names of lexicons and ids of jobs are left out."""
        if scope["state"].get("is_gone"):
            status = DISCONNECTED
        method, route = scope["method"], getattr(scope.get("route"), "path", "none")
        if route == "none" or not method.isalpha():
            method = "other"
        self._meters.answered(method, route, status, seconds)
        caller: Key | None = scope["state"].get("caller")
        fields = {
            "request_id": scope["state"]["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
            "key": caller.name if caller else None,
        }
        words = (method, route, status, fields["ms"], fields["request_id"])
        log.info("%s %s %d %s ms %s", *words, extra={"fields": fields})


def secure(headers: MutableHeaders) -> None:
    """Headers that no answer goes without; a route may set stricter ones, or keep its own cache."""
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
    is_page = headers.get("content-type", "").startswith("text/html")
    policy = PAGE_POLICY if is_page else "default-src 'none'; frame-ancestors 'none'"
    headers.setdefault("Content-Security-Policy", policy)
    if "frame-ancestors 'none'" not in headers["Content-Security-Policy"]:
        del headers["X-Frame-Options"]  # it cannot name sites
