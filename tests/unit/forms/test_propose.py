"""Labels, frames of dates, and checks that zones suggest."""

import cv2
import numpy as np
import pytest

from crnn.forms import Template, read_form
from crnn.forms.proposal.cells import layout
from crnn.forms.proposal.labels import asks, clean, guess, is_date_frame
from crnn.forms.proposal.mixed_cells import among
from crnn.forms.proposal.neighbours import Label
from crnn.forms.proposal.propose import proposed
from crnn.forms.proposal.suggest_checks import checks_for
from crnn.forms.zone import Zone
from crnn.inputs.image import ImageLimits, grey_image
from tests.conftest import ROOT
from tests.fixtures import drawn_forms


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("身份证号码", "id_card"), ("合计（大写）", "capital_amount"), ("联系电话", "phone"),
        ("出生日期", "date"), ("金额（元）", "amount"), ("费用项目", None), ("姓名", None),
        ("统一社会信用代码", "uscc"), ("开户行账号", "digits"), ("税率", "percentage"),
        ("Date", "date"),
    ],
)  # fmt: skip
def test_a_label_says_what_is_usually_written(label, kind):
    assert guess(label).type == kind


def test_labels_are_cleaned_and_sentences_are_none():
    assert clean("姓 名 ：") == "姓名"
    assert clean("* Name of payee:") == "Name of payee"
    assert clean("金额（元）：") == "金额（元）"
    assert asks("经办人：")
    assert not asks("填表须知：金额须与票据一致，涂改无效。")
    assert is_date_frame(["年", "月", "日"])
    assert not is_date_frame(["日期"])


def test_cells_boxes_and_rules_are_found_where_they_are():
    page = np.full((900, 1200), 255, np.uint8)
    cv2.rectangle(page, (100, 100), (600, 160), 0, 2)
    cv2.line(page, (300, 100), (300, 160), 0, 2)
    cv2.rectangle(page, (100, 300), (124, 324), 0, 2)
    cv2.line(page, (400, 500), (800, 500), 0, 2)
    cv2.circle(page, (700, 300), 12, 0, 2)
    found = layout(page)
    assert len(found.cells) == 2
    for cell, wanted in zip(
        sorted(found.cells), ((100, 100, 300, 160), (300, 100, 600, 160)), strict=True
    ):
        assert np.abs(np.subtract(cell, wanted)).max() <= 5
    assert len(found.squares) == 1
    assert np.abs(np.subtract(found.squares[0], (100, 300, 124, 324))).max() <= 3
    assert len(found.underlines) == 1
    assert np.abs(np.subtract(found.underlines[0], (400, 500, 800, 500))).max() <= 4


def zone(name: str, wish: str | None = None, kind: str = "text", **values) -> Zone:
    return Zone(name, (0, 0, 50, 50), kind, wish, **values)


def test_checks_are_suggested_where_they_can_be_meant_in_one_way_only():
    rows, total = zone("a", "amount", "column", rows=(0, 50)), zone("t", "amount")
    words, card = zone("w", "capital_amount"), zone("c", "id_card")
    assert [one.fields for one in checks_for([rows, total, words])] == [("a", "t"), ("w", "t")]
    assert checks_for([rows, total, zone("u", "amount"), words]) == []
    born = zone("出生日期", "date")
    man = zone("性别_男", None, "checkbox", group="性别", label="男")
    assert [one.kind for one in checks_for([card, born, man])] == ["birthday", "sex"]


def test_print_inside_a_zone_is_read_along_where_the_zone_keeps_it(zh_reader):
    box = (260, 150, 620, 210)
    blank = drawn_forms.blank()
    drawn_forms.put(blank, "-", (390, 192), 0.9)
    drawn_forms.put(blank, "-", (470, 192), 0.9)
    page = blank.copy()
    for text, x in (("2026", 295), ("11", 425), ("21", 505)):
        drawn_forms.put(page, text, (x, 192), 0.9)
    told = {"name": "day", "zones": [{"name": "day", "box": list(box), "type": "date"}]}
    found = {}
    for keeps in (True, False):
        told["zones"][0]["keeps_print"] = keeps
        found[keeps] = read_form(zh_reader, page, Template.from_dict(told, blank)).fields["day"]
    assert found[True].value == "2026-11-21"
    assert found[True].faults == ()  # the gaps that the print leaves are no fault
    assert "-" not in found[False].raw_text
    empty = read_form(zh_reader, blank, Template.from_dict(told, blank)).fields["day"]
    assert empty.value is None


def test_a_cell_that_holds_print_has_room_to_write_a_signature_and_a_date():
    cell = (60, 500, 620, 700)
    inside = [
        Label("部门意见：", (70, 506, 190, 540)), Label("签名：", (70, 650, 140, 684)),
        Label("年", (440, 650, 468, 684)), Label("月", (510, 650, 536, 684)),
        Label("日", (584, 650, 606, 684)),
    ]  # fmt: skip
    room, date, sign = among(cell, inside, None)
    assert (room.name, room.multiline, room.box) == ("部门意见", True, (61, 541, 619, 649))
    assert (date.name, date.type, date.keeps_print) == ("部门意见_日期", "date", True)
    assert date.box[0] < 440 and date.box[2] >= 606
    assert (sign.name, sign.box[0], sign.box[2]) == ("部门意见_签名", 142, 438)


def test_a_form_that_is_filled_in_is_no_blank(zh_reader):
    docs = ROOT / "docs" / "forms"
    blank, claim = (grey_image((docs / n).read_bytes(), ImageLimits()) for n in
                    ("blank.png", "claim-1.jpg"))  # fmt: skip
    assert proposed(zh_reader, blank).filled == ()
    assert "13812345678" in proposed(zh_reader, claim).filled
