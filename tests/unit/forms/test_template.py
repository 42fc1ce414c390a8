"""Templates: written and read back, and what is wrong with one is named."""

import io
import json
import zipfile

import numpy as np
import pytest

from crnn.errors import BadTemplate, ReadError
from crnn.forms import Template
from tests.conftest import png
from tests.fixtures import drawn_forms


@pytest.fixture
def claim() -> Template:
    return Template.from_dict(drawn_forms.template_dict(), drawn_forms.blank())


def test_a_template_survives_folder_and_zip(claim, tmp_path):
    claim.save(tmp_path / "claim")
    (tmp_path / "claim.zip").write_bytes(claim.to_zip())
    for found in (Template.load(tmp_path / "claim"), Template.load(tmp_path / "claim.zip")):
        assert (found.zones, found.checks) == (claim.zones, claim.checks)
        assert found.digest == claim.digest
        assert (found.blank == claim.blank).all()
    assert len((tmp_path / "claim" / "template.json").read_text("utf-8").splitlines()) < 25


def test_whatever_changes_changes_the_digest(claim):
    told = drawn_forms.template_dict()
    told["zones"] = told["zones"][:-1]
    assert Template.from_dict(told, drawn_forms.blank()).digest != claim.digest
    other = drawn_forms.blank()
    other[5, 5] = 0
    assert Template.from_dict(drawn_forms.template_dict(), other).digest != claim.digest


def test_lists_beside_the_template_are_its_lexicons(claim, tmp_path):
    claim.save(tmp_path)
    (tmp_path / "staff.txt").write_text("A. B.\n\nC. D.\n", "utf-8")
    assert Template.load(tmp_path).lexicons == {"staff": ("A. B.", "C. D.")}


def zone(**values):
    return {"zones": [{"name": "a", "box": [0, 0, 50, 50], **values}]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "name is missing"),
        ({"name": "a\nb"}, "one line"),
        ({"version": 2}, "version is 2"),
        ({"size": [1, 2]}, "the blank is"),
        ({"zones": {}}, "zones is {}"),
        ({"colour": 1}, "'colour'; the keys are"),
        (zone(box=[0, 0, 5000, 50]), "zones[0].box is [0, 0, 5000, 50]; the blank is 1240 x 1000"),
        (zone(box=[0, 0, 2, 50]), "4 pixels at least"),
        (zone(box="all"), "expected [left, top, right, bottom]"),
        (zone(box=[0, 0, True, 50]), "expected [left, top, right, bottom]"),
        (zone(kind="circle"), "expected one of text, checkbox, comb, column"),
        (zone(kind="comb"), "cells is None; a comb has 2 to"),
        (zone(cells=3), "a comb has 2 to"),
        (zone(kind="column"), "rows is None; a column has"),
        (zone(kind="column", rows=[0, 2, 50]), "apart or more"),
        (zone(type=7), "expected a field type"),
        (zone(lexicon=[]), "expected 1 to"),
        (zone(lexicon=[1]), "an entry that is no text"),
        (zone(min_confidence=2), "a number from 0 to 1"),
        (zone(required="yes"), "expected true or false"),
        (zone(group="g"), "has a group, and is no checkbox"),
        ({"zones": [{"name": "a", "box": [0, 0, 9, 9]}] * 2}, "two zones are named 'a'"),
        ({"checks": [{"kind": "sum", "fields": ["date"]}]}, "has 1 names; 'sum' takes 2 or more"),
        ({"checks": [{"kind": "add", "fields": []}]}, "checks[0].kind is 'add'"),
        ({"checks": [{"kind": "equal", "fields": ["date", "day"]}]}, "names 'day'"),
        ({"lexicons": {"a": []}}, "lexicons['a']"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_is_named_with_its_place(change, told):
    with pytest.raises(BadTemplate) as found:
        Template.from_dict(
            {**drawn_forms.template_dict(), "checks": [], **change}, drawn_forms.blank()
        )
    assert told in str(found.value)


def test_a_type_that_there_is_not_is_named_with_its_zone(claim, zh_reader):
    claim.check_types(zh_reader.spec.classes)
    for wish in ("dates", {"expression": "("}, {"colour": "red"}):
        bad = Template.from_dict({"name": "x", **zone(type=wish)}, drawn_forms.blank())
        with pytest.raises(BadTemplate, match="zone 'a', type"):
            bad.check_types(zh_reader.spec.classes)


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "."), content)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        zipped(template__json=b"{}"),
        zipped(blank__png=png(drawn_forms.blank())),
        zipped(template__json=b"{", blank__png=png(drawn_forms.blank())),
        zipped(template__json=b"{}", blank__png=b"no picture"),
        zipped(template__json=b"[" * 5000, blank__png=png(drawn_forms.blank())),
        zipped(template__json=b'{"name": "a"}', blank__png=png(np.zeros((20, 20), np.uint8))),
        zipped(
            template__json=b'{"name": "a"}', blank__png=png(drawn_forms.blank()), a__txt=b"\xff"
        ),
    ],
)
def test_a_zip_that_is_no_template_is_refused(data):
    with pytest.raises(ReadError):
        Template.from_zip(data)


def test_rows_of_a_column_are_alike_where_only_their_number_is_given(claim):
    found = next(one for one in claim.zones if one.name == "amounts")
    assert found.rows == (360, 420, 480, 540, 600, 660)
    assert json.loads(claim.to_json())["zones"][5]["rows"] == list(found.rows)
