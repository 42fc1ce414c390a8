"""A caller who hangs up: what waits for them is dropped."""

from __future__ import annotations

import asyncio
import threading
import time

from fastapi import FastAPI

from charset import Charset
from crnn.options import ReadOptions
from crnn.page import Page
from service import errors
from service.engine import Engine
from service.routes.reading import ocr
from service.storage.lexicons import Lexicons
from tests.conftest import drawn, png

BODY = (
    b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    + png(drawn("1"))
    + b"\r\n--b--\r\n"
)
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/ocr",
    "query_string": b"",
    "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
}


class Slow:
    """A reader that reads when it is told to, and counts."""

    spec = type("Spec", (), {"name": "slow"})

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), 0

    def read(self, image: bytes, options: ReadOptions) -> Page:
        self.begun += 1
        self.go.wait(20)
        return Page((), 1, 1, "line")


async def until(holds) -> None:
    deadline = time.monotonic() + 5
    while not holds() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert holds()


def test_work_of_callers_who_are_gone_is_never_begun():
    async def story() -> None:
        slow = Slow()
        app = FastAPI()
        app.state.engine = Engine(slow, threads=1, queue_size=9, timeout_s=20)
        app.state.lexicons = Lexicons(None, Charset.load("digits"))
        errors.install(app)
        app.include_router(ocr.router)
        gone, sent = asyncio.Event(), []

        def ask() -> asyncio.Task[None]:
            body = [{"type": "http.request", "body": BODY}]

            async def receive() -> dict:
                if body:
                    return body.pop()
                await gone.wait()
                return {"type": "http.disconnect"}

            async def send(message: dict) -> None:
                sent.append(message)

            return asyncio.ensure_future(app(dict(SCOPE), receive, send))

        tasks = [ask() for _ in range(5)]
        engine = app.state.engine
        await until(lambda: engine._inside == 5 and engine._pool._work_queue.qsize() == 4)
        gone.set()
        await asyncio.gather(*tasks)
        assert engine._inside == 1  # the one that is being read
        slow.go.set()
        await until(lambda: engine._inside == 0)
        assert slow.begun == 1
        assert all(m["status"] != 200 for m in sent if m["type"] == "http.response.start")
        engine.close()

    asyncio.run(story())
