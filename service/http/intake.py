"""Bodies on their way in: how large, how slow, and how many bytes of all of them together."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth.authenticate import caller_of
from service.errors import BodyTooLarge, BodyTooSlow, Overloaded

LEAST_BYTES_PER_S = 50_000
"""So much faster than that a body must come, or its time ends: a slow telephone line."""


@dataclass(frozen=True)
class BodyLimits:
    """What bodies may be. max_held: bytes of all bodies in memory, of one caller half of them.

    larger: paths whose bodies go to disk, with the bytes they take and the setting that says so.
    """

    max_bytes: int
    max_held: int
    timeout_s: float
    larger: Mapping[str, tuple[int, str]]


class Held:
    """The bytes of bodies in memory, by caller. For the event loop only."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._by_caller = max_bytes, Counter[str]()

    @property
    def bytes(self) -> int:
        """Of all callers."""
        return self._by_caller.total()

    def add(self, caller: str, count: int) -> None:
        """Take more bytes of a caller's. Raises: Overloaded."""
        mine = self._by_caller[caller] + count
        if self.bytes + count > self._max_bytes or mine > self._max_bytes // 2 + 1:
            raise Overloaded(
                f"the bodies of other requests take {self.bytes} bytes "
                "(OCR_BODIES_MAX_BYTES, half of it for one caller); try again shortly"
            )
        self._by_caller[caller] = mine

    def leave(self, caller: str, count: int) -> None:
        """Let go of bytes."""
        self._by_caller[caller] -= count
        if self._by_caller[caller] <= 0:
            del self._by_caller[caller]


class LimitBody:
    """ASGI middleware: no request sends more, or more slowly, than BodyLimits say."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self.app, self._limits = app, limits
        self.held = Held(limits.max_held)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received; errors are raised where the body is read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(scope, receive, self._limits, self.held)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.held.leave(body.caller, body.held)


class _Body:
    """The body of one request."""

    def __init__(self, scope: Scope, receive: Receive, limits: BodyLimits, held: Held) -> None:
        self.caller, self.held, self._seen = caller_of(Request(scope)), 0, 0
        self._receive, self._held_by_all, self._limits = receive, held, limits
        usual = (limits.max_bytes, "OCR_MAX_BODY_BYTES")
        self._max_bytes, self._setting = limits.larger.get(scope["path"], usual)
        self._is_kept = scope["path"] not in limits.larger
        self._declared = Headers(scope=scope).get("content-length", "0")
        self._began: float | None = None
        self._is_whole = False

    async def receive(self) -> Message:
        """The next message. Raises: BodyTooLarge, BodyTooSlow, Overloaded."""
        if self._is_whole:
            return await self._receive()
        self._check_declared()
        message = await self._in_time()
        size = len(message.get("body", b""))
        self._seen += size
        if self._seen > self._max_bytes:
            raise BodyTooLarge(f"the body is over {self._max_bytes} bytes ({self._setting})")
        if self._is_kept and size:
            self._held_by_all.add(self.caller, size)
            self.held += size
        self._is_whole = not message.get("more_body", False)
        return message

    def _check_declared(self) -> None:
        if self._declared.isdigit() and int(self._declared[:20]) > self._max_bytes:
            message = f"{int(self._declared[:20])} bytes; the limit is {self._max_bytes}"
            raise BodyTooLarge(f"{message} ({self._setting})")

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._began = self._began or now
        due = self._began + self._limits.timeout_s + self._seen / LEAST_BYTES_PER_S
        try:
            async with asyncio.timeout_at(due):
                return await self._receive()
        except TimeoutError as exc:
            raise BodyTooSlow(
                f"{self._seen} bytes of the body came within {now - self._began:.0f} s; it has "
                f"{self._limits.timeout_s:g} s (OCR_BODY_TIMEOUT_S) and one more for every "
                f"{LEAST_BYTES_PER_S} bytes"
            ) from exc
