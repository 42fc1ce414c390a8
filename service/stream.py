"""A drawing read while it is drawn: frames come, readings go, and only the newest frame counts."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crnn.errors import ReadError
from crnn.read import Page
from service.admission import charge
from service.drawing import rendered
from service.engine import Engine
from service.errors import BadRequest, BodyTooLarge, Overloaded, in_place, request_id
from service.lexicons import Lexicons
from service.meters import Meters
from service.schemas import Wishes, answer

log = logging.getLogger("crnn_ocr.stream")

MOST_STROKES, MOST_POINTS = 2_000, 20_000
MOST_REFUSED = 100
"""A caller who sends that many messages over the rate in a row is sent away."""

LEFT = (WebSocketDisconnect, RuntimeError, OSError)
"""What sending to a client raises that is gone."""

GONE_IDLE, GONE_ABUSE = 1000, 1008

Number = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Point = Annotated[list[Number], Field(min_length=2, max_length=3)]


class Message(BaseModel):
    """A message of the client's: strokes of a drawing, or how to read from now on, or both."""

    model_config = ConfigDict(extra="forbid")

    strokes: list[list[Point]] | None = Field(None, max_length=MOST_STROKES)
    pen: float = Field(0.0, ge=0, le=1000)
    options: Wishes | None = None


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
        self, socket: WebSocket, engine: Engine, lexicons: Lexicons, tenant: str, limits: Limits
    ) -> None:
        self._socket, self._engine, self._limits = socket, engine, limits
        self._options: Callable[[], Any] = lambda: self._wishes.options(lexicons, tenant)
        self._wishes = Wishes.model_validate({})
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
            self._wishes = message.options
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

        def work() -> tuple[Page, Any]:
            options = self._options()
            message = frame.message
            drawn = rendered(message.strokes or [], message.pen) if message else frame.image
            return self._engine.look(drawn, options), options

        await charge(self._socket)
        with self._engine.admitted():
            page, options = await self._engine.run(work)
        spent_ms = 1000 * (time.perf_counter() - started)
        told = (self._engine.reader.spec.name, request_id(self._socket), spent_ms)
        reading = answer(page, *told, detail=options.detail, lexicon=options.decoding.lexicon)
        dropped = frame.number - self._answered - 1
        self._answered = frame.number
        self._meters.frame_read(time.perf_counter() - frame.arrived, dropped)
        await self._send(
            {"type": "reading", "frame": frame.number, "dropped": dropped}
            | reading.model_dump(mode="json", exclude_none=True)
        )

    async def _refuse(self, exc: Exception, frame: int | None = None) -> None:
        self._meters.frame_was("refused")
        told = in_place(self._socket, exc).model_dump()
        del told["type"]
        await self._send({"type": "error", "frame": frame} | told)

    async def _send(self, told: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(told, ensure_ascii=False))


def parsed(text: str) -> Message:
    """A message out of JSON. Raises: BadRequest."""
    try:
        message = Message.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        told = f"{'.'.join(map(str, first['loc']))[:80]}: {first['msg'][:200]}"
        raise BadRequest(f"not a message: {told}") from exc
    if sum(map(len, message.strokes or [])) > MOST_POINTS:
        raise BadRequest(f"over {MOST_POINTS} points")
    return message
