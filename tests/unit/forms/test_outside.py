"""What a filled form says beside its values: struck fields, writing in no zone, empty forms."""

import cv2
import numpy as np
import pytest

from crnn.forms import FormReading, Template, read_form
from crnn.forms.form_results import worst_of
from tests.fixtures import drawn_forms


@pytest.fixture(scope="module")
def claim() -> Template:
    return Template.from_dict(drawn_forms.template_dict(), drawn_forms.blank())


def read(zh_reader, claim: Template, page: np.ndarray) -> FormReading:
    return read_form(zh_reader, drawn_forms.scanned(page, angle=0.7).grey, claim)


def crossed(page: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> np.ndarray:
    return cv2.line(page, start, end, 30, 3, cv2.LINE_AA)


def test_a_form_with_nothing_outside_says_so(zh_reader, claim):
    found = read(zh_reader, claim, drawn_forms.filled())
    assert (found.outside, found.status, found.reasons) == ((), "read", ())
    doubtful = [field.reasons for field in found.fields.values() if field.needs_review]
    assert found.needs_review == bool(doubtful)


def test_an_empty_form_is_empty_and_goes_to_a_person(zh_reader, claim):
    found = read(zh_reader, claim, drawn_forms.filled({}))
    assert found.status == "empty" and found.needs_review
    assert found.reasons == ("no field is filled in",)
    told = found.to_dict()
    assert (told["status"], told["needs_review"]) == ("empty", True)
    statuses = {field["name"]: field["status"] for field in told["fields"]}
    assert statuses["date"] == "empty" and statuses["amounts"] == "empty"
    assert not any(field["valid"] for field in told["fields"] if field["kind"] != "checkbox")


def test_words_outside_the_zones_are_read_and_send_the_form_to_a_person(zh_reader, claim):
    page = drawn_forms.filled()
    drawn_forms.put(page, "VOID", (80, 130), 1.0)
    found = read(zh_reader, claim, page)
    (word,) = found.outside
    assert (word.kind, word.text) == ("writing", "VOID")
    assert found.needs_review and found.reasons == ("outside the fields: VOID",)
    left, top, right, bottom = word.box
    assert 60 < left < 100 < right < 200 and 85 < top < 120 < bottom < 150
    assert len(word.corners) == 4
    assert found.fields["date"].value == "2026-11-21"


def test_a_line_across_the_form_is_found(zh_reader, claim):
    page = crossed(drawn_forms.filled(), (150, 930), (1100, 140))
    found = read(zh_reader, claim, page)
    assert "strike" in [one.kind for one in found.outside]
    assert found.needs_review


def test_a_field_that_is_crossed_out_has_no_value(zh_reader, claim):
    page = crossed(drawn_forms.filled(), (870, 181), (1110, 178))
    page = crossed(page, (875, 691), (1020, 694))
    found = read(zh_reader, claim, page)
    for name in ("date", "total"):
        field = found.fields[name]
        assert (field.status, field.value, field.valid) == ("struck", None, False), name
        assert field.needs_review and field.reasons[0] == "it is crossed out"
    assert found.fields["name"].status == "read"
    assert found.checks[0].state == "skipped"


def test_what_is_underlined_is_not_crossed_out(zh_reader, claim):
    page = crossed(drawn_forms.filled(), (280, 198), (500, 199))
    assert read(zh_reader, claim, page).fields["name"].status == "read"


def test_a_comb_tells_each_sign_with_its_confidence(zh_reader, claim):
    number = read(zh_reader, claim, drawn_forms.filled()).fields["number"]
    assert "".join(text for text, _ in number.chars) == number.value == "20261187"
    assert all(0 < sure <= 1 for _, sure in number.chars)
    assert number.to_dict()["chars"][0][0] == "2"


def test_several_fields_together_are_as_bad_as_the_worst():
    assert worst_of(["read", "empty", "conflict"]) == "conflict"
    assert worst_of(["empty", "read"]) == "read"
    assert worst_of([]) == "empty"
