"""Checks between fields: what holds is surer, what does not is mended or goes to a person."""

from dataclasses import replace
from decimal import Decimal

import pytest

from crnn.forms.checks import checked
from crnn.forms.form_results import Candidate, FieldResult
from crnn.forms.zone import Check

LEAST = 0.9


def field(name: str, *ways: tuple[object, float], confidence: float = 0.95, details=None):
    told = tuple(
        Candidate("" if value is None else str(value), value, score, (details or {}).get(value))
        for value, score in ways
    )
    first = told[0]
    return FieldResult(
        name, "text", first.value, first.text, first.text, confidence, (0, 0, 9, 9),
        least=LEAST, candidates=told, details=first.details,
    )  # fmt: skip


def column(name: str, *rows: FieldResult) -> FieldResult:
    values = [row.value for row in rows]
    return FieldResult(name, "column", values, "", "", 0.9, (0, 0, 9, 9), rows=rows)


def run(kind: str, *fields: FieldResult):
    after, (result,) = checked(
        [Check(kind, tuple(one.name for one in fields))], {one.name: one for one in fields}
    )
    return after, result


def test_fields_that_agree_are_surer():
    fields = field("a", ("1.00", -0.1), confidence=0.8), field("b", ("1.00", -0.2), confidence=0.7)
    after, result = run("capital", *fields)
    assert result.state == "passed"
    assert after["a"].confidence == pytest.approx(1 - 0.2 * 0.3)
    assert not after["a"].needs_review
    assert after["b"].confidence == pytest.approx(1 - 0.3 * 0.2)


def test_the_reading_that_agrees_is_taken_where_it_is_hardly_less_likely():
    digits = field("b", ("130.00", -0.1), ("120.00", -1.1), confidence=0.6)
    after, result = run("capital", field("a", ("120.00", -0.1), ("150.00", -6)), digits)
    assert (result.state, result.detail) == ("repaired", "130.00 -> 120.00")
    assert (after["b"].value, after["b"].needs_review) == ("120.00", False)
    assert (after["b"].status, after["b"].proposal.text) == ("corrected", "120.00")
    assert "asks for '120.00'" in after["b"].reasons[0]


def test_a_reading_that_is_much_less_likely_is_proposed_and_the_value_stays():
    digits = field("b", ("130.00", -0.1), ("120.00", -7.0))
    after, result = run("capital", field("a", ("120.00", -0.1)), digits)
    assert (result.state, result.detail) == ("failed", "would hold with 130.00 -> 120.00")
    assert (after["b"].value, after["b"].status) == ("130.00", "read")
    assert (after["b"].proposal.text, after["b"].proposal.margin) == ("120.00", 6.9)
    assert after["b"].needs_review
    assert not after["a"].needs_review


def test_a_field_without_a_value_makes_no_other_surer():
    lost = replace(field("b", (None, 0.0)), status="conflict", text="12Z.00")
    after, result = run("equal", field("a", ("120.00", -0.1), confidence=0.8), lost)
    assert (result.state, result.detail) == ("skipped", "no value is read of b")
    assert after["a"].confidence == 0.8
    assert after["a"].reasons[0] == "the check 'equal' cannot be made: no value is read of b"
    assert run("order", field("a", ("1", -0.1)), lost)[0]["a"].faults == ()


def test_a_check_confirms_a_proposal_for_a_person_and_the_fields_beside_it():
    lost = field("b", (None, -0.1), ("120.00", -6.0))
    lost = replace(lost, status="conflict", text="12Z.00", raw_text="12Z.00", faults=("no amount",))
    after, result = run("equal", field("a", ("120.00", -0.1)), lost)
    assert (result.state, result.detail) == ("failed", "would hold with 12Z.00 -> 120.00")
    assert (after["b"].status, after["b"].value) == ("conflict", None)
    assert after["b"].proposal.text == "120.00"
    assert not after["a"].needs_review


def test_two_ways_to_mend_that_are_alike_are_for_a_person_to_choose_from():
    one = field("a", ("1.00", -0.5), ("2.00", -1.5))
    other = field("b", ("2.00", -0.5), ("1.00", -1.6))
    after, result = run("equal", one, other)
    assert result.state == "failed"
    assert (after["a"].value, after["b"].value) == ("1.00", "2.00")
    assert any(found.needs_review for found in after.values())


def test_what_cannot_agree_fails_and_all_of_it_goes_to_a_person():
    after, result = run("equal", field("a", ("1", -0.1)), field("b", ("2", -0.1), ("3", -0.2)))
    assert (result.state, result.detail) == ("failed", "1 and 2")
    assert after["a"].needs_review
    assert after["b"].needs_review
    assert after["b"].value == "2"


def test_a_sum_is_mended_in_the_row_that_was_misread():
    rows = column(
        "rows",
        field("r1", ("12.50", -0.1)),
        field("r2", ("80.00", -0.6), ("30.00", -0.8), confidence=0.55),
        field("r3", (None, 0.0)),
    )
    after, result = run("sum", rows, field("total", ("42.50", -0.1), ("92.60", -5)))
    assert result.state == "repaired"
    assert after["rows"].value == ["12.50", "30.00", None]
    assert not after["rows"].needs_review
    assert after["total"].value == "42.50"


def test_sums_are_exact():
    ways = [field(f"f{at}", ("0.10", -0.1)) for at in range(30)]
    total = field("total", (str(Decimal("3.00")), -0.1))
    assert run("sum", *ways, total)[1].state == "passed"
    assert run("sum", *ways, field("total", ("3.01", -0.1)))[1].state == "failed"


def test_a_product_is_checked_in_every_row():
    counts = column("n", field("n1", ("2", -0.1)), field("n2", ("3", -0.2), ("8", -0.9)))
    prices = column("p", field("p1", ("1.50", -0.1)), field("p2", ("2.00", -0.1)))
    totals = column("t", field("t1", ("3.00", -0.1)), field("t2", ("16.00", -0.1)))
    after, result = run("product", counts, prices, totals)
    assert result.state == "repaired"
    assert after["n"].value == ["2", "8"]


CARD = {"350203199003070014": {"birthday": "1990-03-07", "sex": "male"}}


@pytest.mark.parametrize(
    ("kind", "second", "state"),
    [
        ("birthday", "1990-03-07", "passed"),
        ("birthday", "1990-03-01", "failed"),
        ("sex", "男", "passed"),
        ("sex", "女", "failed"),
    ],
)
def test_a_card_tells_birthday_and_sex(kind, second, state):
    card = field("card", ("350203199003070014", -0.1), details=CARD)
    assert run(kind, card, field("other", (second, -0.1)))[1].state == state


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [("2026-01-02", "2026-01-02", "passed"), ("2026-01-03", "2026-01-02", "failed"),
     ("9", "10", "passed")],
)  # fmt: skip
def test_order_is_that_of_days_and_numbers(first, second, state):
    assert run("order", field("a", (first, -0.1)), field("b", (second, -0.1)))[1].state == state


def test_exactly_one_box_is_ticked():
    def box(name: str, chance: float) -> FieldResult:
        import math

        ways = sorted(
            [(True, math.log(chance)), (False, math.log(1 - chance))], key=lambda way: -way[1]
        )
        return field(name, *ways)

    assert run("one_of", box("a", 0.99), box("b", 0.01))[1].state == "passed"
    after, result = run("one_of", box("a", 0.4), box("b", 0.01), box("c", 0.02))
    assert result.state == "repaired"
    assert after["a"].value is True
    sure = box("a", 0.999999), box("b", 0.999999)
    assert run("one_of", *sure)[1].state == "failed"


def test_nothing_written_is_nothing_to_check():
    empty = field("a", (None, 0.0)), field("b", (None, 0.0))
    assert run("equal", *empty)[1].state == "skipped"
    assert run("sum", field("a", ("1.00", -0.1)), field("b", (None, 0.0)))[1].state == "skipped"
