"""The command line with the published weights."""

import hashlib
import json
import subprocess
import sys

import pytest

from charset import Charset
from crnn.decode.ngram_lm import NgramLanguage
from crnn.lm import build
from export.publish import write_manifest
from tests.conftest import drawn, png


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "crnn.cli", *args], capture_output=True, text=True)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "line.png"
    path.write_bytes(png(drawn("31,415.92")))
    return path


def test_read_prints_the_text(image):
    assert run("read", str(image)).stdout == "31,415.92\n"


def test_read_as_json_gives_characters_with_their_columns(image):
    found = json.loads(run("read", str(image), "--format", "json", "--mode", "line").stdout)
    assert found["text"] == "31,415.92"
    starts = [char["start"] for char in found["lines"][0]["chars"]]
    assert starts == sorted(starts)
    assert 0 <= starts[0] < 40


def test_an_unreadable_file_is_named_and_the_others_are_read(image, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    done = run("read", str(tmp_path / "bad.png"), str(image))
    assert done.returncode == 1
    assert "bad.png" in done.stderr
    assert done.stdout == "31,415.92\n"


def test_evaluate_prints_one_json_line(image, tmp_path):
    (tmp_path / "labels.tsv").write_text("line.png\t31,415.93\n", "utf-8")
    found = json.loads(run("evaluate", str(tmp_path)).stdout)
    assert found["lines"] == 1
    assert found["cer"] == round(1 / 9, 5)
    assert found["line_accuracy"] == 0
    assert found["ms_per_line"] > 0


def test_evaluate_decodes_as_it_is_told_to(image, tmp_path):
    (tmp_path / "labels.tsv").write_text("line.png\t31,415.93\n", "utf-8")
    (tmp_path / "entries.txt").write_text("31,415.93\n27,182.82\n", "utf-8")
    wishes = ("--lexicon", str(tmp_path / "entries.txt"), "--effort", "thorough")
    # A surely read line stays what it says, although no entry of the list says so.
    assert json.loads(run("evaluate", str(tmp_path), *wishes).stdout)["line_accuracy"] == 0
    (tmp_path / "labels.tsv").write_text("line.png\t31,415.92\n", "utf-8")
    assert json.loads(run("evaluate", str(tmp_path), *wishes).stdout)["line_accuracy"] == 1


def test_mistakes_in_the_command_are_told_with_status_2(image):
    assert run("read", str(image), "--name", "nope").returncode == 2
    assert run("train", "no-such-recipe").returncode == 2
    assert run("train", "zh", "--anneal").returncode == 2


def test_evaluate_writes_a_report_about_all_sets(image, tmp_path):
    (tmp_path / "labels.tsv").write_text("line.png\t31,415.93\n", "utf-8")
    out = tmp_path / "report.html"
    done = run("evaluate", str(tmp_path), "--report", str(out))
    assert done.returncode == 0
    html = out.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert tmp_path.name in html and "data:image/jpeg" in html


def test_a_review_budget_names_a_threshold_or_says_that_there_is_none(image, tmp_path):
    (tmp_path / "labels.tsv").write_text("line.png\t31,415.92\n", "utf-8")
    found = run("review-budget", str(tmp_path), "--target-error", "1%", "--format", "json")
    assert found.returncode == 0
    lines = json.loads(found.stdout)["lines"]
    assert 0 < lines["threshold"] <= 1
    assert lines["accepted"] == 1 and lines["shown_from"] is None
    (tmp_path / "labels.tsv").write_text("line.png\t27\n", "utf-8")
    found = run("review-budget", str(tmp_path))
    assert found.returncode == 1
    assert "a person must see all" in found.stdout


def test_alternatives_are_told_where_they_are_asked_for(image):
    (plain,) = json.loads(run("read", str(image), "--format", "json").stdout)["lines"]
    done = run("read", str(image), "--format", "json", "--detail", "chars")
    (told,) = json.loads(done.stdout)["lines"]
    assert "alternatives" not in plain["chars"][0]
    assert len(told["chars"][0]["alternatives"]) == 5
    assert told["text"] == plain["text"] and told["confidence"] == plain["confidence"]


@pytest.fixture
def letters(tmp_path):
    path = tmp_path / "letters.txt"
    path.write_text("贵单位关于办公楼修缮的申请收悉\n关于办公楼电梯维修的批复\n" * 30, "utf-8")
    return path


def test_lm_makes_a_model_of_a_text_without_torch(letters, tmp_path):
    out = tmp_path / "letters.ngrams"
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from crnn.cli import main\n"
        f"sys.exit(main(['lm', {str(letters)!r}, '--out', {str(out)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    facts = json.loads(done.stdout)
    assert facts["bytes"] == out.stat().st_size
    assert (facts["lines"], facts["lines_left_out"]) == (60, 0)
    assert facts["bits_per_char"] < 3
    assert len(NgramLanguage.open(out).alphabet) == len(Charset.load("zh"))


def test_lm_adds_a_text_to_a_published_model(letters, tmp_path):
    base = build(["今天天气很好", "会议记录"], Charset.load("zh")).data
    (tmp_path / "small.ngrams").write_bytes(base)
    digest = hashlib.sha256(base).hexdigest()
    write_manifest(tmp_path, "small", {"file": "small.ngrams", "sha256": digest}, "languages")
    done = run(
        *("lm", str(letters), "--base", "small", "--weight", "0.3"),
        *("--weights-dir", str(tmp_path), "--out", str(tmp_path / "more.ngrams")),
    )
    facts = json.loads(done.stdout)
    assert facts["bits_per_char"] < facts["bits_per_char_base"] / 2
    assert (
        "no languages 'none'"
        in run(
            "lm", str(letters), "--base", "none", "--out", "x", "--weights-dir", str(tmp_path)
        ).stderr
    )


def test_an_old_name_of_a_command_or_an_option_is_refused_with_the_new_one():
    for old, new in (
        (["place", "x"], "deploy"),
        (["export", "x", "--way", "0.5"], "--interpolate"),
    ):
        done = run(*old)
        assert done.returncode == 2
        assert f"is now called {new!r}" in done.stderr
