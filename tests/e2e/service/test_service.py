"""The published INT8 weights behind a real server, asked over a real socket."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import httpx
import numpy as np
import pytest

from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import score
from tests.conftest import ROOT, drawn, png

LINE = png(drawn("2026-11-20"))
BASE64 = base64.b64encode(LINE).decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(**settings: str) -> tuple[subprocess.Popen[str], str]:
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OCR_")}
    command = [sys.executable, "-m", "crnn.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | settings,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return server, url
        except httpx.TransportError:
            time.sleep(0.05)
    server.kill()
    raise AssertionError(server.communicate()[0])


def stop(server: subprocess.Popen[str]) -> str:
    server.send_signal(signal.SIGTERM)
    return server.communicate(timeout=20)[0]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server, address = start(OCR_MAX_BODY_BYTES="400000", OCR_MAX_PIXELS="1000000")
    yield address
    output = stop(server)
    assert "Traceback" not in output, output
    assert address in output


def test_json_is_answered_exactly_so(url):
    answer = httpx.post(f"{url}/ocr", json={"image_base64": BASE64})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body)[:4] == ["success", "text", "confidence", "time_used_ms"]
    assert body["success"] is True
    assert body["text"] == "2026-11-20"
    assert 0.5 < body["confidence"] <= 1
    assert body["time_used_ms"] > 0
    assert body["model"] == "zh"
    assert body["mode"] == "line"
    (line,) = body["lines"]
    assert set(line) == {"text", "confidence", "box"}
    assert len(body["request_id"]) == 32


def test_multipart_answers_the_same_text(url):
    answer = httpx.post(
        f"{url}/ocr", files={"file": ("a.png", LINE, "image/png")}, data={"mode": "line"}
    )
    assert answer.json()["text"] == "2026-11-20"


@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_characters_come_with_alternatives_where_they_are_asked_for(url, kind):
    sent = {"json": {"image_base64": BASE64, "detail": "chars"}}
    if kind == "multipart":
        sent = {"files": {"file": ("a.png", LINE, "image/png")}, "data": {"detail": "chars"}}
    (line,) = httpx.post(f"{url}/ocr", **sent).json()["lines"]
    assert "".join(char["text"] for char in line["chars"]) == line["text"] == "2026-11-20"
    for char in line["chars"]:
        assert char["start"] < char["end"]
        assert len(char["alternatives"]) == 5
        assert char["confidence"] + sum(share for _, share in char["alternatives"]) < 1.001


def test_the_declared_type_of_a_file_is_not_trusted(url):
    answer = httpx.post(f"{url}/ocr", files={"file": ("a.pdf", LINE, "application/pdf")})
    assert answer.json()["text"] == "2026-11-20"


@pytest.mark.parametrize("prefix", ["data:image/png;base64,", "data:;base64,\n"])
def test_data_urls_are_taken(url, prefix):
    assert httpx.post(f"{url}/ocr", json={"image_base64": prefix + BASE64}).json()["success"]


def test_a_page_gives_its_lines_with_boxes(url):
    golden = list(labelled(ROOT / "tests" / "golden" / "lines"))[:3]
    page = np.full((330, 1100), 255, np.uint8)
    for row, (path, _) in enumerate(golden):
        line = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        page[40 + 90 * row : 40 + 90 * row + line.shape[0], 30 : 30 + line.shape[1]] = line
    sent = {"image_base64": base64.b64encode(png(page)).decode()}
    body = httpx.post(f"{url}/ocr", json=sent).json()
    assert body["mode"] == "page"
    assert len(body["lines"]) == len(golden)
    for line, (_, truth) in zip(body["lines"], golden, strict=True):
        assert score(line["text"], truth).cer < 0.1
    tops = [line["box"][1] for line in body["lines"]]
    assert tops == sorted(tops)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"image_base64": "****"}}, 400),
        ({"json": {"image_base64": base64.b64encode(b"no image").decode()}}, 415),
        ({"json": {"image_base64": BASE64, "mode": "table"}}, 422),
        ({"json": {"image_base64": BASE64, "colour": "red"}}, 422),
        ({"json": {}}, 422),
        ({"json": [1]}, 422),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422),
        ({"content": b"\xff\xfe{}", "headers": {"content-type": "application/json"}}, 422),
        ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400),
        ({"data": {"mode": "line"}, "files": {"other": b"x"}}, 400),
        ({"data": {"mode": "odd"}, "files": {"file": LINE}}, 422),
        ({"files": {"file": b""}}, 415),
        ({"content": b"x" * 500_000, "headers": {"content-type": "application/json"}}, 413),
        ({"files": {"file": png(np.zeros((1200, 1000), np.uint8))}}, 413),
        ({"files": {"file": png(np.zeros((2, 9), np.uint8))}}, 422),
        ({}, 422),
    ],
)
def test_wrong_input_is_a_problem_that_helps(url, sent, status):
    answer = httpx.post(f"{url}/ocr", **sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["success"] is False
    assert body["status"] == status
    assert body["detail"]
    assert body["request_id"]


def test_unknown_paths_and_methods_are_problems_too(url):
    assert httpx.get(f"{url}/nowhere").json()["success"] is False
    assert httpx.get(f"{url}/ocr").status_code == 405


def test_concurrent_requests_get_their_own_answers(url):
    texts = [str(10_000 + 37 * n) for n in range(24)]

    def ask(text: str) -> str:
        return httpx.post(f"{url}/ocr", files={"file": png(drawn(text))}, timeout=30).json()["text"]

    serial = [ask(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, texts)) == serial


def test_a_full_queue_answers_429_with_retry_after():
    patient_s = 240  # two pages are read one after the other, however busy the machine is
    server, url = start(OCR_THREADS="1", OCR_QUEUE_SIZE="1", OCR_TIMEOUT_S=str(patient_s))
    page = png(np.tile(drawn("0123456789" * 8), (30, 1)))
    try:
        with ThreadPoolExecutor(12) as pool:
            answers = list(
                pool.map(
                    lambda _: httpx.post(f"{url}/ocr", files={"file": page}, timeout=patient_s),
                    range(12),
                )
            )
    finally:
        stop(server)
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 429}
    assert all(a.headers["retry-after"] for a in answers if a.status_code == 429)


def test_an_unknown_setting_stops_the_start():
    done = subprocess.run(
        [sys.executable, "-m", "crnn.cli", "serve"],
        env=os.environ | {"OCR_PROT": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "OCR_PROT" in done.stderr


def test_missing_weights_stop_the_start_with_a_reason(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "crnn.cli", "serve"],
        env=os.environ | {"OCR_WEIGHTS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "manifest.json" in done.stderr
