"""Ways of decoding with the published weights, through the service and the command line."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from crnn import cli
from crnn.decode.factory import DecodeOptions
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.errors import UnknownOption
from crnn.evaluate.metrics import score
from crnn.options import ReadOptions
from crnn.reader import Reader
from service.app import create_app
from service.settings import Settings
from tests.conftest import drawn, overheard, png

LINE = png(drawn("2026-11-20"))
BASE64 = base64.b64encode(LINE).decode()
NEAR = ["2026-11-28", "1999-01-01", "2O26-11-20x", "31,415.92"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("lexicons")
    (made / "dates.txt").write_text("2026-11-20\n2026-11-21\n", "utf-8")
    (made / "unreadable.txt").write_text("\N{EGYPTIAN HIEROGLYPH A001}\n", "utf-8")
    (made / "secret").mkdir()
    return made


@pytest.fixture(scope="module")
def app(folder) -> FastAPI:
    return create_app(Settings(lexicon_dir=folder, threads=1))


def post(app: FastAPI, **request: object) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            return await client.post("/ocr", **request)

    return asyncio.run(ask())


def ask(app: FastAPI, **wishes: object) -> dict:
    answer = post(app, json={"image_base64": BASE64, "mode": "line", **wishes})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_request_that_asks_nothing_new_is_answered_as_ever(app):
    body = ask(app)
    assert set(body) == {
        "success", "text", "confidence", "time_used_ms", "lines", "mode", "model", "request_id",
    }  # fmt: skip
    assert set(body["lines"][0]) == {"text", "confidence", "box"}


def test_thoroughness_looks_several_times_at_doubtful_lines_alone(app, monkeypatch):
    asked, reader = [], app.state.engine.reader
    run = reader._run

    def counting(tensor: np.ndarray) -> np.ndarray:
        asked.append(tensor.shape)
        return run(tensor)

    def looks(image: np.ndarray, effort: str) -> int:
        asked.clear()
        ask_for = {"image_base64": base64.b64encode(png(image)).decode(), "effort": effort}
        assert post(app, json={"mode": "line", **ask_for}).status_code == 200
        return len(asked)

    monkeypatch.setattr(reader, "_run", counting)
    blurred = np.asarray(cv2.GaussianBlur(drawn("8B0OQ5S"), (0, 0), 3.4), np.uint8)
    assert looks(blurred, "thorough") > 2 * looks(blurred, "quick")
    assert looks(drawn("2026-11-20"), "thorough") == 1
    assert post(app, json={"image_base64": BASE64, "effort": "utmost"}).status_code == 422


def test_a_beam_tells_the_texts_beside_the_best(app):
    (line,) = ask(app, decode="beam", n_best=4)["lines"]
    assert line["text"] == line["n_best"][0]["text"] == "2026-11-20"
    assert len({one["text"] for one in line["n_best"]}) == 4
    log_probs = [one["log_prob"] for one in line["n_best"]]
    assert log_probs == sorted(log_probs, reverse=True)


def test_a_line_is_read_as_an_entry_of_the_list_that_came_with_it(app):
    body = ask(app, lexicon=["2026-11-20", *NEAR, "\N{EGYPTIAN HIEROGLYPH A001}"], n_best=2)
    (line,) = body["lines"]
    assert line["text"] == body["text"] == "2026-11-20"
    assert (line["free_text"], line["rejected"], line["margin"]) == ("2026-11-20", False, 0)
    assert len(line["n_best"]) == 2
    assert (body["skipped"], body["skipped_count"]) == (["\N{EGYPTIAN HIEROGLYPH A001}"], 1)


def test_a_line_that_says_no_entry_is_rejected_or_read_freely(app):
    far = ["31,415.92", "1999-01-01"]
    (line,) = ask(app, lexicon=far)["lines"]
    assert line["rejected"]
    assert line["text"] == "2026-11-20"
    assert (line["field"]["status"], line["field"]["value"]) == ("conflict", None)
    assert line["field"]["proposal"]["text"] in far
    body = ask(app, lexicon=far, lexicon_mode="prefer")
    assert body["text"] == "2026-11-20"
    (line,) = ask(app, lexicon=far, max_margin=500)["lines"]
    assert line["rejected"], "a wide margin makes no sure character another"


def test_a_named_list_is_read_again_when_its_file_changes(app, folder):
    path = folder / "changing.txt"
    path.write_text("31,415.92\n", "utf-8")
    assert ask(app, lexicon="changing.txt")["lines"][0]["rejected"]
    path.write_text("2026-11-20\n31,415.92\n", "utf-8")
    os.utime(path, ns=(1, 1))
    assert ask(app, lexicon="changing.txt")["text"] == "2026-11-20"


@pytest.mark.parametrize("lexicon", ["dates.txt", "2026-11-20\n1999-01-01\n"])
def test_multipart_takes_a_name_or_the_entries_themselves(app, lexicon):
    answer = post(app, files={"file": LINE}, data={"lexicon": lexicon, "n_best": "2"})
    (line,) = answer.json()["lines"]
    assert line["text"] == "2026-11-20"
    assert len(line["n_best"]) == 2


@pytest.mark.parametrize(
    "wishes",
    [
        {"decode": "sideways"},
        {"decode": "grammar"},
        {"grammar": "no such type"},
        {"grammar": {"regex": "("}},
        {"grammar": {"regex": "((a{1,100}){1,100}){1,100}"}},
        {"grammar": {"regex": "\N{EGYPTIAN HIEROGLYPH A001}"}},
        {"grammar": {"chars": 7}},
        {"grammar": ["date"]},
        {"grammar": "date", "lexicon": ["a"]},
        {"decode": "lexicon"},
        {"decode": "beam", "lexicon": ["a"]},
        {"decode": "beam", "n_best": 0},
        {"decode": "beam", "n_best": 1000},
        {"decode": "beam", "n_best": "many"},
        {"n_best": 3},
        {"lexicon": []},
        {"lexicon": ["\N{EGYPTIAN HIEROGLYPH A001}"]},
        {"lexicon": ["a"] * 10_001},
        {"lexicon": ["a" * 300_001]},
        {"lexicon": [1, 2]},
        {"lexicon": ""},
        {"lexicon": "none.txt"},
        {"lexicon": "unreadable.txt"},
        {"lexicon": "secret"},
        {"lexicon": "../../etc/passwd"},
        {"lexicon": "/etc/passwd"},
        {"lexicon": "a\0b"},
        {"lexicon": ["a"], "max_margin": -1},
        {"lexicon": ["a"], "lexicon_mode": "maybe"},
    ],
)
def test_wishes_that_cannot_be_are_422(app, wishes):
    answer = post(app, json={"image_base64": BASE64, **wishes})
    assert answer.status_code == 422, answer.text
    assert answer.json()["success"] is False


def test_lone_surrogates_in_a_list_break_nothing(app):
    sent = json.dumps({"image_base64": BASE64, "lexicon": ["2026-11-20", "\ud800"]})
    answer = post(app, content=sent.encode(), headers={"content-type": "application/json"})
    assert answer.status_code in (200, 422)


def test_the_command_line_reads_by_a_list(tmp_path, capsys):
    image, known = tmp_path / "line.png", tmp_path / "known.csv"
    image.write_bytes(LINE)
    known.write_text("id,date\n1,2026-11-20\n2,1999-01-01\n", "utf-8")
    read = ["read", str(image), "--lexicon", str(known), "--lexicon-column", "date"]
    assert cli.main([*read, "--n-best", "2"]) == 0
    text, first, second = capsys.readouterr().out.splitlines()
    assert text == first.split("\t")[2] == "2026-11-20"
    assert second.split("\t")[2] == "1999-01-01"
    assert cli.main([*read, "--format", "json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert line["match"]["free_text"] == "2026-11-20"
    assert "alternatives" not in line


def test_the_command_line_says_which_lines_are_no_entry(tmp_path, capsys, zh_reader):
    image, known = tmp_path / "line.png", tmp_path / "known.npz"
    image.write_bytes(LINE)
    Lexicon.from_entries(["31,415.92"], zh_reader.charset).save(known)
    read = ["read", str(image), "--lexicon", str(known)]
    assert cli.main([*read, "--lexicon-mode", "prefer"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "2026-11-20\n"
    assert "not what was asked" in shown.err
    assert cli.main(["read", str(image), "--lexicon", str(tmp_path / "none.txt")]) == 2


def test_a_field_comes_back_typed(app):
    answer = ask(app, grammar="date")
    (line,) = answer["lines"]
    assert line["text"] == line["free_text"] == "2026-11-20"
    assert line["field"]["valid"] and not line["rejected"]
    assert line["field"]["value"]["value"] == "2026-11-20"
    wrong = ask(app, grammar={"regex": r"[A-Z]{4}"})["lines"][0]
    assert wrong["rejected"] and wrong["text"] == wrong["free_text"] == "2026-11-20"
    assert (wrong["field"]["status"], wrong["field"]["valid"]) == ("conflict", False)


def test_multipart_takes_a_grammar_as_json(app):
    answer = post(app, files={"file": LINE}, data={"grammar": '{"type": "date"}', "n_best": "2"})
    assert answer.json()["lines"][0]["field"]["type"] == "date"
    broken = post(app, files={"file": LINE}, data={"grammar": '{"type": '})
    assert broken.status_code == 422


def test_the_command_line_reads_fields_and_with_a_language_model(tmp_path, capsys):
    image = tmp_path / "line.png"
    image.write_bytes(LINE)
    assert cli.main(["read", str(image), "--grammar", "date"]) == 0
    text, value = capsys.readouterr().out.splitlines()
    assert text == "2026-11-20"
    assert json.loads(value)["value"] == "2026-11-20"
    assert cli.main(["read", str(image), "--decode", "lm"]) == 0
    assert capsys.readouterr().out == "2026-11-20\n"
    assert cli.main(["read", str(image), "--grammar", "{broken"]) == 2


def test_everybody_may_ask_for_the_language_model_where_it_helps(app, tmp_path, capsys):
    blurred = png(cv2.GaussianBlur(drawn("Please sign and return"), (0, 0), 3.3))
    sent = {"image_base64": base64.b64encode(blurred).decode(), "decode": "auto"}
    assert post(app, json=sent).json()["text"] == "Please sign and return"
    assert post(app, json={**sent, "decode": "greedy"}).json()["text"] != "Please sign and return"
    refused = post(app, json={**sent, "n_best": 3})
    assert refused.status_code == 422 and "lm rather than auto" in refused.json()["detail"]
    image = tmp_path / "line.png"
    image.write_bytes(blurred)
    assert cli.main(["read", str(image), "--decode", "auto"]) == 0
    assert capsys.readouterr().out == "Please sign and return\n"
    out = tmp_path / "out"
    assert cli.main(["batch", str(image), str(out), "--decode", "auto", "--quiet"]) == 0
    told = (out / "results.jsonl").read_text("utf-8")
    assert "Please sign and return" in told


def test_auto_asks_the_language_model_about_doubtful_text_alone():
    reader = Reader.load("zh", language="lm_zh")
    asked = overheard(reader)
    auto = ReadOptions("line", decoding=DecodeOptions("auto"))
    assert reader.read(LINE, auto).text == "2026-11-20"
    assert not asked
    clear = drawn("Please sign and return")
    assert reader.read(clear, auto).text == "Please sign and return"
    assert not asked
    blurred = reader.read(cv2.GaussianBlur(clear, (0, 0), 3.6), auto).text
    assert asked
    assert score(blurred, "Please sign and return").errors <= 4


def test_auto_needs_a_language_model_and_gives_no_alternatives(zh_reader):
    with pytest.raises(UnknownOption, match="no language model"):
        zh_reader.for_lines(ReadOptions(decoding=DecodeOptions("auto")))
    with pytest.raises(UnknownOption, match="one decode for all lines"):
        DecodeOptions("auto", n_best=2)
