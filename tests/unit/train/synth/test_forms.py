"""crnn.train.synth.forms: designs, what people write on them, what a scanner does."""

from decimal import Decimal
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charset import Charset
from crnn.fields import compile_grammar
from crnn.forms import Template
from crnn.train.synth.forms import contents
from crnn.train.synth.forms.design import (
    Blank,
    Comb,
    Label,
    Sheet,
    Ticks,
    as_template,
    comb_edges,
)
from crnn.train.synth.forms.filling import STROKES, Filler
from crnn.train.synth.forms.form_sets import Form, Mood, samples
from crnn.train.synth.forms.printing import FONTS
from crnn.train.synth.forms.scanner import OFFICE, ROUGH, Damage, scanned

CLASSES = Charset.load("zh").classes
PLAIN = Damage(stamp=0.0, corners=0.02, shadow=0.5, cover=0.5, copied=0.3, faxed=0.3)
"""All that needs no font."""

needs_fonts = pytest.mark.skipif(
    not (FONTS.is_dir() and STROKES.exists()),
    reason=f"draws with {FONTS} and {STROKES}; python -m crnn.train.data.fetch fetches them",
)


def little_design():
    sheet = Sheet("little", (600, 320), margin=20)
    sheet.row(60, Label("姓名", 120), Blank("name", zone={"lexicon": ("王五", "李四")}))
    sheet.row(60, Label("日期", 120), Blank("date", zone={"type": "date", "required": True}))
    sheet.row(60, Comb("number", 5), Ticks("sex", {"male": "男", "female": "女"}, 220))
    sheet.table("items", 50, 1, (("金额", Blank("amount", zone={"type": "amount"})),))
    return sheet.finished()


def record(rng):
    return {
        "name": "王五",
        "date": "2026-11-21",
        "number": "12045",
        "male": True,
        "female": False,
        "amount": [f"{contents.amount(rng, 900):.2f}"],
    }


def test_a_design_is_a_template_that_forms_take():
    design = little_design()
    blank = np.full((320, 600), 255, np.uint8)
    template = Template.from_dict(as_template(design), blank)
    assert [zone.name for zone in template.zones] == [zone.name for zone in design.zones]
    by_name = {zone.name: zone for zone in template.zones}
    assert by_name["male"].group == by_name["female"].group == "sex"
    assert by_name["amount"].rows == (250, 300)
    assert by_name["date"].required
    assert not by_name["name"].required


def test_zones_lie_side_by_side_and_inside_their_cells():
    name, date, number, *_ = little_design().zones
    assert name.box == (144, 24, 576, 76)
    assert date.box[1] - name.box[1] == 60
    assert comb_edges(number.box, 5)[0] == number.box[0]
    assert comb_edges(number.box, 5)[-1] == number.box[2]


@settings(deadline=None)
@given(st.integers(10, 10**10 - 1))
def test_amounts_in_capitals_mean_what_was_meant(cents):
    field = compile_grammar("capital_amount", CLASSES)
    value = Decimal(cents + 100) / 100
    assert field.value(contents.in_capitals(value))["value"] == f"{value:.2f}"


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_written_is_of_its_field(seed):
    rng = np.random.default_rng(seed)
    written = {
        "date": contents.written_day(rng, contents.day(rng)),
        "amount": contents.in_digits(rng, contents.amount(rng)),
        "bank_card": contents.bank_card(rng),
        "phone": contents.mobile(rng),
    }
    for name, text in written.items():
        assert compile_grammar(name, CLASSES).fault(text) == ""


def test_the_matrix_says_where_the_scanner_put_things():
    """Dots of the page are found on the scan where the truth says they are."""
    spots = ((80, 60), (500, 90), (120, 300), (540, 330))
    page = np.full((400, 640, 3), 255, np.uint8)
    for spot in spots:
        cv2.circle(page, spot, 6, (0, 0, 0), -1)
    damage = Damage(stamp=0, shadow=0, copied=0, noise=0.5, corners=0.02, skew=3)
    scan = scanned(np.random.default_rng(4), page, damage)
    moved = cv2.perspectiveTransform(np.array([spots], np.float32), scan.matrix)[0]
    dark = cv2.cvtColor(scan.image, cv2.COLOR_BGR2GRAY) < 100
    for x, y in moved:
        assert dark[round(y), round(x)]


def test_the_same_seed_gives_the_same_file():
    page = np.full((300, 400, 3), 230, np.uint8)
    page[100:110, 50:350] = 20
    first, again = (scanned(np.random.default_rng(9), page, PLAIN).jpeg() for _ in range(2))
    assert first == again
    assert scanned(np.random.default_rng(10), page, PLAIN).jpeg() != first


def test_the_page_that_is_scanned_is_not_touched():
    page = np.full((300, 400, 3), 230, np.uint8)
    for seed in range(8):
        scanned(np.random.default_rng(seed), page, PLAIN)
    assert (page == 230).all()


@needs_fonts
def test_a_hand_and_a_printer_put_ink_in_every_zone_that_is_filled_and_in_no_other():
    filler, design = Filler(), little_design()
    for hand in (True, False):
        rng = np.random.default_rng(3)
        filled = filler.fill(rng, design, record(rng), hand=hand)
        bare = filler.fill(rng, design, {}, hand=hand)
        changed = (filled.page != bare.page).any(axis=2)
        for zone in design.zones:
            left, top, right, bottom = zone.box
            assert changed[top:bottom, left:right].any() == (zone.name != "female"), zone.name


@needs_fonts
def test_samples_are_their_own_whatever_came_before():
    forms, filler = [Form(little_design(), record)], Filler()
    for damage in (OFFICE, ROUGH):
        mood = Mood(0.5, damage)
        both = [s.scan.jpeg() for s in samples(forms, filler, seed=2, numbers=range(2), mood=mood)]
        second = next(samples(forms, filler, seed=2, numbers=range(1, 2), mood=mood))
        assert second.scan.jpeg() == both[1]


@needs_fonts
def test_what_cannot_be_written_is_refused():
    filler, rng = Filler(), np.random.default_rng(1)
    for hand in (True, False):
        with pytest.raises(ValueError, match="strokes|font"):
            filler.fill(rng, little_design(), {"name": "\ue000"}, hand=hand)


def test_the_committed_templates_are_those_of_the_designs():
    import importlib
    import json

    examples = Path(__file__).parents[4] / "examples"
    for pack in ("application", "cheque", "homework", "prescription"):
        for form in importlib.import_module(f"examples.{pack}.design").FORMS:
            path = examples / pack / form.design.name / "template.json"
            assert json.loads(path.read_text("utf-8")) == as_template(form.design), path


def test_packs_run_without_what_trains_all_but_their_designs():
    import ast

    examples = Path(__file__).parents[4] / "examples"
    for path in examples.rglob("*.py"):
        if path.name != "design.py":
            found = {
                node.module or ""
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.ImportFrom)
            }
            heavy = [m for m in found if m.startswith(("crnn.train", "export", "torch"))]
            assert not heavy, path
            assert not [m for m in found if m.endswith(".design")], path


def test_the_example_of_the_docs_runs():
    import re

    text = (Path(__file__).parents[4] / "docs" / "packs.md").read_text("utf-8")
    text += (Path(__file__).parents[4] / "examples/prescription/README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})
