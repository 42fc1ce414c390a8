"""examples/: every pack reads its committed scans with the published weights."""

import io
import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from openpyxl import load_workbook

from charset import normalize
from crnn.fields import compile_grammar
from crnn.forms import Template, read_form
from examples.application.workbook import as_workbook
from examples.cheque.__main__ import main as cheques
from examples.cheque.cheque import doubts, unfiled
from examples.cheque.pain001 import faults
from examples.homework.__main__ import main as homework
from examples.homework.marking import marked_answers, marked_sums
from examples.homework.sheet import Sheets
from examples.prescription.prescription import ordered
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


def truth_of(pack: str) -> dict:
    return json.loads((EXAMPLES / pack / "scans" / "truth.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def readings(zh_reader):
    """Every committed scan of three packs, by pack and file."""
    found = {}
    for pack in ("application", "cheque", "prescription"):
        templates = [Template.load(p.parent) for p in (EXAMPLES / pack).glob("*/template.json")]
        for name in truth_of(pack):
            data = (EXAMPLES / pack / "scans" / name).read_bytes()
            found[pack, name] = read_form(zh_reader, data, templates)
    return found


def written(zone, text, classes) -> object:
    """What a text means in a zone."""
    if zone.type is None or zone.lexicon is not None or not text:
        return normalize(text).replace(" ", "") or None
    return compile_grammar(zone.type, classes).value(text)["value"]


def outcomes(reading, record, classes):
    """(name, whether it is right, whether a person is asked) of every field that is filled in."""
    for zone in reading.template.zones:
        field, said = reading.fields[zone.name], record.get(zone.name, "")
        if zone.kind == "checkbox":
            yield zone.name, field.value == bool(said), field.needs_review
        elif zone.kind == "column":
            for text, row in zip(said, field.rows, strict=False):
                yield row.name, row.value == written(zone, text, classes), row.needs_review
        elif said:
            value = (
                "".join(field.value.split()) if zone.type is None and field.value else field.value
            )
            yield zone.name, value == written(zone, said, classes), field.needs_review


def test_the_right_form_is_found_and_most_fields_are_right(readings, zh_reader):
    shares = []
    for (pack, name), reading in readings.items():
        truth = truth_of(pack)[name]
        assert reading.template.name == truth["form"]
        found = list(outcomes(reading, truth["record"], zh_reader.spec.classes))
        shares.append(sum(right for _, right, _ in found) / len(found))
    assert min(shares) >= 0.8
    assert sum(shares) / len(shares) >= 0.9


def test_a_wrong_field_asks_for_a_person(readings, zh_reader):
    for (pack, name), reading in readings.items():
        record = truth_of(pack)[name]["record"]
        for field, right, asked in outcomes(reading, record, zh_reader.spec.classes):
            assert right or asked, (pack, name, field)


def test_cheques_become_a_valid_file_once_a_person_has_looked(tmp_path, capsys):
    out, scan = tmp_path / "payments.xml", "04.jpg"
    path = str(EXAMPLES / "cheque" / "scans" / scan)
    first = cheques([path, "--out", str(out)])
    told = [row.split(": ")[1] for row in capsys.readouterr().out.splitlines()]
    record = truth_of("cheque")[scan]["record"]
    if first:  # what is doubtful is said; a person types it
        assert not out.exists()
        typed = {name: record[name] for name in told}
        known = [f"{scan}:{name}={value}" for name, value in typed.items()]
        assert cheques([path, "--out", str(out), *(f"--field={one}" for one in known)]) == 0
    xml = out.read_bytes()
    assert faults(xml) == []
    for name in ("payee", "payee_account", "account", "number"):
        assert f">{record[name]}<" in xml.decode()


def test_a_cheque_whose_amounts_differ_is_not_paid(readings):
    reading = readings["cheque", "04.jpg"]
    assert unfiled(reading.values) == []
    other = replace(reading.fields["amount"], value="1.00")
    assert any("amount" in doubt for doubt in doubts(_with(reading, amount=other)))


def test_a_payee_whose_account_is_another_is_not_paid(readings):
    reading = readings["cheque", "04.jpg"]
    other = replace(reading.fields["payee_account"], value="1" * 16)
    assert any("payee_account" in doubt for doubt in doubts(_with(reading, payee_account=other)))


def _with(reading, **fields):
    return replace(reading, fields=reading.fields | fields)


def test_a_prescription_is_doses_and_warnings(readings):
    for name, truth in truth_of("prescription").items():
        hook = Mock(return_value=[])
        found = ordered(readings["prescription", name], hook)
        hook.assert_called_once_with([item["drug"] for item in found["items"]])
        read = [item["drug"] for item in found["items"]]
        assert read == truth["record"]["drug"] or found["needs_review"]
        assert json.loads(json.dumps(found))["warnings"] == []
        for item in found["items"]:
            assert item["dose"]["unit"] in ("mg", "mL", "tablet", "capsule", "sachet")


@pytest.fixture(scope="module")
def sheets():
    return Sheets.load()


def test_sums_are_marked_by_what_is_written_right_or_wrong(sheets):
    truth = truth_of("homework")["00.jpg"]["record"]
    classes = sheets.general.spec.classes
    field = compile_grammar("arithmetic", classes)
    marks = marked_sums(sheets.read((EXAMPLES / "homework/scans/00.jpg").read_bytes()))
    assert len(marks) == 12
    sure = [mark for mark in marks if mark.right is not None]
    assert sure
    assert sum(mark.written == truth[mark.name] for mark in marks) >= 10
    for mark in sure:
        assert mark.right == field.value(truth[mark.name])["value"], mark
    wrong = [
        name
        for name, text in truth.items()
        if name.startswith("sum_") and not field.value(text)["value"]
    ]
    assert {mark.name for mark in sure if not mark.right} <= set(wrong)


def test_an_answer_sheet_has_the_points_that_the_key_gives_it(sheets, tmp_path, capsys):
    record = truth_of("homework")["05.jpg"]["record"]
    key = json.loads((EXAMPLES / "homework" / "key.json").read_text("utf-8"))
    marks = marked_answers(sheets.read((EXAMPLES / "homework/scans/05.jpg").read_bytes()), key)
    for mark in marks:
        ticked = [c for c in "ABCD" if record.get(f"{mark.name}_{c}")]
        if mark.right is not None and mark.name not in ("q11", "q12"):
            assert mark.right == (ticked == [key[mark.name]]), mark
    assert sum(mark.right is None for mark in marks) <= 3


def test_the_teachers_page_has_a_picture_of_every_answer(tmp_path, capsys):
    page = tmp_path / "marked.html"
    assert homework([str(EXAMPLES / "homework/scans/00.jpg"), "--page", str(page)]) == 0
    text = page.read_text("utf-8")
    assert text.count("<img") == 13  # twelve sums and a name
    assert "for the teacher" in capsys.readouterr().out


def test_applications_become_a_workbook_with_what_to_look_at(readings):
    found = {name: reading for (pack, name), reading in readings.items() if pack == "application"}
    book = load_workbook(io.BytesIO(as_workbook(found)))
    assert set(book.sheetnames) == {r.template.name for r in found.values()} | {"review"}
    head, *rows = book["expense"].iter_rows(values_only=True)
    assert head[0] == "file"
    assert rows[0][head.index("total")] == found["01.jpg"].fields["total"].value
    listed = {(row[0], row[1]) for row in list(book["review"].iter_rows(values_only=True))[1:]}
    assert listed == {
        (name, field.name)
        for name, reading in found.items()
        for field in reading.fields.values()
        if field.needs_review
    }


@pytest.mark.parametrize("pack", ["application", "cheque", "homework", "prescription"])
def test_the_commands_of_a_readme_name_files_that_are_there(pack):
    text = (EXAMPLES / pack / "README.md").read_text("utf-8")
    named = [word for word in text.split() if word.startswith(f"examples/{pack}/scans/")]
    assert named
    for word in named:
        assert Path(ROOT / word).exists()
