"""docs/forms.md: every command runs, in order, in an empty folder and against a real service."""

import re
import shutil
import subprocess
import sys

import openpyxl
import pytest

from crnn.forms import Template
from crnn.forms.zone import CHECKS, KINDS, ZONE_KEYS
from tests.bench.service.served import served
from tests.conftest import ROOT
from tests.fixtures import drawn_forms

TEXT = (ROOT / "docs" / "forms.md").read_text("utf-8")
BLOCKS = re.findall(r"```(sh|python|json)\n(.*?)```", TEXT, re.DOTALL)


def commands(begins: str) -> list[str]:
    rows = [row for kind, block in BLOCKS if kind == "sh" for row in block.splitlines()]
    return [row for row in rows if row.startswith(begins)]


def shell(command: str, folder) -> str:
    done = subprocess.run(
        ["bash", "-euc", command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stdout[-500:], done.stderr[-500:])
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    return tmp_path


def test_the_ten_minutes_run(folder, monkeypatch):
    rows = commands("crnn-ocr ")
    assert len(rows) == 5
    told = [shell(row.replace("crnn-ocr", f"{sys.executable} -m crnn.cli", 1), folder)
            for row in rows]  # fmt: skip
    shown = re.search(r"--out claim\n```\n\n(.*?)\n\n2\.", TEXT, re.DOTALL)[1]
    for row in shown.splitlines():
        assert row.strip() == "..." or row.strip() in told[0], row
    book = openpyxl.load_workbook(folder / "claims.xlsx")
    assert book.sheetnames == ["forms", "差旅费报销单", "review", "checks"]
    names = [cell.value for cell in book["forms"][1]]
    first = dict(zip(names, [cell.value for cell in book["forms"][2]], strict=True))
    assert (first["姓名"], first["合计小写"], first["工号"]) == ("陈晓东", 2375.5, "20180427")
    assert book["差旅费报销单"].max_row == 6
    assert "林秀英" in (folder / "claims.csv").read_text("utf-8-sig")
    assert "林秀英" in (folder / "claims" / "forms.csv").read_text("utf-8-sig")
    monkeypatch.chdir(folder)
    for kind, block in BLOCKS:
        if kind == "python":
            exec(block, {})


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_requests_are_answered(folder):
    rows = commands("curl ")
    assert len(rows) == 4
    with served(OCR_LANGUAGE="", OCR_TIMEOUT_S="120") as found:
        for row in rows:
            shell(row.replace("localhost:8000", found.url) + " --fail-with-body", folder)
    assert (folder / "blank.png").read_bytes().startswith(b"\x89PNG")
    assert openpyxl.load_workbook(folder / "claim.xlsx").sheetnames[0] == "forms"


def test_the_template_that_is_shown_can_be_used_and_every_key_is_explained():
    (block,) = [block for kind, block in BLOCKS if kind == "json"]
    page = drawn_forms.blank()[:900]
    assert len(Template.from_json(block, page).zones) == 9
    for key in (*ZONE_KEYS, *KINDS, *CHECKS):
        assert f"`{key}`" in TEXT, key
