"""Drawings over HTTP and over a WebSocket, behind a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from service.auth.api_keys import new_key
from tests.conftest import drawn, png
from tests.e2e.service.test_service import start, stop

KEY, KEY_LINE = new_key("board")


def board(text: str) -> bytes:
    """A canvas, light on dark, with digits somewhere in it."""
    canvas = np.zeros((280, 280), np.uint8)
    line = 255 - drawn(text)
    canvas[100 : 100 + line.shape[0], 40 : 40 + line.shape[1]] = np.where(line > 20, line, 0)
    return png(canvas)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server, address = start(
        OCR_STREAM_MAX_BYTES="60000", OCR_STREAM_IDLE_S="2", OCR_STREAM_CONNECTIONS="2",
        OCR_STREAM_RATE="40", OCR_THREADS="1", OCR_LANGUAGE="",
        OCR_LOG_LEVEL="debug", OCR_LOG_FORMAT="json",
    )  # fmt: skip
    yield address
    output = stop(server)
    assert "Traceback" not in output and "traceback" not in output, output
    assert "2026-11-20" not in output and "strokes" not in output, "a drawing stands in the log"
    rows = [json.loads(row) for row in output.splitlines() if row.startswith("{")]
    assert {"/predict"} <= {row.get("route") for row in rows}


def stream(url: str, path: str = "/v1/stream", **options: object):
    return connect(url.replace("http:", "ws:") + path, proxy=None, **options)


def told(socket) -> dict:
    return json.loads(socket.recv(timeout=20))


@pytest.mark.parametrize("part", ["file", "image"])
def test_a_drawn_digit_is_predicted(url, part):
    answer = httpx.post(f"{url}/predict", files={part: board("7")}, data={"length": "one"}).json()
    assert answer["digit"] == 7
    assert 0 < answer["confidence"] <= 1
    assert answer["digits"] == [{"digit": 7, "confidence": answer["confidence"]}]


def test_several_digits_are_a_text_and_a_list(url):
    answer = httpx.post(f"{url}/predict", files={"file": board("20478")}).json()
    assert answer["text"] == "20478"
    assert [one["digit"] for one in answer["digits"]] == [2, 0, 4, 7, 8]
    assert answer["digit"] == 2


def test_an_empty_board_has_no_digit(url):
    answer = httpx.post(f"{url}/predict", files={"file": png(np.zeros((280, 280), np.uint8))})
    assert answer.json()["digit"] is None
    assert answer.json()["digits"] == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {}}, 415),
        ({"files": {"other": board("7")}}, 400),
        ({"files": {"file": b"no"}}, 415),
        ({"files": {"file": board("7")}, "data": {"length": "two"}}, 422),
    ],
)
def test_what_is_no_drawing_is_a_problem(url, sent, status):
    answer = httpx.post(f"{url}/predict", **sent)
    assert answer.status_code == status, answer.text


def test_strokes_and_frames_are_answered_as_they_come(url):
    with stream(url) as socket:
        message = {"strokes": SEVEN, "options": {"mode": "line", "grammar": {"regex": "[0-9]"}}}
        socket.send(json.dumps(message))
        answer = told(socket)
        assert (answer["type"], answer["frame"], answer["dropped"]) == ("reading", 1, 0)
        assert answer["text"] == "7"
        socket.send(json.dumps({"options": {"mode": "line"}}))
        socket.send(png(drawn("2026-11-20")))
        answer = told(socket)
        assert (answer["frame"], answer["text"]) == (2, "2026-11-20")


SEVEN = [[[10, 10], [60, 10], [30, 90]]]


def test_strokes_are_read_by_a_request_as_by_the_stream(url):
    asked = {"strokes": SEVEN, "reads": "digits", "picture": True}
    answer = httpx.post(f"{url}/v1/drawing", json=asked | {"n_best": 3, "detail": "chars"}).json()
    assert (answer["text"], answer["model"]) == ("7", "digits")
    assert len(answer["lines"][0]["n_best"]) == 3
    assert answer["picture"].startswith("data:image/png;base64,")
    with stream(url) as socket:
        socket.send(json.dumps(asked))
        seen = told(socket)
    assert (seen["text"], seen["picture"]) == ("7", answer["picture"])
    assert "picture" not in httpx.post(f"{url}/v1/drawing", json={"strokes": SEVEN}).json()


def test_nothing_drawn_says_nothing_even_to_a_grammar(url):
    for strokes in ([], [[]]):
        answer = httpx.post(f"{url}/v1/drawing", json={"strokes": strokes, "reads": "digits"})
        assert (answer.status_code, answer.json()["text"], answer.json()["lines"]) == (200, "", [])


def test_a_grammar_of_the_callers_own_is_kept_to(url):
    asked = {"strokes": SEVEN, "reads": "digits", "grammar": {"regex": "[18]"}}
    answer = httpx.post(f"{url}/v1/drawing", json=asked).json()
    assert answer["text"] in ("1", "8", "") or answer["lines"][0]["rejected"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"json": {}}, 422),
        ({"json": {"strokes": [[[1]]]}}, 422),
        ({"json": {"strokes": SEVEN, "reads": "odd"}}, 422),
        ({"json": {"strokes": [[[0, 0]] * 20_001]}}, 400),
        ({"data": {"strokes": "x"}}, 415),
        ({"files": {"file": b"x"}}, 415),
    ],
)
def test_what_are_no_strokes_is_a_problem(url, asked, status):
    answer = httpx.post(f"{url}/v1/drawing", **asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_newest_frame_wins(url):
    with stream(url) as socket:
        frames = [png(drawn(f"{n:04}" * 6)) for n in range(1000, 1030)]
        for frame in frames:
            socket.send(frame)
        seen = [told(socket)]
        while seen[-1]["frame"] < len(frames):
            seen.append(told(socket))
    numbers = [one["frame"] for one in seen]
    assert numbers == sorted(set(numbers))
    assert len(seen) + sum(one["dropped"] for one in seen) == len(frames)
    assert seen[-1]["text"] == "1029" * 6


@pytest.mark.parametrize(
    "message",
    [
        "no json", "[]", '{"strokes": [[[1]]]}', '{"strokes": [[[1, "x"]]]}', '{"odd": 1}',
        '{"strokes": [[[1e999, 2]]]}', '{"options": {"mode": "odd"}}', b"no image",
    ],
)  # fmt: skip
def test_a_wrong_message_is_an_error_and_the_stream_goes_on(url, message):
    with stream(url) as socket:
        socket.send(message)
        answer = told(socket)
        assert (answer["type"], answer["success"]) == ("error", False)
        assert 400 <= answer["status"] < 500
        socket.send(png(drawn("47")))
        assert told(socket)["text"] == "47"


def test_messages_over_the_rate_are_refused_and_then_the_caller(url):
    with stream(url) as socket:
        refused = []
        with pytest.raises(ConnectionClosed) as caught:
            for _ in range(1000):
                socket.send('{"options": {}}')
            while True:
                refused.append(told(socket))
        assert caught.value.rcvd.code == 1008
        assert {one["status"] for one in refused} == {429}


def test_a_large_message_a_silent_caller_and_one_too_many_are_sent_away(url):
    with stream(url) as socket, pytest.raises(ConnectionClosed) as caught:
        socket.send(b"x" * 70_000)
        told(socket)
    assert caught.value.rcvd.code == 1009
    with stream(url) as socket, stream(url) as other:
        with pytest.raises(InvalidStatus) as refused:
            stream(url)
        assert refused.value.response.status_code == 429
        started = time.monotonic()
        assert "nothing came" in told(socket)["detail"]
        assert time.monotonic() - started > 1
        assert "nothing came" in told(other)["detail"]


def test_a_page_of_another_site_may_not_open_a_stream(url):
    with pytest.raises(InvalidStatus) as refused:
        stream(url, origin="https://other.example")
    assert refused.value.response.status_code == 403
    with stream(url, origin=url) as socket:
        socket.send(png(drawn("47")))
        assert told(socket)["text"] == "47"


def test_a_stream_asks_for_the_key_too(tmp_path):
    (tmp_path / "keys").write_text(KEY_LINE, "utf-8")
    server, url = start(OCR_API_KEYS_FILE=str(tmp_path / "keys"), OCR_LANGUAGE="")
    try:
        with pytest.raises(InvalidStatus) as refused:
            stream(url)
        assert refused.value.response.status_code == 401
        with stream(url, subprotocols=["crnn-ocr", f"key.{KEY}"]) as socket:
            assert socket.subprotocol == "crnn-ocr"
            socket.send(png(drawn("47")))
            assert told(socket)["text"] == "47"
        with stream(url, additional_headers={"X-API-Key": KEY}) as socket:
            socket.send(png(drawn("47")))
            assert told(socket)["text"] == "47"
    finally:
        output = stop(server)
    assert KEY not in output
