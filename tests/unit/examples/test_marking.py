"""examples/homework: marks follow what is written, doubt goes to the teacher, pages escape."""

import math
from dataclasses import replace

import pytest

from crnn.forms import Candidate, FieldResult, FormReading
from examples.homework.marking import lead, marked_answers, marked_sum, score
from examples.homework.page import as_html


def field(text, value, *rivals, confidence=0.99, kind="text", faults=()) -> FieldResult:
    told = (Candidate(text, value, -0.1), *(Candidate(t, v, p) for t, v, p in rivals))
    details = {"left": "5"} if isinstance(value, bool) else None
    return FieldResult(
        "sum_1", kind, value, text, text, confidence, (0, 0, 9, 9), least=0.9, candidates=told,
        details=details, faults=faults,
    )  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [("2+3=5", True), ("2+3=6", False)])
def test_a_sure_sum_is_marked_as_it_is_written(text, value):
    mark = marked_sum(field(text, value))
    assert (mark.right, mark.written, mark.expected) == (value, text, "5")


@pytest.mark.parametrize("value", [True, False])
def test_doubt_helps_neither_right_nor_wrong(value):
    """The same evidence is needed to mark a sum right and to mark it wrong."""
    close = field("2+3=5", value, ("2+3=6", not value, -1.9))
    clear = field("2+3=5", value, ("2+3=6", not value, -2.2))
    assert marked_sum(close).right is None
    assert marked_sum(clear).right is value
    assert marked_sum(replace(clear, confidence=0.5)).right is None


def test_rivals_that_are_marked_alike_do_not_matter():
    assert lead(field("2+3=6", False, ("2+3=8", False, -0.2))) == math.inf
    assert lead(field("2+3=6", False, ("2+3=5", True, -1.1))) == pytest.approx(1.0)


def reading(**fields: FieldResult) -> FormReading:
    return FormReading(None, None, (), fields, ())  # type: ignore[arg-type]


def test_answers_are_right_wrong_or_for_the_teacher():
    found = reading(
        q1=field("B", "B", kind="group"),
        q2=field("C", "C", kind="group"),
        q3=field("", None, kind="group"),
        q4=field("A, B", ["A", "B"], kind="group", faults=("2 are ticked: A, B",)),
        q5=field("7.50", "7.50"),
        q6=field("7", "7", confidence=0.4),
    )
    key = {"q1": "B", "q2": "B", "q3": "A", "q4": "A", "q5": "7.5", "q6": "7"}
    marks = marked_answers(found, key)
    assert [mark.right for mark in marks] == [True, False, False, None, True, None]
    assert score(marks) == (2, 2, 2)


def test_the_page_shows_every_mark_and_runs_nothing():
    marks = [replace(marked_sum(field("2+3=5", True)), written="<script>1</script>")]
    page = as_html(reading(sum_1=field("2+3=5", True)), marks)
    assert "<script>" not in page
    assert "✓" in page
    assert "对 1，错 0" in page
