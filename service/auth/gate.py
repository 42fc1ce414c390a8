"""Who may ask at all, settled before a byte of the body is read: one gate for every route.

With keys: a key that is known, for every path but the open ones. Without keys: a page of another
site must not ask in the name of whoever sits at this machine. It cannot by its own name
(DNS rebinding: the Host is a name that is not this service's) nor from its own pages (a form or a
script of another site: the Origin).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from crnn.errors import OcrError
from service import errors
from service.auth.authenticate import admit, check_origin
from service.errors import Forbidden
from service.settings import Settings

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
PROBES = frozenset(("/healthz", "/readyz"))
"""Asked by whatever name an orchestrator has for this process; they say nothing of anyone's."""
ALWAYS_OPEN = frozenset(("/openapi.json",))


class Gate:
    """ASGI middleware: refuses callers before what they send is looked at."""

    def __init__(self, app: ASGIApp, settings: Settings, open_routes: Iterable[Any]) -> None:
        self.app, self._settings = app, settings
        self._open = [route.path_regex for route in open_routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not. WebSockets ask themselves (routes.stream)."""
        if scope["type"] == "http":
            request = Request(scope)
            try:
                await self._check(request)
            except OcrError as exc:
                response = await errors.on_ocr_error(request, exc)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _check(self, request: Request) -> None:
        path = request.scope["path"]
        check_site(request, self._settings)
        if path not in ALWAYS_OPEN and not any(one.match(path) for one in self._open):
            await admit(request)


def check_site(connection: HTTPConnection, settings: Settings) -> None:
    """Where no keys are set: refuse other names of this machine and pages of other sites.

    Raises: Forbidden.
    """
    if connection.app.state.keys is not None:
        return
    host = host_of(connection)
    if connection.scope["path"] not in PROBES and not is_own_name(host, settings.allowed()):
        raise Forbidden(
            f"{host[:80]!r} is not known as a name of this service; OCR_ALLOWED_HOSTS lists its "
            "names where no API keys are set"
        )
    if connection.scope.get("method", "GET") not in SAFE:
        check_origin(connection, settings.origins())


def host_of(connection: HTTPConnection) -> str:
    """The name that a caller calls this service by, without port; "" where there is none."""
    try:
        return (urlsplit("//" + connection.headers.get("host", "")).hostname or "").rstrip(".")
    except ValueError:
        return "?"


def is_own_name(host: str, allowed: Collection[str]) -> bool:
    """Whether a name cannot be one that another site gave this machine."""
    if not host or "*" in allowed or host in allowed or host == "localhost":
        return True
    if host.endswith(".localhost") or host in machine_names():
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def machine_names() -> set[str]:
    """The machine's own name, as it is and without its domain."""
    name = socket.gethostname().lower()
    return {name, re.split(r"\.", name)[0]} - {""}
