"""What /openapi.json promises is kept: schemathesis asks the running service by its own schema."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.bench.service.served import Served, served
from tests.conftest import drawn, png
from tests.e2e.stored.test_jobs import numbered

schemathesis = pytest.importorskip("schemathesis")
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

LINE = png(drawn("12"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROUTES = {
    ("post", "/ocr"): 40,
    ("post", "/v1/read"): 25,
    ("post", "/v1/read/batch"): 20,
    ("post", "/v1/view"): 15,
    ("post", "/v1/results"): 25,
    ("post", "/predict"): 15,
    ("post", "/v1/drawing"): 20,
    ("get", "/metrics"): 5,
    ("get", "/v1/lexicons"): 5,
    ("get", "/v1/lexicons/{name}"): 10,
    ("put", "/v1/lexicons/{name}"): 20,
    ("delete", "/v1/lexicons/{name}"): 10,
    ("post", "/v1/feedback"): 25,
    ("get", "/v1/feedback"): 15,
    ("get", "/v1/feedback/export"): 5,
    ("delete", "/v1/feedback/{feedback_id}"): 10,
    ("delete", "/v1/feedback"): 3,
    ("get", "/v1/models"): 3,
    ("get", "/v1/models/{name}"): 10,
    ("post", "/v1/models/rollback"): 3,
    ("post", "/v1/models/{name}/{action}"): 20,
    ("get", "/v1/templates"): 5,
    ("post", "/v1/templates"): 15,
    ("post", "/v1/templates/propose"): 10,
    ("get", "/v1/templates/{name}"): 10,
    ("get", "/v1/templates/{name}/blank"): 10,
    ("put", "/v1/templates/{name}"): 15,
    ("delete", "/v1/templates/{name}"): 10,
    ("post", "/v1/forms/read"): 10,
    ("post", "/v1/forms/{template}/read"): 10,
    ("post", "/v1/forms/results"): 10,
    ("post", "/v1/jobs"): 30,
    ("get", "/v1/jobs"): 20,
    ("get", "/v1/jobs/{job_id}"): 15,
    ("get", "/v1/jobs/{job_id}/events"): 15,
    ("get", "/v1/jobs/{job_id}/result"): 20,
    ("get", "/v1/jobs/{job_id}/pages/{number}"): 10,
    ("get", "/v1/jobs/{job_id}/pages/{number}/image"): 10,
    ("delete", "/v1/jobs/{job_id}"): 15,
    ("get", "/healthz"): 5,
    ("get", "/readyz"): 5,
}
"""Examples of each; --long takes twenty times as many."""
REFUSING = ("/ocr", "/v1/results", "/v1/jobs", "/v1/jobs/{job_id}/result")
"""What can be asked wrongly: the others take anything as an id, or nothing."""


@pytest.fixture(scope="module")
def server():
    with served(OCR_JOB_THREADS="0", OCR_JOB_QUEUE_SIZE="100000", OCR_TIMEOUT_S="120") as found:
        yield found
    assert "Traceback" not in found.output, found.output[-3000:]


@pytest.fixture(scope="module")
def schema(server: Served) -> Any:
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


def test_every_promised_route_is_asked(schema):
    told = {(one.ok().method.lower(), one.ok().path) for one in schema.get_all_operations()}
    assert told == set(ROUTES)


RIGHT = [(*route, GenerationMode.POSITIVE) for route in ROUTES]
WRONG = [(*route, GenerationMode.NEGATIVE) for route in ROUTES if route[1] in REFUSING]


@pytest.mark.parametrize(("method", "path", "mode"), RIGHT + WRONG)
def test_answers_are_those_that_the_schema_promises(request, schema, method, path, mode):
    count = ROUTES[method, path] * (20 if request.config.getoption("--long") else 1)
    quiet = settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    made = schema[path][method].as_strategy(generation_mode=mode)
    quiet(given(st.tuples(made, st.booleans()))(_asks))()


def _asks(drawn_case: tuple[Any, bool]) -> None:
    case, is_sound = drawn_case
    if is_sound and isinstance(case.body, dict):  # bytes by chance are never an image
        if "image_base64" in case.body:
            case.body["image_base64"] = base64.b64encode(LINE).decode()
        elif "file" in case.body:
            case.body["file"] = [numbered(1)] if "/jobs" in case.path else LINE
    case.call_and_validate(checks=CHECKS, timeout=120)
