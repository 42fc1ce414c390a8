"""Feedback over HTTP: corrections in, a training folder out, nothing of it in the logs."""

from __future__ import annotations

import base64
import io
import json
import logging
import time
import zipfile

import pytest
from fastapi import FastAPI

from crnn.cli import main
from crnn.evaluate.labelled_set import labelled
from service.app import create_app
from service.settings import Settings
from service.storage.feedback_store import DAY_S
from tests.conftest import drawn, png
from tests.e2e.service.test_guard import KEY_A, KEY_B, LINE_A, LINE_B, ask

SAID = {"text": "hunter1", "corrected": "hunter2", "source": "desk", "line": 0, "model": "zh"}
PICTURE = base64.b64encode(png(drawn("hunter2"))).decode()


@pytest.fixture
def app(tmp_path) -> FastAPI:
    (tmp_path / "keys").write_text(f"{LINE_A}\n{LINE_B}\n", "utf-8")
    return create_app(
        Settings(
            threads=1, api_keys_file=tmp_path / "keys", data_dir=tmp_path / "data", language="",
            feedback_max_count=4, feedback_max_image_bytes=20_000,
        )
    )  # fmt: skip


def say(app: FastAPI, key: str = KEY_A, **more: object):
    return ask(app, "POST", "/v1/feedback", key, json=SAID | more)


def archive_of(app: FastAPI, key: str) -> zipfile.ZipFile:
    answer = ask(app, "GET", "/v1/feedback/export", key)
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_a_correction_is_kept_listed_exported_and_deleted_for_its_caller_alone(app):
    made = say(app, request_id="r.1", image=PICTURE, keep_image=True)
    assert made.status_code == 201
    assert made.json()["kept_image"] is True
    assert say(app, KEY_B).status_code == 201
    (seen,) = ask(app, "GET", "/v1/feedback", KEY_A).json()["feedback"]
    assert seen.items() >= (SAID | {"request_id": "r.1", "id": made.json()["id"]}).items()
    labels = archive_of(app, KEY_A).read("labels.tsv").decode()
    assert labels == f"images/{made.json()['id']}.png\thunter2\n"
    assert archive_of(app, KEY_B).read("labels.tsv") == b""
    path = f"/v1/feedback/{made.json()['id']}"
    assert ask(app, "DELETE", path, KEY_B).status_code == 404
    assert ask(app, "DELETE", path, KEY_A).status_code == 204
    assert ask(app, "GET", "/v1/feedback", KEY_A).json()["feedback"] == []
    assert ask(app, "DELETE", "/v1/feedback", KEY_B).status_code == 204
    assert ask(app, "GET", "/v1/feedback", KEY_B).json() == {
        "success": True, "feedback": [], "next": None,
    }  # fmt: skip


def test_without_consent_the_picture_is_dropped_unseen(app):
    for picture in (PICTURE, "no base64 at all!", base64.b64encode(b"no image").decode()):
        made = say(app, image=picture)
        assert (made.status_code, made.json()["kept_image"]) == (201, False)
    assert [n for n in archive_of(app, KEY_A).namelist() if n.startswith("images")] == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"image": "no base64!", "keep_image": True}, 400),
        ({"image": base64.b64encode(b"no image").decode(), "keep_image": True}, 415),
        ({"image": base64.b64encode(bytes(20_001)).decode(), "keep_image": True}, 413),
        ({"corrected": "a\0b"}, 422),
        ({"corrected": "a" * 2001}, 422),
        ({"source": "elsewhere"}, 422),
        ({"line": -1}, 422),
        ({"more": 1}, 422),
    ],
)
def test_what_cannot_be_kept_is_a_problem_that_repeats_nothing(app, sent, status):
    answer = say(app, **sent)
    assert answer.status_code == status, answer.text
    assert answer.json()["success"] is False
    assert "hunter" not in answer.text
    assert ask(app, "GET", "/v1/feedback", KEY_A).json()["feedback"] == []


def test_a_caller_may_keep_so_many(app):
    assert [say(app).status_code for _ in range(5)] == [201] * 4 + [413]
    first = ask(app, "GET", "/v1/feedback?limit=3", KEY_A).json()
    rest = ask(app, "GET", f"/v1/feedback?after={first['next']}", KEY_A).json()
    assert (len(first["feedback"]), len(rest["feedback"]), rest["next"]) == (3, 1, None)
    assert ask(app, "GET", f"/v1/feedback?after={first['next']}", KEY_B).status_code == 404


def test_logs_say_nothing_of_texts_and_pictures(app, caplog):
    caplog.set_level(logging.DEBUG)
    say(app, image=PICTURE, keep_image=True)
    say(app, image=base64.b64encode(b"hunter3").decode(), keep_image=True)
    archive_of(app, KEY_A)
    told = caplog.text + str([record.__dict__ for record in caplog.records])
    assert "POST /v1/feedback 201" in told
    assert "hunter" not in told and PICTURE[:40] not in told


def test_the_running_service_sweeps_what_is_too_old(app, monkeypatch):
    say(app)
    corrections = app.state.feedback
    assert corrections.sweep() > 0
    corrections._clock = lambda: time.time() + 91 * DAY_S
    corrections.sweep()
    corrections._clock = time.time
    assert ask(app, "GET", "/v1/feedback", KEY_A).json()["feedback"] == []


def test_the_command_exports_what_the_service_keeps(app, tmp_path, monkeypatch, capsys):
    say(app, image=PICTURE, keep_image=True)
    say(app, KEY_B, image=PICTURE, keep_image=True)
    monkeypatch.setenv("OCR_DATA_DIR", str(tmp_path / "data"))
    assert main(["feedback", "export", str(tmp_path / "all")]) == 0
    assert main(["feedback", "export", str(tmp_path / "a"), "--tenant", "a"]) == 0
    told = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [(one["corrections"], one["lines"]) for one in told] == [(2, 2), (1, 1)]
    assert [text for _, text in labelled(tmp_path / "a")] == ["hunter2"]
    assert main(["feedback", "export", str(tmp_path / "a")]) == 2
    assert "not empty" in capsys.readouterr().err
    monkeypatch.setenv("OCR_NO_SUCH", "1")
    assert main(["feedback", "export", str(tmp_path / "b")]) == 2
