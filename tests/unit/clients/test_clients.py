"""Every route of the service is reached by the clients, or left out for a reason."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import shutil
import subprocess
import time
from typing import Any

import httpx
import pytest
from crnn_client import AsyncClient, Client, ServiceProblem, Unreachable

from tests.conftest import ROOT

LEFT_OUT = {
    ("get", "/metrics"): "Prometheus asks for it",
    ("post", "/v1/forms/results"): "for the templates page; forms are read one by one",
    ("post", "/v1/view"): "what the recogniser sees: for the reading desk",
    ("post", "/v1/results"): "files of pages corrected at the reading desk",
    ("get", "/v1/jobs/{job_id}/pages/{number}"): "for the reading desk; result() has every page",
    ("get", "/v1/jobs/{job_id}/pages/{number}/image"): "for the reading desk",
    ("post", "/v1/templates"): "made once, at the page of templates or by a script of forms.md",
    ("post", "/v1/templates/propose"): "for the page of templates",
    ("get", "/v1/templates/{name}"): "for the page of templates",
    ("get", "/v1/templates/{name}/blank"): "for the page of templates",
    ("put", "/v1/templates/{name}"): "for the page of templates",
    ("delete", "/v1/templates/{name}"): "for the page of templates",
    ("get", "/v1/models"): "an operator's, by curl: models.md",
    ("get", "/v1/models/{name}"): "an operator's, by curl: models.md",
    ("post", "/v1/models/rollback"): "an operator's, by curl: models.md",
    ("post", "/v1/models/{name}/{action}"): "an operator's, by curl: models.md",
}
ID = "abc"
STROKES = [[[0.0, 0.0], [5.0, 5.0]]]
JOB = {"id": ID, "state": "done"}
CALLS: dict[str, tuple[Any, ...]] = {
    "ocr": (b"x",), "read": (b"x",), "read_batch": ([b"x"],), "predict": (b"x",),
    "draw": (STROKES,), "submit": ([b"x"],), "jobs": (), "job": (ID,), "follow": (ID,),
    "wait": (ID,), "result": (ID,), "delete_job": (ID,), "lexicons": (), "lexicon": (ID,),
    "put_lexicon": (ID, ["x"]), "delete_lexicon": (ID,), "correct": (), "feedback": (),
    "export_feedback": (), "delete_feedback": (ID,), "alive": (), "ready": (),
    "read_form": (b"x",), "templates": (),
}  # fmt: skip
AGAIN = (("delete_feedback", ()), ("read_form", (b"x", ID)))
"""Methods that ask another route where an argument is left out, or given."""
NAMED = {"correct": {"text": "a", "corrected": "b"}}
EVENTS = f'event: end\ndata: {{"id": "{ID}", "state": "done"}}\n\n'


def answered(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/events"):
        return httpx.Response(200, text=EVENTS)
    return httpx.Response(200, json=JOB | {"status": "alive", "model": "zh"})


class Recorder:
    """A transport that answers anything and keeps what was asked."""

    def __init__(self, answer: Any = answered) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    @property
    def routes(self) -> set[tuple[str, str]]:
        return {(one.method, one.url.path) for one in self.asked}


def asked_by_threads() -> set[tuple[str, str]]:
    recorder = Recorder()
    with Client("http://ocr.test", transport=httpx.MockTransport(recorder)) as client:
        for name, arguments in CALLS.items():
            found = getattr(client, name)(*arguments, **NAMED.get(name, {}))
            if name == "follow":
                assert [one["state"] for one in found] == ["done"]
        for name, arguments in AGAIN:
            getattr(client, name)(*arguments)
    return recorder.routes


def asked_by_asyncio() -> set[tuple[str, str]]:
    recorder = Recorder()

    async def all_of_them() -> None:
        transport = httpx.MockTransport(recorder)
        async with AsyncClient("http://ocr.test", transport=transport) as client:
            for name, arguments in CALLS.items():
                found = getattr(client, name)(*arguments, **NAMED.get(name, {}))
                if name == "follow":
                    assert [one["state"] async for one in found] == ["done"]
                else:
                    await found
            for name, arguments in AGAIN:
                await getattr(client, name)(*arguments)

    asyncio.run(all_of_them())
    return recorder.routes


def node(script: str) -> Any:
    """What a module of this folder prints as JSON."""
    if not shutil.which("node"):
        pytest.skip("NO NODE: the JavaScript client is not tested; apt-get install nodejs")
    command = ["node", str(ROOT / "tests" / "unit" / "clients" / script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def asked_by_javascript() -> set[tuple[str, str]]:
    return {(method, path) for method, path in node("every_call.mjs")}


@pytest.mark.parametrize("asked", [asked_by_threads, asked_by_asyncio, asked_by_javascript])
def test_every_route_is_reached_or_left_out_for_a_reason(asked):
    from service.app import create_app
    from service.settings import Settings

    routes = asked()
    paths = create_app(Settings(language="")).openapi()["paths"]
    for path, methods in paths.items():
        form = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method in methods:
            found = any(m == method.upper() and form.fullmatch(p) for m, p in routes)
            assert found or (method, path) in LEFT_OUT, f"no client reaches {method} {path}"


def test_both_clients_have_the_same_methods_with_the_same_arguments():
    def methods(kind: type) -> dict[str, Any]:
        public = inspect.getmembers(kind, inspect.isroutine)
        return {n: inspect.signature(f).parameters for n, f in public if not n.startswith("_")}

    one, other = methods(Client), methods(AsyncClient)
    assert one == other
    assert set(CALLS) | {"stream", "close"} == set(one)


def test_every_javascript_method_has_a_type():
    code = (ROOT / "clients/javascript/crnn-client.js").read_text("utf-8")
    types = (ROOT / "clients/javascript/crnn-client.d.ts").read_text("utf-8")
    names = set(re.findall(r"^  (?:async \*?|\*|static )?(\w+)\(.*\{$", code, re.MULTILINE))
    own = names - {"constructor", "opened", "for", "if"}
    assert len(own) > 20
    for name in own:
        assert f"  {name}(" in types, name


def problems(*statuses: int, wait: str = "0") -> Any:
    rest = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        if not rest:
            return httpx.Response(200, json={"text": "ok"})
        told = {"title": "Busy", "detail": "later", "request_id": "r1"}
        return httpx.Response(rest.pop(0), json=told, headers={"Retry-After": wait})

    return answer


def test_a_busy_service_is_asked_again_as_it_says():
    recorder = Recorder(problems(429, 503, wait="0"))
    with Client("http://ocr.test", transport=httpx.MockTransport(recorder)) as client:
        assert client.ocr(b"x")["text"] == "ok"
    assert len(recorder.asked) == 3
    recorder, started = Recorder(problems(429, wait="1")), time.monotonic()
    with Client("http://ocr.test", transport=httpx.MockTransport(recorder)) as client:
        client.ocr(b"x")
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(("statuses", "count"), [((415,), 1), ((429, 429), 2), ((500,), 1)])
def test_what_cannot_get_better_is_raised_with_its_problem(statuses, count):
    recorder = Recorder(problems(*statuses))
    transport = httpx.MockTransport(recorder)
    with (
        Client("http://ocr.test", transport=transport, retries=1) as client,
        pytest.raises(ServiceProblem, match="later") as caught,
    ):
        client.ocr(b"x")
    assert (caught.value.status, caught.value.request_id) == (statuses[0], "r1")
    assert len(recorder.asked) == count


def test_a_correction_that_may_have_arrived_is_not_sent_twice_and_a_reading_is():
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    for ask, count in ((lambda c: c.correct(text="a", corrected="b"), 1), (lambda c: c.jobs(), 2)):
        recorder = Recorder(lost)
        transport = httpx.MockTransport(recorder)
        with (
            Client("http://ocr.test", transport=transport, retries=1) as client,
            pytest.raises(Unreachable),
        ):
            ask(client)
        assert len(recorder.asked) == count


def test_a_job_that_is_sent_again_has_the_same_key():
    recorder = Recorder(problems(503))
    with Client("http://ocr.test", transport=httpx.MockTransport(recorder)) as client:
        client.submit([b"x"])
        client.submit([b"x"])
    keys = [one.headers["idempotency-key"] for one in recorder.asked]
    assert keys[0] == keys[1] != keys[2]
