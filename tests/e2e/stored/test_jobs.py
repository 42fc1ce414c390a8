"""Jobs behind a real server: killed, restarted, shared, cancelled, expired."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openpyxl
import pypdfium2
import pytest

from tests.conftest import ROOT, drawn, png
from tests.e2e.service.test_service import start, stop
from tests.fixtures.databases import postgresql
from tests.fixtures.papers import pdf, sheet, tiff, zipped
from tests.unit.service.jobs.test_webhooks import Receiver, receiving

LEASE_S = 3
PAGES = 50


def numbered(count: int, first: int = 1000) -> bytes:
    """A TIFF whose every page is one line that says its number."""
    return tiff(*[drawn(str(first + n)) for n in range(count)])


def submit(url: str, *files: bytes, headers: dict[str, str] | None = None, **fields: str) -> dict:
    parts = [("file", (f"{n}.jpg", content)) for n, content in enumerate(files)]
    sent = httpx.post(f"{url}/v1/jobs", files=parts, data=fields, headers=headers, timeout=60)
    assert sent.status_code == 202, sent.text
    assert sent.headers["location"] == f"/v1/jobs/{sent.json()['id']}"
    return sent.json()


def status(url: str, job_id: str) -> dict:
    return httpx.get(f"{url}/v1/jobs/{job_id}", timeout=30).json()


def wait_until(url: str, job_id: str, holds: Callable[[dict], bool], timeout_s: float = 90) -> dict:
    deadline = time.monotonic() + timeout_s
    while not holds(found := status(url, job_id)):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def ended(job: dict) -> bool:
    return job["ended_at"] is not None


def result(url: str, job_id: str, name: str) -> httpx.Response:
    answer = httpx.get(f"{url}/v1/jobs/{job_id}/result", params={"format": name}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def problem(answer: httpx.Response, code: int) -> None:
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["success"] is False


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture(scope="module")
def url(tmp_path_factory, receiver) -> Iterator[str]:
    server, address = start(
        OCR_DATA_DIR=str(tmp_path_factory.mktemp("jobs") / "data"),
        OCR_JOB_MAX_PAGES="60",
        OCR_JOB_MAX_BYTES="3000000",
        OCR_PDF_DPI="100",
        OCR_WEBHOOK_SECRET="s3cret",
        OCR_WEBHOOK_HOSTS=f"127.0.0.1:{receiver.server_port}",
    )
    yield address
    output = stop(server)
    assert "Traceback" not in output, output
    assert "8451233" not in output, "what was read stands in the log"


def test_documents_of_every_kind_are_read_and_given_out_in_every_format(url):
    page = sheet("8451233", "345")
    job = submit(
        url, pdf(page), tiff(page, sheet("77", "88")), zipped(a__png=png(page), b__txt=b"no")
    )
    found = wait_until(url, job["id"], ended)
    assert found["state"] == "done_with_errors"
    assert found["pages"] == {"total": 5, "done": 4, "failed": 1}
    assert [(p["file"], p["page"], p["state"]) for p in found["page_states"]] == [
        ("0.jpg", 1, "done"), ("1.jpg", 1, "done"), ("1.jpg", 2, "done"),
        ("2.jpg/a.png", 1, "done"), ("2.jpg/b.txt", 1, "failed"),
    ]  # fmt: skip
    assert "no PNG" in found["page_states"][4]["error"]
    read = result(url, job["id"], "json").json()["pages"]
    assert [p.get("text") for p in read] == [
        "8451233\n345", "8451233\n345", "77\n88", "8451233\n345", None,
    ]  # fmt: skip
    assert result(url, job["id"], "txt").text.count("\f") == 4
    assert result(url, job["id"], "csv").text.count("8451233") == 3
    book = openpyxl.load_workbook(io.BytesIO(result(url, job["id"], "xlsx").content))
    assert book["lines"].max_row == 10
    for name, mark in (("hocr", "ocr_page"), ("alto", "<Page ")):
        assert result(url, job["id"], name).text.count(mark) >= 5
    made = pypdfium2.PdfDocument(result(url, job["id"], "pdf").content)
    assert len(made) == 5
    assert made[0].get_textpage().get_text_range().split() == ["8451233", "345"]
    assert made[0].get_size() == pytest.approx(page.shape[::-1], abs=1)


def test_progress_comes_as_events_until_the_end(url):
    job = submit(url, numbered(6))
    seen = []
    with httpx.stream("GET", f"{url}/v1/jobs/{job['id']}/events", timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for text in stream.iter_text():
            seen += [row for row in text.splitlines() if row]
    events = [row.removeprefix("event: ") for row in seen if row.startswith("event: ")]
    told = [json.loads(row.removeprefix("data: ")) for row in seen if row.startswith("data: ")]
    assert events == ["progress"] * (len(events) - 1) + ["end"]
    counts = [state["pages"]["done"] for state in told]
    assert counts == sorted(counts)
    assert counts[-1] == 6
    assert told[-1]["state"] == "done"


def test_one_key_makes_one_job(url):
    headers = {"Idempotency-Key": "invoice-7"}
    first = submit(url, numbered(1), headers=headers)
    assert submit(url, numbered(1), headers=headers)["id"] == first["id"]
    other = {"file": numbered(2)}
    problem(httpx.post(f"{url}/v1/jobs", files=other, headers=headers, timeout=30), 422)


def test_a_webhook_is_sent_again_until_it_is_heard(url, receiver):
    receiver.statuses, receiver.kept = [503], []
    job = submit(url, numbered(1), webhook_url=receiver.url)
    wait_until(url, job["id"], lambda found: (found["webhook"] or {}).get("state") == "sent")
    assert len(receiver.kept) == 2
    for headers, body in receiver.kept:
        assert json.loads(body)["id"] == job["id"]
        signed = headers["X-OCR-Timestamp"].encode() + b"." + body
        expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert headers["X-OCR-Signature"] == f"sha256={expected}"


def test_a_cancelled_job_stops_and_a_second_delete_forgets_it(url):
    job = submit(url, numbered(PAGES))
    path = f"{url}/v1/jobs/{job['id']}"
    problem(httpx.get(f"{path}/result"), 409)
    assert httpx.delete(path).status_code == 202
    found = status(url, job["id"])
    assert found["state"] == "cancelled"
    assert found["pages"]["done"] < PAGES
    time.sleep(0.5)
    assert status(url, job["id"])["pages"] == found["pages"]
    problem(httpx.get(f"{path}/result"), 409)
    assert httpx.delete(path).status_code == 204
    for answer in (httpx.get(path), httpx.delete(path), httpx.get(f"{path}/events")):
        problem(answer, 404)


def test_jobs_are_listed_page_by_page(url):
    made = [submit(url, numbered(1))["id"] for _ in range(3)]
    first = httpx.get(f"{url}/v1/jobs", params={"limit": 2}).json()
    assert [job["id"] for job in first["jobs"]] == made[:0:-1]
    second = httpx.get(f"{url}/v1/jobs", params={"limit": 1, "after": first["next"]}).json()
    assert [job["id"] for job in second["jobs"]] == made[:1]
    problem(httpx.get(f"{url}/v1/jobs", params={"limit": 0}), 422)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"json": {"image_base64": "x"}}, 415),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 415),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400),
        ({"files": {"other": b"x"}}, 400),
        ({"data": {"mode": "page"}, "files": {}}, 415),
        ({"files": {"file": b""}}, 415),
        ({"files": {"file": b"%PDF-1.4 broken"}}, 415),
        ({"files": {"file": numbered(61)}}, 413),
        ({"files": {"file": bytes(4_500_000)}}, 413),
        ({"files": {"file": numbered(1)}, "data": {"mode": "odd"}}, 422),
        ({"files": {"file": numbered(1)}, "data": {"webhook_url": "http://10.0.0.1/"}}, 422),
        ({"files": {"file": numbered(1)}, "data": {"colour": "red"}}, 400),
    ],
)
def test_wrong_jobs_are_problems_that_help(url, sent, code):
    problem(httpx.post(f"{url}/v1/jobs", timeout=30, **sent), code)


def test_requests_are_answered_while_a_job_is_read(url):
    job = submit(url, numbered(PAGES))
    for n in range(5):
        assert httpx.post(f"{url}/ocr", files={"file": png(drawn(str(n) * 5))}).status_code == 200
    httpx.delete(f"{url}/v1/jobs/{job['id']}")


def test_openapi_tells_of_every_route_with_its_problems(url):
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    submit_route = paths["/v1/jobs"]["post"]
    assert set(submit_route["responses"]) >= {"202", "400", "413", "415", "422", "429", "507"}
    assert "multipart/form-data" in submit_route["requestBody"]["content"]
    names = {item["name"].lower() for item in submit_route["parameters"]}
    assert names == {"idempotency-key"}
    given = paths["/v1/jobs/{job_id}/result"]["get"]
    assert given["parameters"][-1]["schema"]["enum"][-1] == "pdf"
    assert "application/pdf" in given["responses"]["200"]["content"]
    assert (
        "text/event-stream"
        in paths["/v1/jobs/{job_id}/events"]["get"]["responses"]["200"]["content"]
    )
    assert {"get", "delete"} <= set(paths["/v1/jobs/{job_id}"])


def texts(url: str, job_id: str) -> list[str]:
    return [page["text"] for page in result(url, job_id, "json").json()["pages"]]


def test_a_job_whose_server_is_killed_is_finished_by_the_next_with_every_page_once(tmp_path):
    settings = {"OCR_DATA_DIR": str(tmp_path / "data"), "OCR_JOB_LEASE_S": str(LEASE_S)}
    server, url = start(**settings)
    try:
        job_id = submit(url, numbered(PAGES), mode="line")["id"]
        before = wait_until(url, job_id, lambda found: found["pages"]["done"] >= 5)
        assert before["state"] == "running"
    finally:
        server.kill()
        server.communicate()
    rows = stored(tmp_path / "data")
    assert 5 <= len(rows) < PAGES, "it was killed before its end"
    server, url = start(**settings)
    try:
        found = wait_until(url, job_id, ended)
        assert found["state"] == "done"
        assert found["pages"] == {"total": PAGES, "done": PAGES, "failed": 0}
        assert sum(page["attempts"] for page in found["page_states"]) <= PAGES + 1
        assert texts(url, job_id) == [str(1000 + n) for n in range(PAGES)]
    finally:
        assert "Traceback" not in stop(server)
    after = stored(tmp_path / "data")
    assert {number: after[number] for number in rows} == rows, "a page was written twice"


def stored(folder: Path) -> dict[int, tuple[str, int]]:
    """The results in the database, with the attempts they took."""
    with sqlite3.connect(folder / "jobs.sqlite") as connection:
        asked = "SELECT number, result, attempts FROM ocr_pages WHERE state = 'done'"
        found = {number: (text, tries) for number, text, tries in connection.execute(asked)}
    connection.close()
    return found


def test_two_servers_on_one_store_share_a_job_and_read_no_page_twice(tmp_path):
    settings = {"OCR_DATA_DIR": str(tmp_path / "data")}
    (one, first), (two, second) = start(**settings), start(**settings)
    try:
        job_id = submit(first, numbered(120), mode="line")["id"]
        found = wait_until(second, job_id, ended)
        assert [page["attempts"] for page in found["page_states"]] == [1] * 120
        assert texts(second, job_id) == [str(1000 + n) for n in range(120)]
        assert len(owners_of(tmp_path / "data")) == 2
    finally:
        stop(one)
        stop(two)


def owners_of(folder: Path) -> set[str]:
    connection = sqlite3.connect(folder / "jobs.sqlite")
    found = {row[0] for row in connection.execute("SELECT DISTINCT owner FROM ocr_pages")}
    connection.close()
    return found


def test_jobs_are_read_with_postgresql_as_with_sqlite(tmp_path):
    with postgresql() as database:
        server, url = start(OCR_DATA_DIR=str(tmp_path), OCR_DATABASE_URL=database)
        try:
            job_id = submit(url, numbered(8), mode="line", headers={"Idempotency-Key": "k"})["id"]
            assert wait_until(url, job_id, ended)["state"] == "done"
            assert texts(url, job_id) == [str(1000 + n) for n in range(8)]
            assert httpx.delete(f"{url}/v1/jobs/{job_id}").status_code == 204
        finally:
            assert "Traceback" not in stop(server)
    assert not (tmp_path / "jobs.sqlite").exists()


def test_a_server_stops_though_somebody_listens_to_a_job_that_does_not_end(tmp_path):
    server, url = start(OCR_DATA_DIR=str(tmp_path), OCR_JOB_THREADS="0")
    job_id = submit(url, numbered(1))["id"]
    with httpx.stream("GET", f"{url}/v1/jobs/{job_id}/events", timeout=60) as stream:
        rows = stream.iter_lines()
        assert next(rows) == "event: progress"
        stop(server)
        assert "event: end" not in list(rows)


def test_an_ended_job_expires_with_its_files(tmp_path):
    server, url = start(OCR_DATA_DIR=str(tmp_path / "data"), OCR_JOB_TTL_HOURS="0.0006")
    try:
        job_id = submit(url, numbered(1))["id"]
        deadline = time.monotonic() + 90
        while httpx.get(f"{url}/v1/jobs/{job_id}").status_code != 404:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        while list((tmp_path / "data" / "jobs").iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        stop(server)


def test_a_data_folder_that_cannot_be_used_is_503_and_images_are_read_still(tmp_path):
    (tmp_path / "file").write_text("")
    server, url = start(OCR_DATA_DIR=str(tmp_path / "file" / "data"))
    try:
        answer = httpx.post(f"{url}/v1/jobs", files={"file": numbered(1)})
        problem(answer, 503)
        assert "OCR_DATA_DIR" in answer.json()["detail"]
        assert httpx.post(f"{url}/ocr", files={"file": png(drawn("12"))}).status_code == 200
    finally:
        assert "Traceback" not in stop(server)


def test_a_disk_that_fills_up_is_507_leaves_nothing_and_ends_when_there_is_room(tmp_path):
    server, url = start(OCR_DATA_DIR=str(tmp_path / "data"))
    try:
        submit(url, numbered(1))
        large = png(drawn("12")) + bytes(900_000)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (600_000, -1))
        problem(httpx.post(f"{url}/v1/jobs", files={"file": large}, timeout=30), 507)
        assert len(list((tmp_path / "data" / "jobs").iterdir())) == 1
        assert httpx.post(f"{url}/ocr", files={"file": png(drawn("12"))}).status_code == 200
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (-1, hard))
        job_id = submit(url, large)["id"]
        assert wait_until(url, job_id, ended)["state"] == "done"
    finally:
        assert "Traceback" not in stop(server)


def test_the_commands_of_the_manual_run(tmp_path):
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    blocks = re.findall(
        r"```sh\n(.*?)```", (ROOT / "docs" / "jobs.md").read_text("utf-8"), re.DOTALL
    )
    script = "set -eu\n" + "".join(blocks).replace("tests/golden", f"{ROOT}/tests/golden")
    server, url = start(OCR_DATA_DIR=str(tmp_path / "data"))
    try:
        command = ["bash", "-c", script]
        environment = os.environ | {"OCR": url}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
    finally:
        stop(server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "event: end" in done.stdout
    assert "\f" in done.stdout
    assert len(pypdfium2.PdfDocument(tmp_path / "result.pdf")) == 2
