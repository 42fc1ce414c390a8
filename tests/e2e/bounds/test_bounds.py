"""What one request may cost: the worst bodies known, and a minute of random ones.

`tests.bench.bounds.bounds` and `tests.bench.bounds.hostile` judge with tighter limits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.bench.bounds import hostile
from tests.bench.bounds.bodies import PICTURES, WAYS, Asked, packed, wrong
from tests.bench.bounds.bounds import MAX_MB, busy_s, sent
from tests.bench.bounds.watching import Watch
from tests.bench.service.served import Served, served

TIMEOUT_S, SILENCE_S = 4.0, 2.0
"""A machine that does other things too is silent longer than the 0.2 s of the bench."""


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    if not request.config.getoption("--long"):
        pytest.skip("SKIPPED: needs a quiet machine: pytest --long tests/e2e/bounds")
    with served(OCR_THREADS="2", OCR_TIMEOUT_S=f"{TIMEOUT_S:g}") as found:
        yield found
    assert "Traceback" not in found.output, found.output[-3000:]


def cost(server: Served, asked: Asked) -> tuple[int, float, float, float]:
    """Status, seconds, peak MB and silence of one request."""
    with httpx.Client(base_url=server.url, timeout=60) as client, Watch(
        server.pid, server.url
    ) as watch:  # fmt: skip
        status, spent_s = sent(server, client, asked)
    return status, spent_s, watch.peak_mb, watch.silence_s


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["dots every 24", "dots every 12", "page of small text"])
def test_a_picture_costs_no_more_than_it_may(server, kind, way):
    """Up to 8.8 GB, and a thread for 150 s after the answer, before lines were counted."""
    path, fields = WAYS[way]
    name = "blank" if way == "propose" else "file"
    one = Asked(kind, path, {"files": {name: PICTURES[kind]()}, "data": fields})
    status, spent_s, peak_mb, _ = cost(server, one)
    assert status in (200, 413, 503)
    assert spent_s < TIMEOUT_S + 2
    assert peak_mb < MAX_MB
    assert busy_s(server, 20) < 2, "its thread is not free"


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("F", "TIFF")])
def test_the_largest_pictures_are_decoded_in_bands(server, mode, kind):
    one = Asked(mode, "/ocr", {"files": {"file": packed(mode, kind=kind)}})
    status, _, peak_mb, _ = cost(server, one)
    assert status in (200, 503)
    assert peak_mb < MAX_MB, "1259 MB before"


def test_wrong_elements_keep_nobody_waiting(server):
    """One of these kept the process silent for 10 s and took 1.7 GB."""
    with httpx.Client(base_url=server.url, timeout=60) as client, Watch(
        server.pid, server.url
    ) as watch:  # fmt: skip
        for one in wrong():
            status, spent_s = sent(server, client, one)
            assert status in (400, 413, 422), one.name
            assert spent_s < 3, one.name
    assert watch.peak_mb < MAX_MB
    assert watch.silence_s < SILENCE_S


def test_hostile_requests_get_refusals_and_nothing_else(request):
    minutes = "60" if request.config.getoption("--long") else "0.4"
    argv = ["--minutes", minutes, "--seed", "7", "--max-silence", f"{SILENCE_S + 1:g}"]
    started = time.monotonic()
    found, watch = hostile.run(argv)
    print(hostile.told(found, watch))
    assert found.faults == []
    assert found.codes.total() > (time.monotonic() - started) / 5
