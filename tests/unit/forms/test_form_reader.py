"""Filled forms become typed fields, by the published weights."""

import json
from copy import copy

import cv2
import numpy as np
import pytest

from crnn.batch.form_pages import filed_form
from crnn.errors import BadTemplate
from crnn.forms import Template, read_form
from crnn.forms.proposal.propose import propose
from crnn.forms.proposal.suggest_checks import checks_for
from crnn.reader import Reader
from crnn.recognize import hypothesis
from tests.conftest import ROOT, overheard, png
from tests.fixtures import drawn_forms


@pytest.fixture(scope="module")
def claim() -> Template:
    return Template.from_dict(drawn_forms.template_dict(), drawn_forms.blank())


@pytest.fixture(scope="module")
def reading(zh_reader, claim):
    scan = drawn_forms.scanned(drawn_forms.filled(), angle=181.5, scale=0.9)
    return read_form(zh_reader, png(scan.grey), claim, crops=True)


def test_every_field_comes_back_typed(reading):
    assert reading.template.name == "claim"
    rows = [*drawn_forms.VALUES["amounts"], None, None]
    wanted = {
        **drawn_forms.VALUES,
        "amounts": rows,
        "items": [*drawn_forms.VALUES["items"], None, None],
    }
    wanted["note"] = "\n".join(drawn_forms.VALUES["note"])
    found = {name: value for name, value in reading.values.items() if name != "note"}
    assert found == {name: value for name, value in wanted.items() if name != "note"}
    assert reading.values["note"].replace(" ", "") == wanted["note"].replace(" ", "")
    assert [check.state for check in reading.checks] == ["passed"]


def test_a_field_has_its_place_its_picture_and_how_sure_it_is(reading):
    date = reading.fields["date"]
    assert (date.kind, date.raw_text, date.details["complete"]) == ("text", "2026-11-21", True)
    assert 0.9 < date.confidence <= 1
    assert len(date.corners) == 4
    picture = cv2.imdecode(np.frombuffer(date.crop_png, np.uint8), 0)
    assert picture.shape[1] > 3 * picture.shape[0]
    assert json.loads(json.dumps(reading.to_dict()))["template"] == "claim"


def test_a_language_model_is_asked_about_doubtful_text_of_several_lines_alone(monkeypatch):
    monkeypatch.setattr(hypothesis, "CONFIDENT_TEXT", 1.01)
    reader = Reader.load("zh", language="lm_zh")
    asked = overheard(reader)
    sheet = drawn_forms.scanned(drawn_forms.filled(), angle=0, scale=1.0).grey
    faint = np.asarray(cv2.GaussianBlur(sheet, (0, 0), 2.4), np.uint8)
    whole = drawn_forms.template_dict()
    zones = [zone for zone in whole["zones"] if zone["name"] != "note"]
    read_form(reader, faint, Template.from_dict(whole | {"zones": zones}, drawn_forms.blank()))
    assert not asked
    read_form(reader, faint, Template.from_dict(whole, drawn_forms.blank()))
    assert asked


def test_a_thorough_reader_looks_again_at_fields_that_it_is_unsure_of(zh_reader, claim):
    faint = cv2.GaussianBlur(
        drawn_forms.scanned(drawn_forms.filled(), angle=0, scale=1.0).grey, (0, 0), 2.4
    )
    runs = []

    def asked(reader: Reader) -> int:
        run = reader._run
        reader._run = lambda tensor: runs.append(tensor) or run(tensor)
        read_form(reader, np.asarray(faint, np.uint8), claim)
        found = len(runs)
        runs.clear()
        return found

    assert asked(copy(zh_reader).with_effort("thorough")) > 1.2 * asked(copy(zh_reader))


def test_an_empty_field_is_none_and_asked_for_where_it_is_required(zh_reader):
    told = drawn_forms.template_dict()
    told["zones"] = [
        {**zone, "required": True} if zone["name"] in ("date", "amounts") else zone
        for zone in drawn_forms.ZONES
    ]
    template = Template.from_dict(told, drawn_forms.blank())
    found = read_form(zh_reader, drawn_forms.filled({"name": "A. B."}), template)
    assert found.values["date"] is None
    assert found.fields["date"].reasons == ("nothing is written, and it is required",)
    assert found.fields["amounts"].needs_review
    assert not found.fields["number"].needs_review
    assert found.values["number"] is None
    assert found.checks[0].state == "skipped"


def test_what_does_not_fit_its_type_goes_to_a_person(zh_reader, claim):
    found = read_form(zh_reader, drawn_forms.filled({"date": "tomorrow"}), claim).fields["date"]
    assert found.needs_review
    assert "tomorrow" in found.raw_text
    assert (found.status, found.value, found.text) == ("conflict", None, found.raw_text)
    assert found.reasons


def test_a_column_of_one_row_goes_to_a_person_like_any_field(zh_reader):
    told = {"name": "one", "zones": [{"name": "total", "box": [860, 660, 1180, 720]}]}
    told["zones"][0] |= {"kind": "column", "rows": 1, "type": "amount", "min_confidence": 1.0}
    template = Template.from_dict(told, drawn_forms.blank())
    found = read_form(zh_reader, drawn_forms.filled(), template).fields["total"]
    assert found.value == ["319.75"]
    assert found.needs_review
    assert found.reasons[0].startswith("row 1: confidence")


def test_a_wrong_total_goes_to_a_person(zh_reader, claim):
    values = {**drawn_forms.VALUES, "total": "999.99"}
    found = read_form(zh_reader, drawn_forms.filled(values), claim)
    assert found.checks[0].state == "failed"
    assert found.fields["total"].needs_review
    assert found.fields["amounts"].needs_review
    assert not found.fields["name"].needs_review


def test_a_comb_whose_signs_are_not_all_read_goes_to_a_person(zh_reader, claim):
    page = drawn_forms.filled({**drawn_forms.VALUES, "number": "2026"})
    cv2.line(page, (1040, 270), (1052, 245), 40, 3)
    cv2.circle(page, (1080, 257), 9, 40, 2)
    found = read_form(zh_reader, page, claim).fields["number"]
    assert found.value is None or len(found.value) == 6 or found.needs_review


def test_a_lexicon_reads_a_field(zh_reader):
    told = drawn_forms.template_dict()
    told["zones"] = [{"name": "name", "box": drawn_forms.ZONES[0]["box"], "lexicon": "staff"}]
    told |= {"checks": [], "lexicons": {"staff": ["J. R. SMITH", "J. K. SMYTHE", "A. JONES"]}}
    template = Template.from_dict(told, drawn_forms.blank())
    found = read_form(zh_reader, drawn_forms.filled(), template).fields["name"]
    assert (found.value, found.needs_review) == ("J. R. SMITH", False)
    other = read_form(zh_reader, drawn_forms.filled({"name": "QWERTZ 99"}), template).fields["name"]
    assert other.needs_review
    assert (other.status, other.value, other.text) == ("conflict", None, other.raw_text)
    assert "no entry of its list" in other.reasons[0]
    del told["lexicons"]
    with pytest.raises(BadTemplate, match="no lexicon 'staff'"):
        read_form(zh_reader, drawn_forms.filled(), Template.from_dict(told, drawn_forms.blank()))


def test_a_group_says_which_of_its_boxes_is_ticked(zh_reader):
    told = drawn_forms.template_dict()
    told["zones"] = [{**zone, "group": "paid"} for zone in drawn_forms.ZONES[2:4]]
    told["checks"] = [{"kind": "one_of", "fields": ["agree", "refuse"]}]
    template = Template.from_dict(told, drawn_forms.blank())
    found = read_form(zh_reader, drawn_forms.filled(), template)
    assert (found.values["paid"], found.checks[0].state) == ("yes", "passed")
    both = read_form(zh_reader, drawn_forms.filled({"agree": True, "refuse": True}), template)
    assert both.values["paid"] == ["yes", "no"]
    assert both.fields["paid"].needs_review
    none = read_form(zh_reader, drawn_forms.filled({}), template)
    assert none.values["paid"] is None
    assert none.checks[0].state == "failed"


def test_zones_are_proposed_from_labels_and_empty_cells(zh_reader):
    blank = cv2.imread(str(ROOT / "docs" / "forms" / "blank.png"), cv2.IMREAD_GRAYSCALE)
    zones = {zone.name: zone for zone in propose(zh_reader, blank)}
    kinds = {name: (zone.kind, zone.type) for name, zone in zones.items()}
    assert kinds == {
        "姓名": ("text", None),
        "报销日期": ("text", "date"),
        "联系电话": ("text", "phone"),
        "身份证号": ("text", "id_card"),
        "出差事由": ("text", None),
        "费用项目": ("column", None),
        "金额（元）": ("column", "amount"),
        "合计（大写）": ("text", "capital_amount"),
        "合计小写": ("text", "amount"),
        "付款方式_现金": ("checkbox", None),
        "付款方式_转账": ("checkbox", None),
        "工号": ("comb", "digits"),
        "备注": ("text", None),
        "经办人": ("text", None),
    }
    assert zones["工号"].cells == 8
    assert len(zones["金额（元）"].rows) == 5
    assert zones["付款方式_现金"].group == "付款方式"
    assert zones["备注"].multiline
    assert [(one.kind, one.fields) for one in checks_for(list(zones.values()))] == [
        ("sum", ("金额（元）", "合计小写")),
        ("capital", ("合计（大写）", "合计小写")),
    ]


def test_a_blank_page_has_no_zones(zh_reader):
    assert propose(zh_reader, np.full((600, 800), 255, np.uint8)) == []


def test_a_page_that_cannot_be_read_is_filed_with_its_error(zh_reader, claim):
    filed = filed_form(zh_reader, b"no picture", [claim], file="a.png", page=3)
    assert (filed.file, filed.page, filed.form) == ("a.png", 3, None)
    assert "can be decoded" in filed.error
    white = filed_form(zh_reader, np.full((500, 500), 255, np.uint8), [claim])
    assert "none of the forms" in white.error
