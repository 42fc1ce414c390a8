"""Two replicas behind deploy/nginx.conf, with PostgreSQL and a shared folder: one is killed."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest
from websockets.sync.client import connect

from tests.conftest import drawn, png
from tests.e2e.service.test_service import start, stop
from tests.e2e.stored.test_jobs import ended, numbered, problem, submit, texts, wait_until
from tests.fixtures.databases import Postgres
from tests.fixtures.gateway import gateway

LINE = png(drawn("2026-11-20"))


@dataclass
class Deployment:
    """A gateway and the replicas behind it."""

    url: str
    replicas: list[tuple[subprocess.Popen[str], str]]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory) -> Iterator[Deployment]:
    with Postgres() as database:
        settings = {
            "OCR_DATA_DIR": str(tmp_path_factory.mktemp("shared")),
            "OCR_DATABASE_URL": database.url,
            "OCR_JOB_LEASE_S": "5",
            "OCR_THREADS": "1",
            "OCR_LOG_LEVEL": "warning",
        }
        replicas = [start(**settings) for _ in range(2)]
        try:
            with gateway(*(url for _, url in replicas)) as url:
                yield Deployment(url, replicas)
        finally:
            for server, _ in replicas:
                with suppress(ValueError):  # one that was killed has been heard already
                    assert "Traceback" not in stop(server)


def read_by(url: str) -> float:
    """How many images a replica was asked to read."""
    told = httpx.get(f"{url}/metrics", timeout=30).text
    found = re.findall(r'^ocr_requests_total{.*route="/ocr".*} (\S+)$', told, re.MULTILINE)
    return sum(map(float, found))


class Callers:
    """Threads that ask again and again until they are told to stop."""

    def __init__(self, url: str, count: int) -> None:
        self.statuses: list[int] = []
        self._url, self._stop = url, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.is_set():
                got = client.post(f"{self._url}/ocr", files={"file": LINE})
                assert got.status_code != 200 or got.json()["text"] == "2026-11-20"
                self.statuses.append(got.status_code)

    def stop(self) -> Counter[int]:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        return Counter(self.statuses)


def test_load_spreads_over_the_replicas(deployed):
    before = [read_by(url) for _, url in deployed.replicas]
    callers = Callers(deployed.url, 4)
    while len(callers.statuses) < 40:
        time.sleep(0.05)
    assert set(callers.stop()) == {200}
    shares = [read_by(url) - had for (_, url), had in zip(deployed.replicas, before, strict=True)]
    assert sum(shares) >= 40
    assert min(shares) > 0.25 * sum(shares)


def test_a_job_is_followed_by_events_and_a_drawing_by_readings(deployed):
    job_id = submit(deployed.url, numbered(6), mode="line")["id"]
    came, since = [], time.monotonic()
    with httpx.stream("GET", f"{deployed.url}/v1/jobs/{job_id}/events", timeout=90) as events:
        for row in events.iter_lines():
            if row.startswith("event: "):
                came.append((row, time.monotonic() - since))
    assert came[0][0] == "event: progress"
    assert came[-1][0] == "event: end"
    assert came[0][1] < came[-1][1] - 0.3, "all at once: they waited in a buffer"
    address = deployed.url.replace("http:", "ws:") + "/v1/stream"
    with connect(address, proxy=None) as socket:
        socket.send(LINE)
        assert json.loads(socket.recv(timeout=60))["text"] == "2026-11-20"


def test_the_gateway_refuses_as_the_service_does(deployed):
    large = b"x" * 33_000_000
    problem(httpx.post(f"{deployed.url}/ocr", content=large, timeout=60), 413)
    problem(httpx.get(f"{deployed.url}/metrics"), 404)
    problem(httpx.get(f"{deployed.url}/nowhere"), 404)
    sent = httpx.get(f"{deployed.url}/metrics", headers={"X-Request-ID": 'a"b'})
    assert re.fullmatch("[0-9a-f]{32}", sent.json()["request_id"])
    got = httpx.get(f"{deployed.url}/healthz", headers={"X-Request-ID": "office-7"})
    assert got.headers["x-request-id"] == "office-7"
    assert got.headers["x-content-type-options"] == "nosniff"


def test_who_asks_too_often_is_told_when_to_come_again(deployed):
    with gateway(deployed.replicas[0][1], rate="50r/s 1r/m", burst="100 3") as url:
        got = [httpx.get(f"{url}/healthz", timeout=30) for _ in range(12)]
    statuses = [one.status_code for one in got]
    assert statuses[:3] == [200] * 3
    refused = next(one for one in got if one.status_code != 200)
    problem(refused, 429)
    assert refused.headers["retry-after"] == "1"


def test_no_replica_is_a_problem_that_says_so():
    with gateway("http://127.0.0.1:9") as url:
        got = httpx.post(f"{url}/ocr", files={"file": LINE}, timeout=60)
        deleted = httpx.delete(f"{url}/v1/jobs/{'0' * 32}", timeout=60)
    for one in (got, deleted):
        problem(one, 503)
        assert one.headers["retry-after"] == "1"


def test_a_replica_killed_under_load_loses_no_job_and_only_what_it_had_in_hand(deployed):
    """Callers at work and jobs on the way: kill -9. This one ends the first replica: it is last."""
    jobs = [submit(deployed.url, numbered(20, 1000 * n), mode="line")["id"] for n in (1, 2, 3)]
    callers = Callers(deployed.url, 6)
    while len(callers.statuses) < 20:
        time.sleep(0.02)
    server, _ = deployed.replicas[0]
    server.kill()
    server.communicate()
    jobs += [submit(deployed.url, numbered(3, 5000), mode="line")["id"] for _ in range(3)]
    had = len(callers.statuses)
    while len(callers.statuses) < had + 30:
        time.sleep(0.02)
    told = callers.stop()
    lost = {status: count for status, count in told.items() if status != 200}
    assert set(lost) <= {503}, told
    assert sum(lost.values()) <= 6, "more than the callers had in flight"
    for job_id in jobs:
        found = wait_until(deployed.url, job_id, ended, timeout_s=240)
        assert found["state"] == "done"
        assert found["pages"]["failed"] == 0
    for job_id, first in zip(jobs[:3], (1000, 2000, 3000), strict=True):
        assert texts(deployed.url, job_id) == [str(first + n) for n in range(20)]
