"""Fields say what the paper says: forms that are filled in wrongly, a line that is no such field.

docs/forms/wrong-1.jpg is an expense claim with a date that there is not (2026年13月48日), a
telephone number one digit short and an ID number whose check digit is wrong.
"""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from crnn.batch.form_pages import filed_form
from crnn.decode.factory import DecodeOptions
from crnn.fields import Grammar
from crnn.forms import Template
from crnn.forms.proposal.propose import propose
from crnn.inputs.image import ImageLimits, grey_image
from crnn.options import ReadOptions
from crnn.output.form_tables import FiledForm, forms_csv, forms_xlsx
from crnn.reader import Reader
from tests.conftest import ROOT
from tests.golden.test_golden import LINES

DOCS = ROOT / "docs" / "forms"
WRITTEN = {
    "报销日期": "2026年13月48日",
    "联系电话": "1381234567",
    "身份证号": "350203199003070019",
}


@pytest.fixture(scope="module")
def claim(zh_reader: Reader) -> Template:
    blank = grey_image((DOCS / "blank.png").read_bytes(), ImageLimits())
    return Template("claim", blank, tuple(propose(zh_reader, blank)))


@pytest.fixture(scope="module")
def wrong(zh_reader: Reader, claim: Template) -> FiledForm:
    return filed_form(zh_reader, (DOCS / "wrong-1.jpg").read_bytes(), [claim], file="wrong-1.jpg")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_field_that_is_wrong_on_paper_has_no_value_and_says_what_is_written(wrong, name):
    found = next(field for field in wrong.form["fields"] if field["name"] == name)
    assert (found["status"], found["valid"], found["value"]) == ("conflict", False, None)
    assert found["read"].replace(" ", "") == found["text"].replace(" ", "") == WRITTEN[name]
    assert found["needs_review"]
    assert found["proposal"]["text"] and found["proposal"]["against"] > 0.9
    assert found["reasons"][0].startswith("it says")


def test_the_other_fields_of_that_form_are_read(wrong):
    values = {field["name"]: field["value"] for field in wrong.form["fields"]}
    assert (values["姓名"], values["合计小写"]) == ("陈晓东", "2375.50")


def test_csv_has_the_reading_in_the_place_of_a_value(wrong):
    (row,) = csv.DictReader(io.StringIO(forms_csv([wrong]).decode("utf-8-sig")))
    for name, written in WRITTEN.items():
        assert row[name].replace(" ", "") == f"[conflict]{written}"
    assert set(WRITTEN) <= set(row["review"].split(", "))
    assert row["needs_review"] == "True"
    assert row["合计小写"] == "2375.50"


def test_a_workbook_marks_the_cell_and_has_the_reading_in_a_note(wrong):
    book = openpyxl.load_workbook(io.BytesIO(forms_xlsx([wrong])))
    head, cells = book["forms"].iter_rows()
    found = dict(zip((cell.value for cell in head), cells, strict=True))
    for name, written in WRITTEN.items():
        assert found[name].value.replace(" ", "") == f"[conflict]{written}"
        assert found[name].fill.fgColor.rgb.endswith("FFC7CE")
        assert f"read: {written}" in found[name].comment.text.replace("2031 ", "2031")
        assert "proposal: " in found[name].comment.text
    assert found["合计小写"].comment is None
    assert found["合计小写"].value == 2375.5
    review = {row[3]: row for row in book["review"].values}
    assert review["报销日期"][-2:] == ("conflict", found_proposal(wrong, "报销日期"))


def found_proposal(form: FiledForm, name: str) -> str:
    return next(f["proposal"]["text"] for f in form.form["fields"] if f["name"] == name)


def test_a_printed_line_that_is_asked_for_as_a_phone_keeps_its_free_reading(zh_reader):
    options = ReadOptions("line", decoding=DecodeOptions("grammar", grammar=Grammar("phone")))
    for name in ("00.png", "05.png"):
        (line,) = zh_reader.read((LINES / name).read_bytes(), options).lines
        plain = zh_reader.read((LINES / name).read_bytes(), ReadOptions("line")).lines[0].text
        assert line.text == line.field.read == line.match.free_text == plain
        assert line.match.rejected
        assert (line.field.status, line.field.valid, line.field.value) == ("conflict", False, None)
