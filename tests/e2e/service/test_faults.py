"""What operators meet: killed processes, lost databases, changed weights, stops with work in hand.

Disk full, clock jumps and killed servers in the middle of jobs: test_jobs.py and test_job_store.py.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPResponse
from pathlib import Path

import httpx
import numpy as np
import pytest

from crnn.weights import FOLDER
from tests.bench.service.load import multipart
from tests.conftest import drawn, png
from tests.e2e.service.test_service import start, stop
from tests.e2e.stored.test_jobs import (
    ended,
    numbered,
    problem,
    status,
    submit,
    texts,
    wait_until,
)
from tests.fixtures.databases import Postgres

LINE = png(drawn("2026-11-20"))
LONG = png(np.tile(drawn("0123456789" * 8), (12, 1)))


def read_lines(url: str, count: int) -> None:
    for _ in range(count):
        got = httpx.post(f"{url}/ocr", files={"file": LINE}, timeout=60)
        assert got.json()["text"] == "2026-11-20"


def sent(url: str, image: bytes) -> socket.socket:
    """A connection with a whole request on it."""
    port = int(url.rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=240)
    connection.sendall(multipart(image, port, "file"))
    return connection


def answered(connection: socket.socket) -> tuple[int, str]:
    """The status and the text that come on a connection."""
    with connection, HTTPResponse(connection) as got:
        got.begin()
        return got.status, json.loads(got.read())["text"]


def test_requests_in_flight_are_answered_when_the_service_is_told_to_stop():
    server, url = start(OCR_THREADS="1", OCR_TIMEOUT_S="240")
    flying = [*[sent(url, LONG) for _ in range(4)], sent(url, LINE)]
    httpx.get(f"{url}/healthz", timeout=60)  # answered later: those before were taken in
    waiting = len(flying) - len(select.select(flying, [], [], 0)[0])
    server.send_signal(signal.SIGTERM)
    answers = [answered(one) for one in flying]
    output = server.communicate(timeout=60)[0]
    assert waiting >= 2, "nearly all was read before the stop came: this showed nothing"
    assert [status for status, _ in answers] == [200] * 5, output
    assert answers[-1][1] == "2026-11-20"
    assert "Traceback" not in output, output
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")


def test_a_killed_process_loses_only_what_it_had_in_hand(tmp_path):
    """Callers see a closed connection; a new process reads as if nothing had been."""
    server, url = start(OCR_DATA_DIR=str(tmp_path))
    statuses: list[int | str] = []

    def ask() -> None:
        try:
            while True:
                got = httpx.post(f"{url}/ocr", files={"file": LINE}, timeout=30)
                statuses.append(got.status_code)
        except httpx.TransportError as exc:
            statuses.append(type(exc).__name__)

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    while statuses.count(200) < 8:
        time.sleep(0.02)
    server.kill()
    server.communicate()
    for caller in callers:
        caller.join(60)
    told = [status for status in statuses if status != 200]
    assert len(told) == 4
    assert all(isinstance(status, str) for status in told), "an answer that was none"
    server, url = start(OCR_DATA_DIR=str(tmp_path))
    try:
        read_lines(url, 2)
    finally:
        assert "Traceback" not in stop(server)


def test_jobs_go_on_when_postgresql_was_killed_and_is_back(tmp_path):
    with Postgres() as database:
        lease = {"OCR_JOB_LEASE_S": "10"}  # a page whose result was lost is read again after it
        server, url = start(OCR_DATA_DIR=str(tmp_path), OCR_DATABASE_URL=database.url, **lease)
        try:
            job_id = submit(url, numbered(25), mode="line")["id"]
            before = wait_until(url, job_id, lambda found: found["pages"]["done"] >= 3)
            assert before["state"] == "running"
            database.kill()
            problem(httpx.get(f"{url}/v1/jobs/{job_id}", timeout=60), 503)
            problem(httpx.post(f"{url}/v1/jobs", files={"file": numbered(1)}, timeout=60), 503)
            read_lines(url, 2)
            database.begin()
            found = wait_until(url, job_id, ended, 200)
            assert found["pages"] == {"total": 25, "done": 25, "failed": 0}
            assert texts(url, job_id) == [str(1000 + n) for n in range(25)]
        finally:
            output = stop(server)
    assert "Traceback" not in output, output


def changed(folder: Path) -> Path:
    """A copy of the published weights."""
    return Path(shutil.copytree(FOLDER, folder / "weights"))


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("file", ["zh/zh.int8.onnx", "lm_zh/lm_zh.ngrams", "manifest.json"])
def test_corrupt_weights_stop_the_start_and_say_which_file(tmp_path, file):
    weights = changed(tmp_path)
    spoil(weights / file) if file != "manifest.json" else (weights / file).write_text("{")
    done = subprocess.run(
        [sys.executable, "-m", "crnn.cli", "serve", "--port", "0"],
        env=os.environ | {"OCR_WEIGHTS_DIR": str(weights)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert str(weights / file) in done.stderr
    assert "Traceback" not in done.stderr


def test_weights_replaced_under_a_running_service_change_nothing_until_it_starts_again(tmp_path):
    weights = changed(tmp_path)
    server, url = start(OCR_WEIGHTS_DIR=str(weights))
    try:
        spoil(weights / "zh" / "zh.int8.onnx")
        shutil.rmtree(weights / "lm_zh")
        read_lines(url, 3)
        sent = httpx.post(f"{url}/ocr", files={"file": LINE}, data={"decode": "lm"}, timeout=60)
        assert sent.status_code == 200
        assert httpx.get(f"{url}/readyz", timeout=30).status_code == 200
    finally:
        assert "Traceback" not in stop(server)
    with pytest.raises(AssertionError, match="cannot start"):
        start(OCR_WEIGHTS_DIR=str(weights))


def test_a_job_whose_process_stops_goes_on_at_once_with_the_next(tmp_path):
    """A stop gives pages back: nobody waits for a lease, and no page counts as tried."""
    settings = {"OCR_DATA_DIR": str(tmp_path), "OCR_JOB_LEASE_S": "600"}
    server, url = start(**settings)
    job_id = submit(url, numbered(30), mode="line")["id"]
    wait_until(url, job_id, lambda found: found["pages"]["done"] >= 3)
    assert "Traceback" not in stop(server)
    server, url = start(**settings)
    try:
        found = wait_until(url, job_id, ended)
        assert found["pages"] == {"total": 30, "done": 30, "failed": 0}
        assert {page["attempts"] for page in status(url, job_id)["page_states"]} == {1}
    finally:
        stop(server)
