"""Who may ask at all: keys, names of this machine, pages of other sites."""

from __future__ import annotations

import asyncio
import json
import re
import socket

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.auth.api_keys import new_key
from service.auth.gate import is_own_name
from service.settings import Settings
from tests.conftest import drawn, png

KEY, ROW = new_key("one")


def made(folder, **settings: object) -> FastAPI:
    return create_app(Settings(threads=1, language="", data_dir=folder / "data", **settings))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> FastAPI:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "keys").write_text(ROW, "utf-8")
    return made(folder, api_keys_file=folder / "keys")


@pytest.fixture(scope="module")
def keyless(tmp_path_factory) -> FastAPI:
    folder = tmp_path_factory.mktemp("keyless")
    return made(folder, allowed_hosts="OCR.office.example", cors_origins="https://office.example")


def status(app: FastAPI, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    """The status that a request gets; whether its body was read is counted in READ."""
    found: list[int] = []
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip

    sent: list[bytes] = []

    async def receive() -> dict:
        if sent:
            await asyncio.Event().wait()  # the caller waits for the answer
        sent.append(body)
        READ.append(path)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    asyncio.run(asyncio.wait_for(app(scope, receive, send), 60))
    return found[0]


READ: list[str] = []


def operations(app: FastAPI) -> list[tuple[str, str, bool]]:
    """Method, path and whether a key is asked for, of every operation of openapi.json."""
    told = json.loads(json.dumps(app.openapi()))
    return [
        (method.upper(), re.sub(r"{\w+}", "0" * 32, path), "security" in operation)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    ]


def test_without_a_key_no_body_is_read_on_any_route(guarded):
    asked = operations(guarded)
    assert len(asked) >= 40
    for method, path, needs_key in asked:
        READ.clear()
        found = status(guarded, method, path, b"x" * 1000, host="localhost")
        assert (found == 401) is needs_key, (method, path, found)
        assert not needs_key or READ == [], (method, path)
    for path in ("/nowhere", "/v1/feedback/", "//ocr", "/v1/OCR", "/ocr/"):
        assert status(guarded, "POST", path, host="localhost") == 401, path


def test_with_a_wrong_key_no_body_is_read(guarded):
    READ.clear()
    wrong = {"authorization": "Bearer ocr_wrong", "content_type": "application/json"}
    assert status(guarded, "POST", "/v1/feedback", b"{}", host="a", **wrong) == 401
    assert READ == []
    right = {"authorization": f"Bearer {KEY}", "content_type": "application/json"}
    assert status(guarded, "POST", "/v1/feedback", b"{}", host="a", **right) == 422


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("localhost", 200), ("localhost:8000", 200), ("127.0.0.1:8000", 200), ("[::1]:8000", 200),
        ("192.168.1.7", 200), ("ocr.office.example", 200), ("OCR.Office.example.", 200),
        ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403),
        ("office.example", 403), ("x@localhost", 200), ("localhost@evil.example", 403), ("[", 403),
    ],
)  # fmt: skip
def test_other_names_of_this_machine_are_refused_where_no_keys_are_set(keyless, host, found):
    assert status(keyless, "GET", "/v1/jobs", host=host) == found
    assert status(keyless, "DELETE", "/v1/feedback", host=host) == (204 if found == 200 else 403)
    assert status(keyless, "GET", "/healthz", host=host) == 200


def test_the_refusal_names_the_setting(keyless):
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(keyless)
        async with httpx.AsyncClient(transport=transport, base_url="http://evil") as client:
            return await client.get("/v1/jobs")

    answer = asyncio.run(ask())
    assert answer.status_code == 403
    assert "OCR_ALLOWED_HOSTS" in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_the_machines_own_name_is_known():
    assert is_own_name(socket.gethostname().lower(), frozenset())
    assert not is_own_name(f"{socket.gethostname()}.evil.example", frozenset())


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://localhost", True), ("https://office.example", True),
        ("http://evil.example", False),
        ("null", False), ("http://localhost:9000", False), ("https://office.example.evil", False),
    ],
)  # fmt: skip
def test_a_page_of_another_site_changes_nothing_where_no_keys_are_set(keyless, origin, may):
    asked = {"host": "localhost", "origin": origin}
    assert (status(keyless, "DELETE", "/v1/feedback", **asked) == 204) is may
    assert status(keyless, "GET", "/v1/jobs", **asked) == 200
    form = {**asked, "content_type": "multipart/form-data; boundary=b"}
    body = (
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + png(drawn("12"))
        + b"\r\n--b--\r\n"
    )
    READ.clear()
    assert status(keyless, "POST", "/ocr", body, **form) == (200 if may else 403)
    assert bool(READ) is may


def test_with_keys_a_proxy_may_call_the_service_by_any_name(guarded):
    asked = {"host": "backend:8000", "origin": "https://office.example"}
    key = {"authorization": f"Bearer {KEY}"}
    assert status(guarded, "DELETE", "/v1/feedback", **asked, **key) == 204
