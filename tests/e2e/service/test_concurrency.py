"""Wishes belong to a request: different ones at once are answered as one after the other."""

from __future__ import annotations

import base64
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np

from crnn.evaluate.labelled_set import labelled
from tests.conftest import ROOT, drawn, png
from tests.e2e.service.test_service import start, stop

WISHES: list[dict[str, Any]] = [
    {},
    {"mode": "line"},
    {"mode": "page", "detail": "chars"},
    {"decode": "beam", "n_best": 5},
    {"decode": "beam", "n_best": 20, "detail": "chars"},
    {"decode": "lm", "mode": "line"},
    {"decode": "auto"},
    {"lexicon": ["2026-11-20", "价税合计", "12345678"]},
    {"lexicon": ["12345678", "87654321"], "lexicon_mode": "prefer", "n_best": 2},
    {"lexicon": ["2026-11-20"], "lexicon_mode": "prefer", "max_margin": 0},
    {"grammar": "date", "mode": "line"},
    {"grammar": {"regex": "[0-9]{8}"}, "mode": "line", "n_best": 3},
    {"grammar": "amount", "detail": "chars", "mode": "line"},
]


def images() -> list[bytes]:
    """Lines of many widths, a page, and lines that our own renderer drew."""
    golden = [path.read_bytes() for path, _ in labelled(ROOT / "tests" / "golden" / "lines")][:6]
    lines = [png(drawn(text)) for text in ("2026-11-20", "12345678", "7", "$1,234.50 " * 6)]
    page = png(np.vstack([drawn("12345678"), drawn("87654321"), drawn("20261120")]))
    return [*lines, page, *golden]


def requests() -> list[dict[str, Any]]:
    """32 different ones, JSON and multipart in turn."""
    pairs = zip(itertools.cycle(WISHES), itertools.cycle(images()), strict=False)
    found = []
    for number, (wishes, image) in enumerate(itertools.islice(pairs, 32)):
        if number % 2:
            sent = {"image_base64": base64.b64encode(image).decode(), **wishes}
            found.append({"json": sent})
        else:
            found.append({"files": {"file": image}, "data": _fields(wishes)})
    return found


def _fields(wishes: dict[str, Any]) -> dict[str, str]:
    """Wishes as form fields: a lexicon one entry a row, a grammar as JSON."""
    told = {}
    for name, value in wishes.items():
        if isinstance(value, list):
            told[name] = "\n".join([*value, ""])
        else:
            told[name] = json.dumps(value) if isinstance(value, dict) else str(value)
    return told


def answer(client: httpx.Client, request: dict[str, Any]) -> dict[str, Any]:
    """What was answered, less what may differ: the time and the id."""
    got = client.post("/ocr", **request)
    assert got.status_code == 200, got.text
    return {k: v for k, v in got.json().items() if k not in ("time_used_ms", "request_id")}


def test_32_different_requests_at_once_are_answered_as_one_by_one():
    server, url = start(OCR_THREADS="4", OCR_TIMEOUT_S="240")
    asked = requests()
    try:
        with httpx.Client(base_url=url, timeout=240) as client:
            serial = [answer(client, request) for request in asked]
            assert len({json.dumps(one, sort_keys=True) for one in serial}) > 24
            with ThreadPoolExecutor(len(asked)) as pool:
                assert list(pool.map(lambda one: answer(client, one), asked)) == serial
    finally:
        output = stop(server)
    assert "Traceback" not in output, output
