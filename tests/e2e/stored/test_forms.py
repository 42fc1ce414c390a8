"""Templates and filled forms over HTTP: kept for their caller, read field by field."""

from __future__ import annotations

import base64
import csv
import io
import json

import cv2
import numpy as np
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings
from tests.conftest import ROOT, png
from tests.e2e.service.test_guard import KEY_A, KEY_B, LINE_A, LINE_B, ask
from tests.fixtures import drawn_forms

DOCS = ROOT / "docs" / "forms"
BLANK = png(drawn_forms.blank())
SCAN = png(drawn_forms.scanned(drawn_forms.filled(), angle=2.0).grey)


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> FastAPI:
    folder = tmp_path_factory.mktemp("forms")
    (folder / "keys").write_text(f"{LINE_A}\n{LINE_B}\n", "utf-8")
    settings = Settings(
        threads=1, api_keys_file=folder / "keys", data_dir=folder / "data", language="",
        template_max_count=2, template_max_pixels=2_000_000, timeout_s=200,
    )  # fmt: skip
    return create_app(settings)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def made(app: FastAPI, key: str = KEY_A, name: str = "claim"):
    told = {"name": name, "zones": drawn_forms.ZONES, "checks": drawn_forms.CHECKS}
    return ask(app, "POST", "/v1/templates", key, json={**told, "blank_base64": base64_of(BLANK)})


def test_a_template_is_kept_read_by_changed_and_forgotten(app):
    assert ask(app, "POST", "/v1/forms/read", KEY_A, files={"file": SCAN}).status_code == 404
    first = made(app)
    assert first.status_code == 201, first.text
    assert made(app).status_code == 200
    listed = ask(app, "GET", "/v1/templates", KEY_A).json()["templates"]
    assert [one["name"] for one in listed] == ["claim"]
    assert ask(app, "GET", "/v1/templates", KEY_B).json()["templates"] == []
    kept = ask(app, "GET", "/v1/templates/claim", KEY_A).json()
    assert kept["zones"][1] == {"name": "date", "box": [860, 150, 1180, 210], "kind": "text",
                                "type": "date"}  # fmt: skip
    blank = ask(app, "GET", "/v1/templates/claim/blank", KEY_A)
    assert blank.headers["content-type"] == "image/png"
    pixels = cv2.imdecode(np.frombuffer(blank.content, np.uint8), 0)
    assert (pixels == drawn_forms.blank()).all()

    for path in ("/v1/forms/read", "/v1/forms/claim/read"):
        answer = ask(app, "POST", path, KEY_A, files={"file": SCAN})
        assert answer.status_code == 200, answer.text
        fields = {one["name"]: one for one in answer.json()["fields"]}
        assert fields["date"]["value"] == "2026-11-21"
        assert fields["agree"]["value"] is True
        assert [row["value"] for row in fields["amounts"]["rows"]][:3] == drawn_forms.VALUES[
            "amounts"
        ]
        assert answer.json()["checks"][0]["state"] == "passed"
        assert answer.json()["success"] is True
        assert "crop_base64" not in fields["date"]
    assert ask(app, "POST", "/v1/forms/claim/read", KEY_B, files={"file": SCAN}).status_code == 404

    fewer = {"zones": drawn_forms.ZONES[:2], "checks": []}
    changed = ask(app, "PUT", "/v1/templates/claim", KEY_A, json=fewer)
    assert changed.status_code == 200, changed.text
    assert changed.json()["digest"] != kept["digest"]
    asked = {"image_base64": base64_of(SCAN), "crops": True}
    answer = ask(app, "POST", "/v1/forms/claim/read", KEY_A, json=asked).json()
    assert [one["name"] for one in answer["fields"]] == ["name", "date"]
    assert base64.b64decode(answer["fields"][1]["crop_base64"]).startswith(b"\x89PNG")
    assert ask(app, "DELETE", "/v1/templates/claim", KEY_A).status_code == 204
    assert ask(app, "GET", "/v1/templates/claim", KEY_A).status_code == 404


def test_zones_are_proposed_where_none_are_sent_and_forms_become_spreadsheets(app):
    blank = (DOCS / "blank.png").read_bytes()
    proposed = ask(app, "POST", "/v1/templates/propose", KEY_B, files={"file": blank}).json()
    assert len(proposed["zones"]) == 14
    sent = {"files": {"blank": blank}, "data": {"name": "差旅费报销单"}}
    answer = ask(app, "POST", "/v1/templates", KEY_B, **sent)
    assert answer.status_code == 201, answer.text
    assert answer.json()["zones"] == proposed["zones"]
    scan = (DOCS / "claim-2.jpg").read_bytes()
    table = ask(app, "POST", "/v1/forms/read?format=csv", KEY_B, files={"file": scan})
    (row,) = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert (row["姓名"], row["合计小写"], row["付款方式"]) == ("林秀英", "509.00", "现金")
    book = ask(app, "POST", "/v1/forms/read?format=xlsx", KEY_B, files={"file": scan})
    assert book.content.startswith(b"PK")
    other = ask(app, "POST", "/v1/forms/read", KEY_B, files={"file": SCAN})
    assert other.status_code == 422
    assert "none of the forms" in other.json()["detail"]


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"zones": [{"name": "a", "box": [0, 0, 9, 9999]}]}, 422, "zones[0].box"),
        ({"zones": [{"name": "a", "box": [0, 0, 99, 99], "type": "dates"}]}, 422, "zone 'a', type"),
        ({"checks": [{"kind": "sum", "fields": ["x", "y"]}]}, 422, "checks[0].fields"),
        ({"name": "../a"}, 422, "name"),
        ({"blank_base64": None}, 422, "needs a blank"),
        ({"blank_base64": base64_of(b"no")}, 415, "decoded"),
        ({"blank_base64": base64_of(png(np.full((1500, 1400), 255, np.uint8)))}, 413, "PIXELS"),
        ({"colour": "red"}, 422, "colour"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_template_that_cannot_be_is_a_problem(app, change, status, told):
    body = {"name": "bad", "zones": [], "blank_base64": base64_of(BLANK), **change}
    answer = ask(app, "POST", "/v1/templates", KEY_A, json=body)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_so_many_templates_are_kept(app):
    body = {"zones": [], "blank_base64": base64_of(BLANK)}
    told = [
        ask(app, "PUT", f"/v1/templates/many{at}", KEY_A, json=body).status_code for at in range(3)
    ]
    assert told == [201, 201, 413]
    for at in range(2):
        ask(app, "DELETE", f"/v1/templates/many{at}", KEY_A)


def test_a_form_part_with_json_that_is_none_is_refused(app):
    sent = {"files": {"blank": BLANK}, "data": {"name": "a", "zones": "[" * 3000}}
    assert ask(app, "POST", "/v1/templates", KEY_A, **sent).status_code == 422
    sent["data"]["zones"] = json.dumps(drawn_forms.ZONES[:1])
    assert ask(app, "POST", "/v1/templates", KEY_A, **sent).status_code == 201


def test_forms_that_a_person_corrected_are_written_as_one_table(app):
    made(app)
    wrong = png(
        drawn_forms.scanned(drawn_forms.filled({**drawn_forms.VALUES, "date": "2026-13-48"})).grey
    )
    read = ask(app, "POST", "/v1/forms/claim/read", KEY_A, files={"file": wrong}).json()
    date = next(field for field in read["fields"] if field["name"] == "date")
    assert (date["status"], date["valid"], date["value"]) == ("conflict", False, None)
    assert date["read"] == "2026-13-48" and date["proposal"]["against"] > 0.9
    assert read["needs_review"] and read["status"] == "read" and read["outside"] == []
    sent = {
        "format": "csv",
        "forms": [{"file": "a.png", "form": read}, {"file": "b", "error": "x"}],
    }
    first, second = csv.DictReader(io.StringIO(_table(app, sent).decode("utf-8-sig")))
    assert (first["file"], first["date"]) == ("a.png", "[conflict] 2026-13-48")
    assert (second["file"], second["error"]) == ("b", "x")
    date |= {"status": "read", "value": "2026-12-04", "needs_review": False, "reasons": []}
    first, _ = csv.DictReader(io.StringIO(_table(app, sent).decode("utf-8-sig")))
    assert first["date"] == "2026-12-04"
    assert _table(app, sent | {"format": "xlsx"}).startswith(b"PK")
    for bad in ({"format": "csv", "forms": []}, sent | {"format": "doc"}):
        assert ask(app, "POST", "/v1/forms/results", KEY_A, json=bad).status_code == 422
    ask(app, "DELETE", "/v1/templates/claim", KEY_A)


def _table(app: FastAPI, sent: dict) -> bytes:
    answer = ask(app, "POST", "/v1/forms/results", KEY_A, json=sent)
    assert answer.status_code == 200, answer.text
    return answer.content
