"""Bodies on their way in: bytes, time and shares."""

from __future__ import annotations

import asyncio

import pytest

from service.errors import BodyTooLarge, BodyTooSlow, Overloaded
from service.http.intake import BodyLimits, Held, LimitBody

SCOPE = {"type": "http", "path": "/ocr", "headers": [], "client": ("10.0.0.1", 1), "state": {}}
LIMITS = BodyLimits(1000, 2400, 0.2, {"/v1/jobs": (5000, "OCR_JOB_MAX_BYTES")})


def read(chunks: list[bytes], *, path: str = "/ocr", wait_s: float = 0.0) -> int:
    """What a route that reads its body whole gets, in bytes."""
    total = 0

    async def route(scope, receive, send) -> None:
        nonlocal total
        more = True
        while more:
            message = await receive()
            total += len(message["body"])
            more = message["more_body"]

    waiting = list(chunks)

    async def receive() -> dict:
        await asyncio.sleep(wait_s)
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    app = LimitBody(route, LIMITS)
    asyncio.run(app({**SCOPE, "path": path}, receive, None))
    assert app.held.bytes == 0, "what was held is let go"
    return total


def test_a_body_within_the_limits_is_read_whole():
    assert read([b"a" * 400, b"b" * 600]) == 1000


def test_a_body_is_counted_as_it_comes():
    with pytest.raises(BodyTooLarge, match="OCR_MAX_BODY_BYTES"):
        read([b"a" * 600, b"b" * 600])
    assert read([b"a" * 4000], path="/v1/jobs") == 4000
    with pytest.raises(BodyTooLarge, match="OCR_JOB_MAX_BYTES"):
        read([b"a" * 6000], path="/v1/jobs")


def test_a_body_that_dawdles_is_given_up():
    with pytest.raises(BodyTooSlow, match="OCR_BODY_TIMEOUT_S"):
        read([b"a"] * 50, wait_s=0.05)


def test_one_caller_takes_half_of_the_room_for_bodies_and_others_the_rest():
    held = Held(100)
    held.add("a", 50)
    with pytest.raises(Overloaded, match="OCR_BODIES_MAX_BYTES"):
        held.add("a", 10)
    held.add("b", 49)
    with pytest.raises(Overloaded):
        held.add("c", 10)
    held.leave("a", 50)
    held.add("c", 10)
    assert held.bytes == 59
