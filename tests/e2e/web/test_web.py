"""The files of the pages and the routes behind the desk, asked over a real socket."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator

import cv2
import httpx
import numpy as np
import openpyxl
import pytest

from tests.bench.service.served import Served, served
from tests.conftest import ROOT, drawn, png
from tests.e2e.stored.test_jobs import ended, submit, wait_until
from tests.fixtures.papers import pdf, sheet, tiff

LINE = png(drawn("2026-11-20"))
WEB = ROOT / "service" / "web"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(OCR_BATCH_MAX_IMAGES="2", OCR_MAX_PIXELS="1000000") as found:
        yield found
    assert "Traceback" not in found.output, found.output[-3000:]


@pytest.fixture
def url(server: Served) -> str:
    return server.url


def test_a_page_may_load_nothing_from_elsewhere_and_no_script_within_it(url):
    page = httpx.get(url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(
        rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";")
    )
    host = url.removeprefix("http://")
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' ws://{host} wss://{host}"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]


def test_a_host_that_is_none_gets_into_no_policy(url):
    page = httpx.get(url, headers={"Host": "a;script-src *"})
    assert "a;script" not in page.headers.get("content-security-policy", "")


@pytest.mark.parametrize("path", sorted(p.relative_to(WEB).as_posix() for p in WEB.rglob("*.*")))
def test_a_file_is_sent_once_and_then_only_when_it_changed(url, path):
    found = httpx.get(f"{url}/web/{path}")
    if path.endswith(".html"):
        assert found.status_code == 404
        return
    assert found.content == (WEB / path).read_bytes()
    kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
    kinds |= {"svg": "image/svg+xml", "jpg": "image/jpeg", "png": "image/png"}
    assert found.headers["content-type"] == kinds[path.rpartition(".")[2]]
    again = httpx.get(f"{url}/web/{path}", headers={"If-None-Match": found.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    assert httpx.get(f"{url}/web/{path}", headers={"If-None-Match": '"0"'}).status_code == 200


@pytest.mark.parametrize("path", ["none.js", "../app.py", "%2e%2e/app.py", "desk", "", "desk.html"])
def test_nothing_else_is_sent(url, path):
    assert httpx.get(f"{url}/web/{path}").status_code == 404


def test_pages_name_only_files_that_there_are(url):
    import re

    for name in ("desk.html",):
        for path in re.findall(r'(?:src|href)="(web/[^"]+)"', (WEB / name).read_text("utf-8")):
            assert (WEB / path.removeprefix("web/")).is_file(), path


def test_the_view_is_what_the_network_was_given(url):
    told = httpx.post(f"{url}/v1/view", files={"file": LINE}, data={"mode": "line"}).json()
    (line,) = told["lines"]
    ink = cv2.imdecode(np.frombuffer(base64.b64decode(line["image_base64"]), np.uint8), 0)
    assert ink.shape == (line["height"], line["width"])
    assert line["height"] == 48
    assert ink[:, :2].min() > 200 and ink.min() < 60  # paper is light, ink is dark
    on_end = png(np.ascontiguousarray(np.rot90(drawn("2026-11-20"))))
    (line,) = httpx.post(f"{url}/v1/view", files={"file": on_end}).json()["lines"]
    assert line["turns"] == 3
    assert line["width"] > line["height"] == 48


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"files": {"file": b"no image"}}, 415),
        ({"files": {"file": LINE}, "data": {"mode": "odd"}}, 422),
        ({"files": {"file": LINE}, "data": {"detail": "chars"}}, 400),
        ({"files": {"file": png(np.full((1200, 1200), 255, np.uint8))}}, 413),
        ({"json": {"image_base64": ""}}, 415),
    ],
)
def test_what_cannot_be_looked_at_is_refused(url, sent, status):
    answer = httpx.post(f"{url}/v1/view", **sent)
    assert answer.status_code == status
    assert answer.json()["success"] is False


def page_of(*lines: str, **more: object) -> dict[str, object]:
    rows = [
        {"text": text, "confidence": 0.5, "box": [0, 40 * row, 100, 40 * row + 30]}
        for row, text in enumerate(lines)
    ]
    return {"width": 100, "height": 400, "lines": rows} | more


def test_corrected_pages_are_written_in_every_format(url):
    pages = [page_of("价税合计", "=1+1", file="a.png"), page_of("第二页", page=2)]
    found = {}
    for name in ("json", "txt", "csv", "xlsx", "hocr", "alto", "pdf"):
        answer = httpx.post(f"{url}/v1/results", json={"format": name, "pages": pages})
        assert answer.status_code == 200, answer.text
        assert 'filename="reading.' in answer.headers["content-disposition"]
        found[name] = answer.content
    assert found["txt"].decode() == "价税合计\n=1+1\n\f第二页\n"
    rows = list(openpyxl.load_workbook(io.BytesIO(found["xlsx"])).active.values)
    assert [row[3] for row in rows[1:]] == ["价税合计", "=1+1", "第二页"]
    told = json.loads(found["json"])
    assert [page["page"] for page in told["pages"]] == [1, 2]
    assert found["pdf"].startswith(b"%PDF")
    for name in ("hocr", "alto"):
        assert "价税合计" in found[name].decode()


def test_an_answer_of_the_service_is_taken_back_as_it_came(url):
    answer = httpx.post(f"{url}/ocr", files={"file": LINE}, data={"detail": "chars"}).json()
    page = {"width": 300, "height": 40, "lines": answer["lines"]}
    written = httpx.post(f"{url}/v1/results", json={"format": "txt", "pages": [page]})
    assert written.text == "2026-11-20\n"


@pytest.mark.parametrize(
    ("pages", "status"),
    [
        ([], 422),
        ([page_of("a", width=-1)], 422),
        ([page_of("a", colour="red")], 422),
        ([{"width": 9, "height": 9, "lines": [{"text": "a", "box": [5, 0, 5, 9]}]}], 422),
        ([page_of("a", image_base64="****")], 400),
        ([page_of("a", image_base64=base64.b64encode(b"none").decode())], 415),
        ([page_of("a", image_base64=base64.b64encode(LINE).decode())] * 3, 413),
    ],
)
def test_pages_that_cannot_be_are_refused(url, pages, status):
    answer = httpx.post(f"{url}/v1/results", json={"format": "pdf", "pages": pages})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_a_page_of_a_job_is_told_as_soon_as_it_is_read_with_its_picture(url):
    sheets = [sheet("1001", "1002"), sheet("2001")]
    job = submit(url, pdf(*sheets), options='{"detail": "chars"}')
    wait_until(url, job["id"], ended)
    told = httpx.get(f"{url}/v1/jobs/{job['id']}/pages/1").json()
    assert [line["text"] for line in told["lines"]] == ["1001", "1002"]
    assert (told["number"], told["page"], told["mode"]) == (1, 1, "page")
    char = told["lines"][0]["chars"][0]
    assert char["text"] == "1" and len(char["alternatives"]) == 5
    shown = httpx.get(f"{url}/v1/jobs/{job['id']}/pages/1/image")
    assert shown.headers["content-type"] == "image/png"
    picture = cv2.imdecode(np.frombuffer(shown.content, np.uint8), 0)
    assert picture.shape == (told["height"], told["width"])
    left, top, right, bottom = told["lines"][0]["box"]
    assert picture[top:bottom, left:right].min() < 100 < picture[:top].min()


def test_a_page_that_is_not_there_is_404_and_one_that_failed_409(url):
    job = submit(url, tiff(drawn("1001")), b"no image")
    wait_until(url, job["id"], ended)
    assert httpx.get(f"{url}/v1/jobs/{job['id']}/pages/1").status_code == 200
    failed = httpx.get(f"{url}/v1/jobs/{job['id']}/pages/2")
    assert failed.status_code == 409 and "failed" in failed.json()["detail"]
    for path in ("pages/3", "pages/3/image"):
        assert httpx.get(f"{url}/v1/jobs/{job['id']}/{path}").status_code == 404
    assert httpx.get(f"{url}/v1/jobs/{'0' * 32}/pages/1").status_code == 404
    assert httpx.get(f"{url}/v1/jobs/{job['id']}/pages/0").status_code == 422


def test_the_picture_of_a_cancelled_job_is_gone(url):
    job = submit(url, tiff(*[drawn(str(n)) for n in range(40)]))
    assert httpx.delete(f"{url}/v1/jobs/{job['id']}").status_code == 202
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        shown = httpx.get(f"{url}/v1/jobs/{job['id']}/pages/40/image")
        if shown.status_code == 404:
            return
        time.sleep(0.1)
    raise AssertionError(shown.status_code)
