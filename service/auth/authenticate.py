"""Who asks: the API key of a request, and what it may ask for.

Nothing here applies where no keys are set: everyone is the same caller then.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from service.auth.api_keys import Key, Keys
from service.auth.rate_limits import Rates
from service.errors import Forbidden
from service.settings import Settings

SCHEMES: dict[str, dict[str, str]] = {
    "HTTPBearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "an API key, where the service asks for one",
    },
    "APIKeyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
"""The two ways to present a key, as OpenAPI tells of them."""

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
PROTOCOL, PROTOCOL_KEY = "crnn-ocr", "key."
"""A browser cannot set headers of a WebSocket: it offers the protocols crnn-ocr and key.KEY."""


def tell_of_keys(schema: dict[str, Any], open_paths: Collection[str]) -> None:
    """Add to an OpenAPI schema how keys are presented, for all paths but those that ask none."""
    schema.setdefault("components", {})["securitySchemes"] = SCHEMES
    for path, operations in schema["paths"].items():
        if path not in open_paths:
            for operation in operations.values():
                operation["security"] = [{name: []} for name in SCHEMES]


async def admit(connection: HTTPConnection) -> None:
    """Know the caller by their key. Raises: Unauthorized, Forbidden, TooOften."""
    keys: Keys | None = getattr(connection.app.state, "keys", None)
    if keys is not None:
        connection.state.caller = keys.caller(_presented(connection))
        await charge(connection)


async def charge(connection: HTTPConnection, cost: int = 1) -> None:
    """Count what a caller asks for. Raises: TooOften."""
    caller: Key | None = getattr(connection.state, "caller", None)
    if caller is not None:
        rates: Rates = connection.app.state.rates
        if rates.is_shared:
            await run_in_threadpool(rates.spend, caller, cost)
        else:
            rates.spend(caller, cost)


def tenant_of(connection: HTTPConnection) -> str | None:
    """The name of the caller's key; None where no keys are set and all is everyone's."""
    caller: Key | None = getattr(connection.state, "caller", None)
    return caller.name if caller else None


def caller_of(connection: HTTPConnection) -> str:
    """Whose share of something a request takes: the key's name, without keys the address."""
    tenant = tenant_of(connection)
    return tenant if tenant is not None else (connection.client.host if connection.client else "")


def admit_change(request: Request) -> None:
    """The dependency of routes that change which models read. Raises: Forbidden.

    With keys an admin's key is needed. Without them whoever sits at this machine may, which a proxy
    in front, a page of another site or another name of this machine do not.
    """
    settings: Settings = request.app.state.settings
    check_origin(request, settings.origins())
    if request.app.state.keys is not None:
        caller: Key | None = getattr(request.state, "caller", None)
        if caller is None or not caller.is_admin:
            raise Forbidden("this API key may not change models: its line does not say admin")
        return
    if settings.models_open:
        return
    host = request.client.host if request.client else ""
    passed_on = any(name in request.headers for name in FORWARDED)
    if passed_on or not is_loopback(host) or not is_loopback(request.url.hostname or ""):
        raise Forbidden("models are changed from this machine, with an admin's key (operations.md)")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address can only mean the machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_origin(connection: HTTPConnection, allowed: list[str]) -> None:
    """Refuse a WebSocket that a page of another site opens: no CORS protects it. Raises: Forbidden.

    A program sends no Origin.
    """
    origin = connection.headers.get("origin")
    if not origin or origin in allowed or "*" in allowed:
        return
    if urlsplit(origin).netloc != connection.headers.get("host"):
        raise Forbidden("a page of another site; OCR_CORS_ORIGINS says which may ask")


def _presented(connection: HTTPConnection) -> str | None:
    kind, _, key = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and key.strip():
        return key.strip()
    offered = connection.headers.get("sec-websocket-protocol", "")
    protocols = [one.strip() for one in offered.split(",")]
    keys = [one.removeprefix(PROTOCOL_KEY) for one in protocols if one.startswith(PROTOCOL_KEY)]
    return connection.headers.get("x-api-key") or (keys[0] if keys else None)
