"""Connections that take their time: uvicorn's protocol with deadlines.

uvicorn waits for ever for the end of a request's headers and for a caller who stops reading. Here
both have a time; the body's is kept by service.http.intake, and what is left of a body whose answer
was sent already has the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 64_000
LEAST_SENT_PER_S = 10_000
"""A caller who reads more slowly than that, for as long as answers may wait, is left."""


@dataclass(frozen=True)
class ConnectionLimits:
    """How long a connection may take for headers, for a body nobody reads, and for an answer."""

    header_s: float
    body_s: float
    send_s: float
    max_count: int


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 within ConnectionLimits."""

    limits: ClassVar[ConnectionLimits]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller connects: they have the headers' time."""
        super().connection_made(transport)
        self._waits: asyncio.TimerHandle | None = None
        self._writes: asyncio.TimerHandle | None = None
        self._in_headers, self._header_bytes, self._is_whole = True, 0, True
        if len(self.connections) > self.limits.max_count:
            transport.abort()
            return
        self._wait(self.limits.header_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """No deadline is left."""
        self._wait(None)
        self._stop_looking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; headers without end are none."""
        super().data_received(data)
        if self._in_headers:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins, on a new connection or one that was kept."""
        super().on_message_begin()
        self._in_headers, self._header_bytes, self._is_whole = True, 0, False
        self._wait(self.limits.header_s)

    def on_headers_complete(self) -> None:
        """Its headers are whole."""
        self._in_headers = False
        self._wait(None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Its body is whole."""
        self._is_whole = True
        self._wait(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """It was answered, perhaps before its body was read."""
        super().on_response_complete()
        if not self._is_whole:
            self._wait(self.limits.body_s)

    def pause_writing(self) -> None:
        """The caller does not read as fast as answers are written."""
        super().pause_writing()
        if self._writes is None:
            self._look_later()

    def resume_writing(self) -> None:
        """The caller has read nearly all."""
        super().resume_writing()
        self._stop_looking()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for long: what is not read yet will not be."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _wait(self, seconds: float | None) -> None:
        if self._waits:
            self._waits.cancel()
        self._waits = None if seconds is None else self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        if self.transport.get_protocol() is self:  # else it became a WebSocket
            self.transport.abort()

    def _look_later(self) -> None:
        left, wait_s = self.transport.get_write_buffer_size(), self.limits.send_s
        self._writes = self.loop.call_later(wait_s, self._look, left)

    def _look(self, left: int) -> None:
        read = left - self.transport.get_write_buffer_size()
        if read < LEAST_SENT_PER_S * self.limits.send_s:
            self.transport.abort()
        else:
            self._look_later()

    def _stop_looking(self) -> None:
        if self._writes:
            self._writes.cancel()
        self._writes = None


def protocol(limits: ConnectionLimits) -> Any:
    """The protocol with these limits, for uvicorn."""
    return type("LimitedProtocol", (Protocol,), {"limits": limits})
