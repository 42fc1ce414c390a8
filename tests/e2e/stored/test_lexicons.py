"""Lexicons over HTTP: kept for their caller, in force at once."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings
from tests.e2e.service.test_guard import KEY_A, KEY_B, LINE, LINE_A, LINE_B, ask


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> FastAPI:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "keys").write_text(f"{LINE_A}\n{LINE_B}\n", "utf-8")
    settings = Settings(
        threads=1, api_keys_file=folder / "keys", data_dir=folder / "data", lexicon_max_entries=9,
        language="", cache_mb=1,
    )  # fmt: skip
    return create_app(settings)


def read(app: FastAPI, key: str) -> tuple[int, str]:
    answer = ask(app, "POST", "/ocr", key, files={"file": LINE}, data={"lexicon": "dates"})
    (line,) = answer.json().get("lines", [{}])
    return answer.status_code, line.get("field", {}).get("status", "")


def test_a_lexicon_is_in_force_at_once_and_only_for_its_key(app):
    assert read(app, KEY_A)[0] == 422
    sent = {"entries": ["1999-01-01", "\N{EGYPTIAN HIEROGLYPH A001}"]}
    made = ask(app, "PUT", "/v1/lexicons/dates", KEY_A, json=sent)
    assert made.status_code == 201
    assert (made.json()["entries"], made.json()["skipped"]) == (1, ["\N{EGYPTIAN HIEROGLYPH A001}"])
    assert read(app, KEY_A) == (200, "conflict")
    plain = {"content": b"2026-11-20\n1999-01-01\n", "headers": {}}
    plain["headers"]["content-type"] = "text/plain; charset=utf-8"
    assert ask(app, "PUT", "/v1/lexicons/dates", KEY_A, **plain).status_code == 200
    assert read(app, KEY_A) == (200, "read")
    kept = ask(app, "GET", "/v1/lexicons/dates", KEY_A).json()
    assert kept["entries"] == ["2026-11-20", "1999-01-01"]
    assert [one["name"] for one in ask(app, "GET", "/v1/lexicons", KEY_A).json()["lexicons"]] == [
        "dates"
    ]
    assert read(app, KEY_B)[0] == 422
    assert ask(app, "GET", "/v1/lexicons", KEY_B).json()["lexicons"] == []
    for method in ("GET", "DELETE"):
        assert ask(app, method, "/v1/lexicons/dates", KEY_B).status_code == 404
    assert ask(app, "DELETE", "/v1/lexicons/dates", KEY_A).status_code == 204
    assert read(app, KEY_A)[0] == 422


@pytest.mark.parametrize(
    ("name", "sent", "status"),
    [
        ("a", {"json": {"entries": []}}, 422),
        ("a", {"json": {"entries": ["\N{EGYPTIAN HIEROGLYPH A001}"]}}, 422),
        ("a", {"json": {"entries": [str(n) for n in range(10)]}}, 413),
        ("a", {"json": {"names": ["a"]}}, 422),
        ("a", {"content": b"\xff\xfe", "headers": {"content-type": "text/plain"}}, 400),
        ("a", {"content": b"a", "headers": {"content-type": "image/png"}}, 415),
        ("-a", {"json": {"entries": ["a"]}}, 422),
        ("..%2Fa", {"json": {"entries": ["a"]}}, 404),
    ],
)
def test_a_lexicon_that_cannot_be_is_a_problem(app, name, sent, status):
    answer = ask(app, "PUT", f"/v1/lexicons/{name}", KEY_A, **sent)
    assert answer.status_code == status, answer.text
    assert answer.json()["success"] is False
