"""A drawing read while it is drawn: frames come, readings go, and only the newest frame counts."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from crnn.errors import ReadError
from service.auth.authenticate import charge
from service.drawing.read_drawing import Board, By, Drawn, Ink
from service.engine import Engine
from service.errors import BadRequest, BodyTooLarge, Overloaded, in_place, request_id
from service.http.json_body import check_size, refusal
from service.observe.metrics import Meters
from service.request_options import ReadRequestOptions

log = logging.getLogger("crnn_ocr.stream")

MOST_REFUSED = 100
"""A caller who sends that many messages over the rate in a row is sent away."""

LEFT = (WebSocketDisconnect, RuntimeError, OSError)
"""What sending to a client raises that is gone."""

GONE_IDLE, GONE_ABUSE = 1000, 1008


class Message(Ink):
    """A message of the client's: a drawing, or how to read from now on, or both."""

    options: ReadRequestOptions | None = None


@dataclass(frozen=True)
class Limits:
    """What one connection may send. rate: messages a second."""

    max_bytes: int
    rate: float
    idle_s: float


@dataclass(frozen=True)
class Frame:
    """A drawing: an image file or strokes, and the number of it."""

    number: int
    image: bytes
    message: Message | None = None
    arrived: float = 0.0


class Stream:
    """One connection. Two tasks: one takes messages in, one answers the newest frame there is."""

    def __init__(
        self, socket: WebSocket, engine: Engine, board: Board, tenant: str, limits: Limits
    ) -> None:
        self._socket, self._engine, self._limits = socket, engine, limits
        self._board, self._tenant = board, tenant
        self._options = ReadRequestOptions.model_validate({})
        self._newest: Frame | None = None
        self._arrived, self._frames, self._answered = asyncio.Event(), 0, 0
        self._tokens, self._looked, self._refused = limits.rate, time.monotonic(), 0
        self._meters: Meters = socket.app.state.meters
        self._end = "left"

    async def run(self) -> None:
        """Until the client leaves, is idle too long, or is sent away."""
        answering = asyncio.create_task(self._answer())
        receiving = asyncio.create_task(self._receive())
        try:
            await asyncio.wait({answering, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, receiving):
                task.cancel()
            ends = await asyncio.gather(answering, receiving, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):  # most often the client left while it was answered
                self._end = "left" if isinstance(end, LEFT) else "failed"
                log.info("stream %s ended: %s", request_id(self._socket), type(end).__name__)
        self._meters.stream_ended(self._end)

    async def _receive(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._limits.idle_s):
                    message = await self._socket.receive()
            except TimeoutError:
                await self._refuse(BadRequest(f"nothing came for {self._limits.idle_s:g} s"))
                self._end = "idle"
                await self._socket.close(GONE_IDLE)
                return
            if message["type"] == "websocket.disconnect":
                return
            try:
                self._count()
                await self._take(message.get("bytes"), message.get("text"))
            except (ReadError, Overloaded) as exc:
                await self._refuse(exc)
            if self._refused > MOST_REFUSED:
                self._end = "abuse"
                await self._socket.close(GONE_ABUSE)
                return

    def _count(self) -> None:
        """A message within the rate. Raises: Overloaded."""
        now = time.monotonic()
        self._tokens += (now - self._looked) * self._limits.rate
        self._tokens, self._looked = min(self._tokens, max(1.0, self._limits.rate)), now
        if self._tokens < 1:
            self._refused += 1
            raise Overloaded(f"over {self._limits.rate:g} messages a second (OCR_STREAM_RATE)")
        self._tokens, self._refused = self._tokens - 1, 0

    async def _take(self, image: bytes | None, text: str | None) -> None:
        """A frame in place of the one before, or other options. Raises: ReadError."""
        if len(image or text or "") > self._limits.max_bytes:
            raise BodyTooLarge(f"over {self._limits.max_bytes} bytes (OCR_STREAM_MAX_BYTES)")
        message = await run_in_threadpool(parsed, text) if text is not None else None
        if message and message.options:
            self._options = message.options
        if message is None or message.strokes is not None:
            self._frames += 1
            self._newest = Frame(self._frames, image or b"", message, time.perf_counter())
            self._arrived.set()

    async def _answer(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            frame, self._newest = self._newest, None
            if frame is None:
                continue
            try:
                await self._read(frame)
            except Exception as exc:
                await self._refuse(exc, frame.number)

    async def _read(self, frame: Frame) -> None:
        started = time.perf_counter()

        by = By(self._tenant, self._engine.pick(request_id(self._socket), self._options.model))

        def work() -> Drawn:
            if frame.message:
                return self._board.read(frame.message, self._options, by)
            return self._board.read_image(frame.image, self._options, by)

        await charge(self._socket)
        with self._engine.admitted():
            drawn = await self._engine.run(work)
        spent_ms = 1000 * (time.perf_counter() - started)
        reading = drawn.answer(request_id(self._socket), spent_ms)
        dropped = frame.number - self._answered - 1
        self._answered = frame.number
        self._meters.frame_read(time.perf_counter() - frame.arrived, dropped)
        await self._send(
            {"type": "reading", "frame": frame.number, "dropped": dropped}
            | reading.model_dump(mode="json", exclude_none=True)
        )

    async def _refuse(self, exc: Exception, frame: int | None = None) -> None:
        self._meters.frame_was("refused")
        message = in_place(self._socket, exc).model_dump()
        del message["type"]
        await self._send({"type": "error", "frame": frame} | message)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(message, ensure_ascii=False))


def parsed(text: str) -> Message:
    """A message out of JSON. Raises: BadRequest."""
    body = text.encode()
    check_size(body)
    try:
        message = Message.model_validate_json(body)
    except ValidationError as exc:
        first = refusal(exc).errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))[:80]}: {first['msg'][:200]}"
        raise BadRequest(f"not a message: {reason}") from exc
    message.check()
    return message
