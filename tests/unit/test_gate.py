"""The gate: what lets a candidate through."""

from __future__ import annotations

import pytest

from crnn.errors import OcrError
from crnn.gate import TOLERANCE, Verdict, gate, paired
from crnn.metrics import Score


def scores(old: list[int], new: list[int], chars: int = 10) -> list[tuple[Score, Score]]:
    return [
        (Score(1, one == 0, one, chars), Score(1, two == 0, two, chars))
        for one, two in zip(old, new, strict=True)
    ]


def test_figures_are_those_of_the_lines():
    found = paired("a", scores([1, 2, 0, 3], [0, 2, 1, 0]))
    assert (found.cer_old, found.cer_new) == (6 / 40, 3 / 40)
    assert (found.better, found.worse, found.lines) == (2, 1, 4)
    assert found.difference == pytest.approx(-3 / 40)
    assert found.interval[0] <= found.difference <= found.interval[1]


def test_a_gain_on_a_few_lines_by_chance_is_not_sure():
    lucky = paired("a", scores([1, 0, 0, 0] * 5, [0, 0, 1, 0] * 5), learned=True)
    sure = paired("a", scores([2] * 20, [1] * 20), learned=True)
    one = paired("a", scores([1, 1, 0, 0], [0, 0, 1, 0]), learned=True)
    assert not lucky.passes(TOLERANCE)
    assert sure.passes(TOLERANCE) and sure.surely == 1.0
    assert one.difference < 0 and not one.passes(TOLERANCE)


@pytest.mark.parametrize(("worse", "passes"), [(0, True), (5, True), (6, False)])
def test_an_old_set_may_get_worse_by_the_tolerance_and_no_more(worse, passes):
    pairs = scores([0] * 100, [1] * worse + [0] * (100 - worse))
    assert paired("old", pairs).passes(0.005) is passes


def test_one_set_that_fails_keeps_the_candidate_out():
    new = paired("new", scores([2] * 20, [1] * 20), learned=True)
    old, bad = paired("old", scores([1], [1])), paired("bad", scores([0], [1]))
    assert Verdict((new, old), 0.005).passed
    assert not Verdict((new, old, bad), 0.005).passed
    assert [one["passes"] for one in Verdict((new, bad), 0.005).facts()["sets"]] == [True, False]


def test_the_same_lines_give_the_same_verdict():
    pairs = scores([3, 1, 0, 2], [1, 2, 0, 0])
    assert paired("a", pairs) == paired("a", pairs)


def test_nothing_held_out_is_no_verdict(zh_reader):
    with pytest.raises(OcrError, match="no held-out line"):
        gate(zh_reader, zh_reader, learned={"a": []}, kept={})
