"""Callers who dawdle at every stage, beside one who does not. No proxy stands in front."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests.conftest import drawn, png
from tests.e2e.service.test_service import start

LINE = png(drawn("2026-11-20"))
TIMES = {
    "OCR_HEADER_TIMEOUT_S": "2",
    "OCR_BODY_TIMEOUT_S": "3",
    "OCR_SEND_TIMEOUT_S": "2",
    "OCR_TIMEOUT_S": "5",
    "OCR_MAX_CONNECTIONS": "200",
}
HALF = b"POST /ocr HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    server, address = start(OCR_DATA_DIR=str(tmp_path_factory.mktemp("data")), **TIMES)
    yield address
    server.send_signal(signal.SIGTERM)
    output = server.communicate(timeout=30)[0]
    assert "Traceback" not in output, output


def connected(url: str, data: bytes = b"", room: int = 0) -> socket.socket:
    found = socket.socket()
    if room:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    found.settimeout(30)
    found.connect(("127.0.0.1", int(url.rpartition(":")[2])))
    found.sendall(data)
    return found


def is_read(url: str) -> None:
    got = httpx.post(f"{url}/ocr", files={"file": LINE}, timeout=20)
    assert got.json()["text"] == "2026-11-20"


def seconds_until_closed(one: socket.socket) -> float:
    started = time.monotonic()
    try:
        while one.recv(65536):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - started


def test_half_sent_bodies_keep_nobody_from_reading_and_are_answered_408(url):
    """65 of them took every place for as long as they liked."""
    half = HALF + b"Content-Length: 100000\r\n\r\n" + b'{"image_base64": "'
    slow = [connected(url, half) for _ in range(66)]
    started = time.monotonic()
    is_read(url)
    assert time.monotonic() - started < 3
    answer = b"".join(iter(lambda: slow[0].recv(65536), b""))
    assert b"408" in answer.split(b"\r\n")[0]
    assert b"OCR_BODY_TIMEOUT_S" in answer
    for one in slow:
        assert seconds_until_closed(one) < 3
        one.close()


def test_unfinished_headers_are_closed(url):
    slow = [connected(url, b"GET / HTTP/1.1\r\nHost: loc") for _ in range(100)]
    is_read(url)
    assert max(map(seconds_until_closed, slow)) < 4
    for one in slow:
        one.close()


def test_headers_that_never_end_are_closed(url):
    one = connected(url, b"GET / HTTP/1.1\r\n")
    with pytest.raises(OSError):
        for number in range(100_000):
            one.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))
    one.close()
    is_read(url)


def test_more_connections_than_may_be_are_closed_at_once(url):
    held = [connected(url) for _ in range(200)]
    one_more = connected(url)
    assert seconds_until_closed(one_more) < 1
    for one in (*held, one_more):
        one.close()
    time.sleep(0.1)
    is_read(url)


def test_a_caller_who_reads_no_answer_is_left(url):
    text = "一" * 3000
    lines = [{"text": text, "box": [0, 0, 9, 9]} for _ in range(900)]
    page = {"width": 9, "height": 9, "lines": lines}
    body = httpx.Request("POST", url, json={"format": "json", "pages": [page, page]}).content
    head = b"POST /v1/results HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with connected(url, head + b"Content-Length: %d\r\n\r\n" % len(body) + body, room=4096) as one:
        total = len(one.recv(1000))
        time.sleep(5)
        with suppress(ConnectionError):
            while part := one.recv(65536):
                total += len(part)
    assert total < len(body) / 2, "the answer was kept for one who did not read it"


def test_a_body_after_its_refusal_is_not_waited_for(url):
    head = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    one = connected(url, head)
    assert b"404" in one.recv(65536)
    assert seconds_until_closed(one) < 4
    one.close()


def test_a_dawdler_does_not_keep_the_service_from_stopping(tmp_path):
    server, url = start(OCR_DATA_DIR=str(tmp_path), **(TIMES | {"OCR_BODY_TIMEOUT_S": "600"}))
    slow = [connected(url, HALF + b"Content-Length: 100000\r\n\r\n{") for _ in range(3)]
    time.sleep(0.3)
    started = time.monotonic()
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=60)
    assert time.monotonic() - started < 5 + 2 + 5
    for one in slow:
        one.close()


def test_one_caller_takes_a_part_of_the_places_of_those_who_listen():
    import asyncio

    from service.errors import Overloaded
    from service.jobs.events import MAX_LISTENERS, MAX_OF_CALLER, Listeners

    async def story() -> None:
        listeners, held = Listeners(None), []
        for number in range(MAX_LISTENERS):
            place = listeners.place(f"caller {number // MAX_OF_CALLER}")
            place.__enter__()
            held.append(place)
            if number == MAX_OF_CALLER - 1:
                with pytest.raises(Overloaded, match="one caller"), listeners.place("caller 0"):
                    pass
        with pytest.raises(Overloaded, match="already"), listeners.place("another"):
            pass
        held[0].__exit__(None, None, None)
        with listeners.place("another"):
            pass

    asyncio.run(story())
