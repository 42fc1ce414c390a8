"""Callers who leave, and drawings, as GET /metrics tells of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import httpx
import numpy as np
import pytest
from websockets.sync.client import connect

from tests.conftest import drawn, png
from tests.e2e.service.test_faults import sent
from tests.e2e.service.test_service import start, stop

LINE = png(drawn("2026-11-20"))
LONG = png(np.tile(drawn("0123456789" * 8), (12, 1)))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server, address = start(OCR_THREADS="1", OCR_STREAM_IDLE_S="3", OCR_TIMEOUT_S="240")
    yield address
    assert "Traceback" not in stop(server)


def meter(url: str, name: str) -> float:
    """A value of GET /metrics, 0 where it is not told."""
    told = httpx.get(f"{url}/metrics", timeout=60).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE)
    return float(found[1]) if found else 0.0


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_caller_who_hangs_up_is_counted_and_holds_no_place(url):
    gone = 'ocr_requests_total{method="POST",route="/ocr",status="499"}'
    assert meter(url, gone) == 0
    flying = [sent(url, LONG) for _ in range(3)]
    until(lambda: meter(url, "ocr_requests_in_flight") == 3)
    for one in flying:
        one.close()
    until(lambda: meter(url, gone) == 3)
    until(lambda: meter(url, "ocr_requests_in_flight") == 0)


def test_drawings_are_counted_and_how_their_streams_end(url):
    address = url.replace("http:", "ws:") + "/v1/stream"
    with connect(address, proxy=None) as socket:
        socket.send(LINE)
        socket.recv(timeout=120)
        socket.send("{")
        socket.recv(timeout=120)
        assert meter(url, "ocr_streams_open") == 1
    until(lambda: meter(url, 'ocr_streams_total{end="left"}') == 1)
    assert meter(url, 'ocr_stream_frames_total{outcome="read"}') == 1
    assert meter(url, 'ocr_stream_frames_total{outcome="refused"}') == 1
    assert meter(url, "ocr_stream_frame_seconds_count") == 1
    assert meter(url, "ocr_streams_open") == 0
    with connect(address, proxy=None):
        until(lambda: meter(url, 'ocr_streams_total{end="idle"}') == 1)
