"""JSON bodies that would cost more than their bytes."""

from __future__ import annotations

import json
import time

import pytest
from fastapi.exceptions import RequestValidationError

from service.errors import BadRequest, TooMany
from service.http import json_body
from service.http.json_body import check_size, depth, from_json, one_by_one
from service.request_options import OcrRequest
from service.routes.stored.feedback import FeedbackBody
from service.routes.stored.lexicons import LexiconBody
from service.schemas.result_schemas import ResultsRequest, SentPage

WRONG = {
    "numbers in a lexicon": (LexiconBody, '{"entries":[' + ",".join(["1"] * 200_000) + "]}"),
    "a lexicon or a name": (
        OcrRequest,
        '{"image_base64":"a","lexicon":[' + ",".join(["1"] * 200_000) + "]}",
    ),
    "unknown names": (
        FeedbackBody,
        "{" + ",".join(f'"{n}":1' for n in range(100_000)) + "}",
    ),
    "empty pages": (
        ResultsRequest,
        '{"format":"txt","pages":[' + ",".join(["{}"] * 900) + "]}",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_elements_cost_no_more_than_their_number(name):
    model, text = WRONG[name]
    started = time.process_time()
    with pytest.raises(RequestValidationError) as told:
        from_json(text.encode(), model)
    assert time.process_time() - started < 0.5, "2.7 s before, for these bodies"
    assert len(told.value.errors()) <= json_body.MOST_ERRORS


def test_too_many_values_are_refused_before_they_are_looked_at():
    with pytest.raises(TooMany, match="the limit is 250000"):
        check_size(b"[" + b"1," * 300_000 + b"1]")


def test_deep_json_is_refused_before_it_is_looked_at():
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        with pytest.raises(BadRequest, match="nested"):
            check_size(opened * 100_000 + b"1" + closed * 100_000)
    check_size(b"[" * 60 + b"]" * 60)
    check_size(b"[" + b"[],{}," * 10_000 + b"1]")


@pytest.mark.parametrize(
    ("body", "deep"),
    [(b"1", 0), (b'"[[["', 0), (b'["\\"[[", [1]]', 2), (b'{"\\\\": [{}]}', 3), (b"[[],[[]]]", 3)],
)
def test_depth_counts_brackets_outside_of_strings(body, deep):
    json.loads(body)
    assert depth(body) == deep


def document(pages: int) -> dict[str, object]:
    chars = [{"text": "一", "confidence": 0.9, "start": n, "end": n + 1} for n in range(30)]
    line = {"text": "一" * 30, "box": [0, 0, 90, 30], "chars": chars}
    page = {"width": 1000, "height": 1000, "lines": [line] * 20}
    return {"format": "txt", "pages": [page] * pages}


def test_a_long_document_is_the_same_page_by_page(monkeypatch):
    monkeypatch.setattr(json_body, "MAX_ELEMENTS", 20_000)
    body = json.dumps(document(6), ensure_ascii=False, indent=1).encode()
    found = one_by_one(body, ResultsRequest, "pages", SentPage)
    assert found == ResultsRequest.model_validate_json(body)
    backwards = json.dumps(dict(reversed(document(6).items()))).encode()
    assert one_by_one(backwards, ResultsRequest, "pages", SentPage) == found


@pytest.mark.parametrize("wrong", ["[", "]", "x", '"a"'])
def test_a_long_document_that_is_none_is_refused(monkeypatch, wrong):
    monkeypatch.setattr(json_body, "MAX_ELEMENTS", 20_000)
    body = json.dumps(document(6)).encode()
    for broken in (body + wrong.encode(), body[:-1] + wrong.encode(), body[: len(body) // 2]):
        with pytest.raises(BadRequest):
            one_by_one(broken, ResultsRequest, "pages", SentPage)
    strange = {**document(6), wrong: 1}
    with pytest.raises(RequestValidationError):
        one_by_one(json.dumps(strange).encode(), ResultsRequest, "pages", SentPage)
