"""Both clients before the real service: everything that a program asks for, once."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from crnn_client import AsyncClient, Client, ServiceProblem, Unreachable

from service.auth.api_keys import new_key
from tests.bench.service.served import Served, served
from tests.conftest import drawn, png
from tests.unit.clients.test_clients import node

KEY, ROW = new_key("office")
SEVEN = [[[10.0, 10.0], [60.0, 10.0], [30.0, 90.0]]]
LINE = png(drawn("2026-11-20"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: Any) -> Iterator[Served]:
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(ROW, "utf-8")
    with served(OCR_API_KEYS_FILE=str(keys), OCR_LANGUAGE="", OCR_THREADS="1") as running:
        yield running
    assert "Traceback" not in running.output


@pytest.fixture
def client(found: Served) -> Iterator[Client]:
    with Client(found.url, api_key=KEY) as one:
        yield one


def test_images_batches_digits_and_drawings_are_read(client, tmp_path):
    (tmp_path / "a.png").write_bytes(LINE)
    assert client.ocr(LINE, mode="line")["text"] == "2026-11-20"
    assert client.read(tmp_path / "a.png", detail="chars")["lines"][0]["chars"][0]["text"] == "2"
    assert client.ocr(LINE, grammar="date", mode="line")["lines"][0]["field"]["valid"]
    batch = client.read_batch([LINE, b"no image"])
    assert batch["failed"] == 1
    assert [one["success"] for one in batch["answers"]] == [True, False]
    assert client.predict(png(drawn("47")))["text"] == "47"
    answer = client.draw(SEVEN, reads="digits", picture=True, n_best=3)
    assert answer["text"] == "7"
    assert answer["picture"].startswith("data:image/png;base64,")
    assert client.alive()
    assert client.ready() == "zh"


def test_a_lexicon_is_kept_used_and_deleted(client):
    assert client.put_lexicon("days", ["2026-11-20", "2026-11-21"])["entries"] == 2
    assert client.ocr(LINE, mode="line", lexicon="days")["text"] == "2026-11-20"
    assert client.lexicon("days")["entries"] == ["2026-11-20", "2026-11-21"]
    assert [one["name"] for one in client.lexicons()["lexicons"]] == ["days"]
    client.delete_lexicon("days")
    with pytest.raises(ServiceProblem) as caught:
        client.lexicon("days")
    assert caught.value.status == 404
    assert caught.value.request_id


def test_a_job_is_handed_in_followed_fetched_and_forgotten(client):
    job = client.submit([LINE, LINE], options={"mode": "line"}, idempotency_key="k1")
    again = client.submit([LINE, LINE], options={"mode": "line"}, idempotency_key="k1")
    assert again["id"] == job["id"]
    told = list(client.follow(job["id"]))
    assert told[-1]["state"] == "done"
    assert client.wait(job["id"])["pages"] == {"total": 2, "done": 2, "failed": 0}
    assert client.result(job["id"], "txt").decode() == "2026-11-20\n\f2026-11-20\n"
    assert zipfile.is_zipfile(BytesIO(client.result(job["id"], "xlsx")))
    assert client.jobs()["jobs"][0]["id"] == job["id"]
    client.delete_job(job["id"])
    with pytest.raises(ServiceProblem):
        client.job(job["id"])


def test_a_stream_answers_each_drawing_and_image(client, found):
    with client.stream() as stream:
        stream.options({"mode": "line"})
        assert stream.draw(SEVEN, reads="digits")["text"] == "7"
        assert stream.show(LINE)["text"] == "2026-11-20"
        with pytest.raises(ServiceProblem, match="415"):
            stream.show(b"no image")
    with (
        Client(found.url, api_key="wrong") as other,
        pytest.raises(ServiceProblem, match="401"),
        other.stream(),
    ):
        pass


def test_no_service_is_unreachable():
    with Client("http://127.0.0.1:9", retries=0) as nobody, pytest.raises(Unreachable):
        nobody.alive()


def test_asyncio_asks_side_by_side(found):
    async def ask() -> list[str]:
        async with AsyncClient(found.url, api_key=KEY) as client:
            job = await client.submit([LINE])
            states = [one["state"] async for one in client.follow(job["id"])]
            async with client.stream() as stream:
                drawn_text = (await stream.draw(SEVEN, reads="digits"))["text"]
            texts = await asyncio.gather(*(client.ocr(LINE, mode="line") for _ in range(4)))
            return [states[-1], drawn_text, *(one["text"] for one in texts)]

    assert asyncio.run(ask()) == ["done", "7", *["2026-11-20"] * 4]


def test_javascript_does_the_same(found, monkeypatch):
    monkeypatch.setenv("OCR_TEST_URL", found.url)
    monkeypatch.setenv("OCR_TEST_KEY", KEY)
    monkeypatch.setenv("OCR_TEST_LINE", LINE.hex())
    told = node("../../e2e/service/clients.mjs")
    assert told["text"] == told["txt"].strip() == "2026-11-20"
    assert told["digits"] == "7"
    assert told["state"] == "done"
    assert told["failed"] == 1
    assert told["entries"] == ["a", "b"]
    assert told["missing"]["status"] == 404
    assert told["missing"]["requestId"]
    assert told["refused"] == 401
    if told["has_sockets"]:  # Node has them from 22 on
        assert told["stream"] == "7"
