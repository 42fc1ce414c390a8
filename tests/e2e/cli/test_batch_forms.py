"""`crnn-ocr batch --template`: many filled forms into one table, what is none of them set aside."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from openpyxl import load_workbook

from crnn import cli
from crnn.forms import Template
from tests.conftest import png
from tests.fixtures import drawn_forms


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("claim")
    made = drawn_forms.template_dict()
    _, blank = cv2.imencode(".png", drawn_forms.blank())
    files = {"template.json": json.dumps(made).encode(), "blank.png": blank.tobytes()}
    Template.from_files(files).save(folder)
    return folder


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def test_forms_of_a_batch_come_into_one_table_and_others_are_set_aside(template, tmp_path):
    papers, out = tmp_path / "papers", tmp_path / "out"
    papers.mkdir()
    for number in (1, 2):
        filled = drawn_forms.filled({"date": f"2026-11-0{number}", "number": f"1234567{number}"})
        (papers / f"{number}.png").write_bytes(png(filled))
    (papers / "3.png").write_bytes(png(np.full((800, 1000), 250, np.uint8)))
    args = ["batch", str(papers), str(out), "--template", str(template), "--quiet", "--workers"]
    assert cli.main([*args, "1"]) == 1  # a page is none of the forms
    rows = table(out / "forms.csv")
    assert [Path(row["file"]).name for row in rows] == ["1.png", "2.png", "3.png"]
    assert [row["date"] for row in rows[:2]] == ["2026-11-01", "2026-11-02"]
    assert [row["number"] for row in rows[:2]] == ["12345671", "12345672"]
    assert rows[0]["template"] == "claim"
    assert rows[2]["error"]
    assert {"forms", "review"} <= set(load_workbook(out / "forms.xlsx").sheetnames)
    first = json.loads((out / "results.jsonl").read_text("utf-8").splitlines()[0])
    assert first["form"]["template"] == "claim"
    assert "2026-11-01" in [line["text"] for line in first["lines"]]
    before = (out / "forms.csv").read_bytes()
    assert cli.main([*args, "2"]) == 1  # nothing is read again
    assert (out / "forms.csv").read_bytes() == before
    assert json.loads((out / "summary.json").read_text())["read"] == 0


def test_wishes_that_zones_say_themselves_are_refused(template, tmp_path, capsys):
    args = ["batch", str(template), str(tmp_path / "out"), "--template", str(template)]
    assert cli.main([*args, "--decode", "beam"]) == 2
    assert "zones" in capsys.readouterr().err
