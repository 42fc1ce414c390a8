"""Any bytes are a form or a ReadError; any JSON is a template or a BadTemplate that says why."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crnn.errors import BadTemplate, ReadError
from crnn.forms import FormReading, Template, read_form
from crnn.forms.blank_subtraction import crop, subtracted
from crnn.forms.checks import SURE_COST, checked
from crnn.forms.form_results import Candidate, FieldResult
from crnn.forms.zone import CHECKS, Check
from tests.conftest import png
from tests.fixtures import drawn_forms

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
BOX = st.lists(st.integers(-5, 1300), min_size=4, max_size=4)
ZONE = st.fixed_dictionaries(
    {"name": st.sampled_from("abc") | JSON, "box": BOX | JSON},
    optional={
        "kind": st.sampled_from(["text", "checkbox", "comb", "column"]) | JSON,
        "type": st.sampled_from(["date", "amount", {"length": 3}]) | JSON,
        "rows": st.integers(0, 5) | st.lists(st.integers(0, 1000), max_size=5) | JSON,
        "cells": st.integers(0, 70) | JSON,
        "lexicon": st.lists(st.text(max_size=4), max_size=3) | JSON,
        "group": st.sampled_from(["", "g"]) | JSON,
        "min_confidence": st.floats(0, 1) | JSON,
        "required": st.booleans() | JSON,
    },
)
CHECK = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(sorted(CHECKS)) | JSON,
        "fields": st.lists(st.sampled_from("abcg"), max_size=3) | JSON,
    }
)
TEMPLATE = st.fixed_dictionaries(
    {"name": st.just("t") | JSON},
    optional={"zones": st.lists(ZONE, max_size=4) | JSON, "checks": st.lists(CHECK, max_size=2),
              "lexicons": JSON, "version": st.just(1) | JSON},
)  # fmt: skip

QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


@cache
def blank() -> np.ndarray:
    return drawn_forms.blank()


@cache
def scan() -> bytes:
    return png(drawn_forms.scanned(drawn_forms.filled(), angle=1.0, scale=0.6).grey)


@QUIET
@given(TEMPLATE | JSON)
def test_any_json_is_a_template_or_says_why_not(value):
    try:
        found = Template.from_dict(value, blank())
    except BadTemplate as exc:
        assert 5 < len(str(exc)) < 400
        return
    again = Template.from_json(found.to_json(), blank())
    assert again.digest == found.digest


@settings(QUIET, max_examples=12)
@given(st.data())
def test_any_bytes_are_a_form_or_a_read_error(zh_reader, data):
    sent = bytearray(scan())
    if data.draw(st.booleans()):
        sent = bytearray(data.draw(st.binary(max_size=200)))
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    template = Template.from_dict(drawn_forms.template_dict(), blank())
    try:
        found = read_form(zh_reader, bytes(sent), template)
    except ReadError:
        return
    assert isinstance(found, FormReading)
    assert set(found.values) == {zone["name"] for zone in drawn_forms.ZONES}


@settings(QUIET, max_examples=25)
@given(st.integers(0, 2**32 - 1), BOX)
def test_any_picture_less_its_blank_can_be_cropped_anywhere(seed, box):
    rng = np.random.default_rng(seed)
    small = Template.from_dict({"name": "t"}, blank()[::4, ::4])
    picture = rng.integers(0, 256, small.blank.shape, np.uint8)
    writing = subtracted(picture, small.print)
    left, right = sorted(min(max(v, 0), 305) for v in box[::2])
    top, bottom = sorted(min(max(v, 0), 245) for v in box[1::2])
    cut = crop(writing, (left, top, right + 4, bottom + 4))
    assert cut is None or min(cut.shape) > 0


AMOUNTS = st.integers(0, 5).map(lambda cents: f"{cents / 100:.2f}")
WAYS = st.lists(st.tuples(AMOUNTS, st.floats(-9, 0)), min_size=1, max_size=4,
                unique_by=lambda way: way[0])  # fmt: skip


@QUIET
@given(st.lists(WAYS, min_size=2, max_size=4))
def test_a_sum_is_solved_as_trying_every_way_solves_it(ways):
    from itertools import product

    fields = {}
    for at, told in enumerate(ways):
        told = sorted(told, key=lambda way: -way[1])
        options = tuple(Candidate(text, text, score) for text, score in told)
        fields[str(at)] = FieldResult(
            str(at), "text", options[0].value, options[0].text, "", 0.9, (0, 0, 9, 9),
            candidates=options,
        )  # fmt: skip
    after, (result,) = checked([Check("sum", tuple(fields))], fields)
    tried = [
        (sum(one.log_prob for one in way), [one.value for one in way])
        for way in product(*(one.candidates for one in fields.values()))
        if sum(round(100 * float(one.value)) for one in way[:-1])
        == round(100 * float(way[-1].value))
    ]
    if not tried:
        assert result.state == "failed"
        return
    best = max(score for score, _ in tried)
    top = sum(one.candidates[0].log_prob for one in fields.values())
    taken = [one.value for one in after.values()]
    if result.state == "failed":
        assert taken == [one.value for one in fields.values()]
    else:
        assert any(score >= best - 1e-9 and values == taken for score, values in tried)
        assert top - best <= SURE_COST
