"""Spans of requests and of the parts of reading, and what stands in none of them."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service import app as service_app
from service.app import create_app
from service.observe import tracing
from service.settings import Settings
from tests.conftest import drawn, png

LINE = png(drawn("2026-11-20"))
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def traced(spans, tmp_path_factory) -> Iterator[httpx.AsyncClient]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    folder = tmp_path_factory.mktemp("traced")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_app, "from_environment", lambda: tracing.Tracing(provider))
        app = create_app(Settings(threads=1, data_dir=folder))
    yield app
    provider.shutdown()


def asked(app: object, method: str, path: str, **sent: object) -> httpx.Response:
    async def story() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **sent)

    return asyncio.run(story())


def taken(spans: InMemorySpanExporter) -> tuple[ReadableSpan, list[ReadableSpan]]:
    """The request's span and those inside it, in the order of their beginnings."""
    found = sorted(spans.get_finished_spans(), key=lambda span: span.start_time)
    spans.clear()
    return found[0], found[1:]


def test_a_request_is_a_span_with_a_span_for_each_part_of_reading(traced, spans):
    headers = {"traceparent": PARENT, "X-Request-ID": "office-7"}
    got = asked(traced, "POST", "/ocr", files={"file": ("secret.png", LINE)}, headers=headers)
    assert got.json()["text"] == "2026-11-20"
    request, parts = taken(spans)
    assert request.name == "POST /ocr"
    assert format(request.context.trace_id, "032x") == PARENT.split("-")[1]
    assert format(request.parent.span_id, "016x") == PARENT.split("-")[2]
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/ocr",
        "http.response.status_code": 200,
        "crnn_ocr.request_id": "office-7",
    }
    assert [part.name for part in parts] == ["decode_image", "find_lines", "network", "decoding"]
    for part in parts:
        assert part.parent.span_id == request.context.span_id
        assert request.start_time <= part.start_time <= part.end_time <= request.end_time


def test_no_span_tells_what_was_read_or_sent(traced, spans):
    files = {"file": ("secret.png", LINE)}
    asked(traced, "POST", "/ocr", files=files, data={"lexicon": "2026-11-20\nconfidential"})
    asked(traced, "POST", "/ocr", files={"file": ("secret.png", b"confidential")})
    asked(traced, "GET", "/v1/lexicons/secret")
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    spans.clear()
    assert "GET /v1/lexicons/{name}" in told
    for word in ("2026-11-20", "secret", "confidential"):
        assert word not in told


def test_probes_are_no_spans_and_an_error_of_the_program_is_one_that_failed(
    traced, spans, monkeypatch
):
    asked(traced, "GET", "/healthz")
    asked(traced, "GET", "/metrics")
    assert spans.get_finished_spans() == ()
    monkeypatch.setattr(traced.state.engine, "read_sync", lambda *_: 1 / 0)
    assert asked(traced, "POST", "/ocr", files={"file": LINE}).status_code == 500
    request, parts = taken(spans)
    assert not request.status.is_ok
    assert not request.events
    assert parts == []


def test_it_is_off_unless_its_own_variables_ask_for_it(monkeypatch, caplog):
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    assert tracing.from_environment({}) is None
    assert tracing.from_environment(endpoint | {"OTEL_SDK_DISABLED": "true"}) is None
    made = tracing.from_environment(endpoint)
    assert made is not None
    made.close()
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with caplog.at_level(logging.WARNING, "crnn_ocr.tracing"):
        assert tracing.from_environment(endpoint) is None
    assert "crnn-ocr[otel]" in caplog.text


def test_the_service_does_not_need_it():
    code = (
        "import sys\n"
        "sys.modules['opentelemetry.sdk'] = sys.modules['opentelemetry.exporter'] = None\n"
        "from service.app import create_app\n"
        "from service.settings import Settings\n"
        "create_app(Settings(threads=1))\n"
        "print('ok')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ok"
