"""Keys, tenants, headers, documentation and meters of the whole app."""

from __future__ import annotations

import asyncio
import json
import logging
import re

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.app import GUARDED, OPEN, create_app, is_open_to_others
from service.auth.api_keys import new_key
from service.observe.log_format import JsonLines
from service.settings import Settings
from tests.conftest import drawn, png

LINE = png(drawn("2026-11-20"))
SLOW_KEY, SLOW_LINE = new_key("slow", "3/hour")
KEY_A, LINE_A = new_key("a")
KEY_B, LINE_B = new_key("b")


def client(app: FastAPI, **options: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", **options)


def ask(app: FastAPI, method: str, path: str, key: str = "", **sent: object) -> httpx.Response:
    async def story() -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with client(app, headers=headers) as asking:
            return await asking.request(method, path, **sent)

    return asyncio.run(story())


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> FastAPI:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "keys").write_text("\n".join([LINE_A, LINE_B, SLOW_LINE]), "utf-8")
    return create_app(
        Settings(
            threads=1, api_keys_file=folder / "keys", data_dir=folder / "data", cache_mb=1,
            cors_origins="https://office.example",
        )
    )  # fmt: skip


def test_every_route_but_the_open_ones_asks_for_a_key(guarded):
    paths = {route.path for router in OPEN for route in router.routes}
    pages = {"/", "/board", "/embed.js", "/templates", "/web/{path:path}"}
    assert paths == {"/healthz", "/readyz", "/docs", "/docs/{name}"} | pages
    for router in GUARDED:
        for route in router.routes:
            if isinstance(route, APIRoute):
                path = re.sub(r"{\w+}", "0" * 32, route.path)
                answer = ask(guarded, next(iter(route.methods)), path)
                assert answer.status_code == 401, route.path
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["success"] is False
    assert ask(guarded, "GET", "/healthz").status_code == 200


def test_either_header_carries_the_key(guarded):
    assert ask(guarded, "POST", "/ocr", KEY_A, files={"file": LINE}).status_code == 200
    sent = {"files": {"file": LINE}, "headers": {"X-API-Key": KEY_A}}
    assert ask(guarded, "POST", "/ocr", **sent).status_code == 200
    assert ask(guarded, "POST", "/ocr", KEY_A + "x", files={"file": LINE}).status_code == 401


def test_a_rate_counts_every_image_of_a_batch(guarded):
    files = [("file", LINE)] * 2
    assert ask(guarded, "POST", "/v1/read/batch", SLOW_KEY, files=files).status_code == 200
    answer = ask(guarded, "POST", "/v1/read/batch", SLOW_KEY, files=files)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 60


def test_a_job_is_there_only_for_the_key_that_made_it(guarded):
    sent = {"files": {"file": LINE}, "headers": {"Idempotency-Key": "one"}}
    made = [ask(guarded, "POST", "/v1/jobs", key, **sent).json() for key in (KEY_A, KEY_B)]
    assert made[0]["id"] != made[1]["id"]
    again = ask(guarded, "POST", "/v1/jobs", KEY_A, **sent)
    assert again.json()["id"] == made[0]["id"]
    path = f"/v1/jobs/{made[0]['id']}"
    for method, tail in [("GET", ""), ("GET", "/events"), ("GET", "/result"), ("DELETE", "")]:
        answer = ask(guarded, method, path + tail, KEY_B)
        assert answer.status_code == 404, (method, tail)
    assert ask(guarded, "GET", f"/v1/jobs?after={made[0]['id']}", KEY_B).status_code == 404
    listed = ask(guarded, "GET", "/v1/jobs", KEY_B).json()["jobs"]
    assert [job["id"] for job in listed] == [made[1]["id"]]
    assert ask(guarded, "GET", path, KEY_A).status_code == 200


def test_meters_tell_of_stages_answers_and_the_model(guarded):
    for _ in range(2):
        ask(guarded, "POST", "/ocr", KEY_A, files={"file": LINE})
    ask(guarded, "POST", "/ocr", KEY_A, files={"file": b"no"})
    text = ask(guarded, "GET", "/metrics", KEY_A).text

    def value(name: str) -> float:
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        assert found, name
        return float(found[1])

    for stage in ("queue", "decode_image", "find_lines", "network", "decoding"):
        assert value(f'ocr_stage_seconds_count{{stage="{stage}"}}') >= 1
    assert value('ocr_requests_total{method="POST",route="/ocr",status="200"}') >= 2
    assert value('ocr_requests_total{method="POST",route="/ocr",status="415"}') == 1
    assert value('ocr_cache_total{found="yes"}') >= 1
    assert value("ocr_image_width_pixels_count") >= 2
    assert value("ocr_line_confidence_count") >= 2
    assert value("ocr_requests_in_flight") == value("ocr_queue_depth") == 0
    assert value('ocr_jobs{state="active"}') >= 0
    assert 'name="zh"' in text
    assert "2026-11-20" not in text


def test_answers_carry_an_id_and_safe_headers(guarded):
    answer = ask(guarded, "GET", "/healthz", headers={"X-Request-ID": "from-the-gateway.7"})
    assert answer.headers["x-request-id"] == "from-the-gateway.7"
    forged = ask(guarded, "GET", "/nowhere", headers={"X-Request-ID": "a b"})
    assert re.fullmatch("[0-9a-f]{32}", forged.headers["x-request-id"])
    assert forged.json()["request_id"] == forged.headers["x-request-id"]
    for one in (answer, forged):
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["x-frame-options"] == "DENY"
        assert one.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in one.headers["content-security-policy"]


def test_only_named_origins_may_ask_from_their_pages(guarded):
    preflight = {"Access-Control-Request-Method": "POST"}
    for origin, allowed in (("https://office.example", True), ("https://other.example", False)):
        answer = ask(guarded, "OPTIONS", "/ocr", headers={"Origin": origin, **preflight})
        assert ("access-control-allow-origin" in answer.headers) is allowed
    plain = create_app(Settings(threads=1, language=""))
    answer = ask(plain, "GET", "/healthz", headers={"Origin": "https://office.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_the_documentation_asks_nothing_of_the_internet(guarded):
    page = ask(guarded, "GET", "/docs")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "://" not in page.text
    linked = re.findall(r'(?:src|href|data-openapi)="([^"]+)"', page.text)
    assert len(linked) == 5
    for path in linked:
        answer = ask(guarded, "GET", path)
        assert answer.status_code == 200, path
        assert len(answer.content) > 100
    css = ask(guarded, "GET", "/docs/swagger-ui.css").text
    assert not re.search(r"(?:url\(|@import)\s*['\"]?https?:", css)
    assert ask(guarded, "GET", "/docs/__init__.py").status_code == 422


def test_openapi_tells_bodies_answers_and_problems_of_every_route(guarded):
    told = ask(guarded, "GET", "/openapi.json").json()
    for path, methods in told["paths"].items():
        for method, route in methods.items():
            if path in ("/healthz", "/readyz"):
                continue
            assert route.get("summary") and route.get("description"), path
            assert {"401", "403"} <= set(route["responses"]), path
            assert route["security"], path
            if path != "/metrics":
                (kind,) = route["responses"]["401"]["content"].items()
                assert kind[0] == "application/problem+json"
                assert kind[1]["schema"]["title"] == "Problem"
            if method in ("post", "put") and not path.startswith("/v1/models/"):  # no body
                assert route["requestBody"]["content"], path
    assert json.dumps(told).count('"$ref": "#/$defs') == 0


def test_a_log_line_is_json_with_the_id_and_neither_path_nor_text(guarded, caplog):
    with caplog.at_level(logging.INFO, "crnn_ocr.access"):
        answer = ask(guarded, "GET", f"/v1/jobs/{'7' * 32}", KEY_A)
    told = json.loads(JsonLines().format(caplog.records[-1]))
    assert told["request_id"] == answer.headers["x-request-id"]
    assert (told["route"], told["status"], told["key"]) == ("/v1/jobs/{job_id}", 404, "a")
    assert "7777" not in caplog.text
    assert KEY_A not in caplog.text


@pytest.mark.parametrize(
    ("host", "others"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("ocr", True)],
)
def test_an_address_that_others_reach_is_known(host, others):
    assert is_open_to_others(host) is others
