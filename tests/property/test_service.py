"""Any JSON, any body: a 2xx or a 4xx, never anything else."""

from __future__ import annotations

import asyncio
import threading
import time

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crnn.inputs.image import ImageLimits
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from crnn.recognize.session import Session
from service import errors
from service.engine import Engine
from service.errors import Overloaded, TooSlow
from service.http.intake import BodyLimits, LimitBody
from service.routes.operation import health
from service.routes.reading import ocr
from service.storage.lexicons import Lexicons
from tests.conftest import drawn, png
from tests.fixtures.tiny import onnx_bytes

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
LIKELY = st.fixed_dictionaries(
    {}, optional={"image_base64": ANY_JSON, "mode": ANY_JSON | st.sampled_from(["line", "page"])}
)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The routes with a tiny reader behind them."""
    reader = Reader(Session(onnx_bytes()), limits=ImageLimits(max_pixels=400_000))
    made = FastAPI()
    made.state.engine = Engine(reader, threads=2, queue_size=8, timeout_s=30)
    made.state.lexicons = Lexicons(None, reader.charset)
    made.add_middleware(LimitBody, limits=BodyLimits(50_000, 1_000_000, 20.0, {}))
    errors.install(made)
    made.include_router(ocr.router)
    made.include_router(health.router)
    return made


def post(app: FastAPI, **request: object) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/ocr", **request)

    return asyncio.run(ask())


def well_answered(answer: httpx.Response) -> None:
    assert 200 <= answer.status_code < 500, answer.text
    assert answer.json()["success"] is (answer.status_code < 300)


@QUIET
@given(body=ANY_JSON | LIKELY)
def test_any_json_gets_a_2xx_or_a_4xx(app, body):
    import json

    headers = {"content-type": "application/json"}
    well_answered(post(app, content=json.dumps(body), headers=headers))


@QUIET
@given(
    body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "text/json", "x", ""])
)
def test_any_bytes_get_a_4xx(app, body, kind):
    well_answered(post(app, content=body, headers={"content-type": kind}))


@QUIET
@given(
    body=st.binary(max_size=200),
    charset=st.sampled_from(["utf-8", "punycode", "idna", "utf-16", "no-such", "a\tb"]),
    name=st.sampled_from(["file", "mode", "other"]),
)
def test_any_multipart_body_gets_a_2xx_or_a_4xx(app, body, charset, name):
    part = b'--b\r\ncontent-disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + body
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    well_answered(post(app, content=part + b"\r\n--b--\r\n", headers={"content-type": kind}))


def test_a_real_image_is_read(app):
    answer = post(app, files={"file": png(drawn("12"))})
    assert answer.status_code == 200


class Slow:
    """A reader that reads when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def read(self, image: bytes, options: ReadOptions) -> Page:
        self.go.wait(20)
        return Page((), 1, 1, "line")


def test_a_timed_out_read_keeps_its_place_until_its_thread_is_done():
    async def story() -> None:
        slow = Slow()
        engine = Engine(slow, threads=1, queue_size=1, timeout_s=0.05)
        for _ in range(2):
            with pytest.raises(TooSlow), engine.admitted():
                await engine.read(b"", ReadOptions())
        assert engine._inside == 1  # the running one; the one that only waited is gone
        assert engine._pool._work_queue.qsize() <= 1
        with engine.admitted(), pytest.raises(Overloaded), engine.admitted():
            pass
        slow.go.set()
        deadline = time.monotonic() + 5
        while engine._inside and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        assert engine._inside == 0
        engine.close()

    asyncio.run(story())
