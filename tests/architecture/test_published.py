"""Clients of the published interface go on: docs/openapi.json against this code."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from crnn.decode.factory import METHODS
from tests import published
from tests.conftest import ROOT

OLD = json.loads(published.FILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def new() -> dict[str, Any]:
    return published.current()


def test_no_client_of_the_published_interface_breaks(new):
    assert published.breaks(OLD, new) == []


def test_what_is_published_is_what_is_there(new):
    """Where this fails: `python -m tests.published --write`, and look at what changed."""
    assert published.FILE.read_text("utf-8") == published.text(new)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("service/request_options.py", r"decode: Literal\[(.*)\] \| None"),
        ("clients/python/crnn_client/answers.py", r"decode: Literal\[(.*)\]"),
        ("clients/javascript/crnn-client.d.ts", r"decode\?: (.*);"),
        ("service/web/desk/options.js", r"decode: \[(.*)\],"),
        ("docs/api.md", r"\| `decode` \|[^|]*\| (.*) \|"),
    ],
)
def test_whoever_asks_may_ask_for_every_way_to_decode(file, said):
    (found,) = re.findall(said, (ROOT / file).read_text("utf-8"))
    assert set(re.findall(r"\w+", found)) == set(METHODS)


Change = Callable[[dict[str, Any]], object]


def wishes(told: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = told["paths"]["/ocr"]["post"]["requestBody"]["content"]
    return body["application/json"]["schema"]


def answer(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told["components"]["schemas"]["OcrAnswer"]
    return found


def listing(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told["paths"]["/v1/jobs"]["get"]
    return found


BREAKING: dict[str, Change] = {
    "POST /ocr is gone": lambda told: told["paths"].pop("/ocr"),
    "GET /v1/jobs is gone": lambda told: told["paths"]["/v1/jobs"].pop("get"),
    "application/json.by is required now": lambda told: (
        wishes(told)["properties"].update(by={"type": "string"}),
        wishes(told)["required"].append("by"),
    ),
    "application/json.mode is required now": lambda told: wishes(told)["required"].append("mode"),
    "application/json.width is taken no more": lambda told: wishes(told)["properties"].pop("width"),
    "mode: 'page' is taken no more": lambda told: wishes(told)["properties"]["mode"]["enum"].remove(
        "page"
    ),
    "n_best: maximum is 5": lambda told: wishes(told)["properties"]["n_best"].update(maximum=5),
    "n_best took integer and takes string": lambda told: wishes(told)["properties"][
        "n_best"
    ].update(type="string"),
    "lexicon took array and takes": lambda told: wishes(told)["properties"]["lexicon"].update(
        anyOf=[{"type": "string"}]
    ),
    "200.model is gone": lambda told: answer(told)["properties"].pop("model"),
    "200.confidence is not always": lambda told: answer(told)["required"].remove("confidence"),
    "200.confidence was number and is string": lambda told: answer(told)["properties"][
        "confidence"
    ].update(type="string"),
    "200.lines[].box is gone": lambda told: told["components"]["schemas"]["LineAnswer"][
        "properties"
    ].pop("box"),
    "200.text may be null now": lambda told: answer(told)["properties"].update(
        text={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "query parameter office is required now": lambda told: listing(told)["parameters"].append(
        {"in": "query", "name": "office", "required": True}
    ),
    "parameter limit is gone": lambda told: listing(told).update(
        parameters=[one for one in listing(told)["parameters"] if one["name"] != "limit"]
    ),
    "200 is answered no more": lambda told: listing(told)["responses"].pop("200"),
    "bodies of multipart/form-data are taken no more": lambda told: told["paths"]["/ocr"]["post"][
        "requestBody"
    ]["content"].pop("multipart/form-data"),
}


@pytest.mark.parametrize("told", BREAKING)
def test_what_would_break_a_client_is_seen(told):
    changed = copy.deepcopy(OLD)
    BREAKING[told](changed)
    found = published.breaks(OLD, changed)
    assert any(told in row for row in found), found


HARMLESS: dict[str, Change] = {
    "a new path": lambda told: told["paths"].update({"/v2/read": told["paths"]["/v1/read"]}),
    "a new wish": lambda told: wishes(told)["properties"].update(hint={"type": "string"}),
    "a new value": lambda told: wishes(told)["properties"]["mode"]["enum"].append("table"),
    "more room": lambda told: wishes(told)["properties"]["n_best"].update(maximum=500),
    "a new field": lambda told: answer(told)["properties"].update(angle={"type": "number"}),
    "a new parameter": lambda told: listing(told)["parameters"].append(
        {"in": "query", "name": "office", "schema": {"type": "string"}}
    ),
    "another word": lambda told: answer(told).update(description="What it says."),
    "always there": lambda told: answer(told)["required"].append("skipped"),
}


@pytest.mark.parametrize("told", HARMLESS)
def test_what_breaks_nobody_is_no_trouble(told):
    changed = copy.deepcopy(OLD)
    HARMLESS[told](changed)
    assert changed != OLD
    assert published.breaks(OLD, changed) == []
