"""POST /v1/read and /v1/read/batch behind a real server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import drawn, png
from tests.e2e.service.test_service import start, stop
from tests.fixtures.papers import pdf, sheet, tiff, zipped

LINE = png(drawn("2026-11-20"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server, address = start(
        OCR_READ_MAX_PAGES="3", OCR_BATCH_MAX_IMAGES="12", OCR_PDF_DPI="100", OCR_THREADS="2"
    )
    yield address
    output = stop(server)
    assert "Traceback" not in output, output
    assert "2026-11-20" not in output, "what was read stands in the log"


def read(url: str, document: bytes, **fields: str) -> httpx.Response:
    return httpx.post(f"{url}/v1/read", files={"file": document}, data=fields, timeout=60)


def b64(image: bytes) -> str:
    return base64.b64encode(image).decode()


def test_an_image_is_answered_as_by_ocr(url):
    sent = {"image_base64": b64(LINE), "detail": "chars"}
    told, known = (httpx.post(f"{url}{p}", json=sent).json() for p in ("/v1/read", "/ocr"))
    for answer in (told, known):
        del answer["request_id"], answer["time_used_ms"]
    assert told == known
    assert told["text"] == "2026-11-20"


@pytest.mark.parametrize("document", [pdf(sheet("8451233", "345")), tiff(sheet("77", "88"))])
def test_a_document_of_one_page_is_answered_as_an_image(url, document):
    answer = read(url, document).json()
    assert answer["text"] in ("8451233\n345", "77\n88")
    assert "pages" not in answer


@pytest.mark.parametrize("made", [pdf, tiff])
def test_more_pages_are_a_list_in_order(url, made):
    answer = read(url, made(sheet("8451233", "345"), sheet("77", "88")), mode="page").json()
    assert [page["text"] for page in answer["pages"]] == ["8451233\n345", "77\n88"]
    assert {page["request_id"] for page in answer["pages"]} == {answer["request_id"]}


@pytest.mark.parametrize("made", [pdf, tiff])
def test_too_many_pages_are_sent_to_jobs(url, made):
    answer = read(url, made(*[sheet("1", "2")] * 4))
    assert answer.status_code == 413, answer.text
    assert "/v1/jobs" in answer.json()["detail"]


def test_a_zip_is_sent_to_jobs(url):
    answer = read(url, zipped(a__png=LINE))
    assert answer.status_code == 415
    assert "/v1/jobs" in answer.json()["detail"]


def test_a_batch_is_answered_in_order_each_with_its_own_error(url):
    texts = [str(1000 + 37 * n) for n in range(6)]
    images = [b64(png(drawn(text))) for text in texts]
    images[2:2] = ["****", b64(b"no image")]
    answer = httpx.post(f"{url}/v1/read/batch", json={"images": images}).json()
    told = answer["answers"]
    assert answer["success"] and answer["failed"] == 2
    assert [one.get("text") for one in told] == [*texts[:2], None, None, *texts[2:]]
    assert [one["status"] for one in told if not one["success"]] == [400, 415]
    assert {one["mode"] for one in told if one["success"]} == {"line"}


def test_a_batch_may_be_a_form_whose_part_is_repeated(url):
    parts = [("file", png(drawn(text))) for text in ("31", "47", "2026-11-20")]
    sent = {"files": parts, "data": {"grammar": '{"regex": "[0-9]{2}"}'}}
    told = httpx.post(f"{url}/v1/read/batch", **sent).json()["answers"]
    assert [one["text"] for one in told[:2]] == ["31", "47"]
    assert told[2]["lines"][0]["rejected"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"images": [b64(LINE)] * 13}}, 413),
        ({"files": [("file", LINE)] * 13}, 413),
        ({"json": {"images": []}}, 422),
        ({"json": {"images": [b64(LINE)], "lexicon": "none"}}, 422),
        ({"json": {"image_base64": b64(LINE)}}, 422),
        ({"files": {"other": LINE}}, 400),
        ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415),
    ],
)
def test_a_batch_that_cannot_be_is_a_problem(url, sent, status):
    answer = httpx.post(f"{url}/v1/read/batch", **sent)
    assert answer.status_code == status, answer.text
    assert answer.json()["success"] is False


def test_a_batch_lets_single_requests_through(url):
    many = {"images": [b64(png(drawn(f"{n:04}" * 8))) for n in range(12)]}
    with ThreadPoolExecutor(3) as pool:
        batches = [
            pool.submit(httpx.post, f"{url}/v1/read/batch", json=many, timeout=60) for _ in range(3)
        ]
        single = httpx.post(f"{url}/ocr", files={"file": LINE}, timeout=60)
    assert single.json()["text"] == "2026-11-20"
    assert all(batch.result().json()["failed"] == 0 for batch in batches)
