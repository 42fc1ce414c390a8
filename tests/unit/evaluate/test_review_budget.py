import argparse
from pathlib import Path

import pytest

from crnn.evaluate.evaluation import Judged
from crnn.evaluate.reliability import interval
from crnn.evaluate.review_budget import above, as_text, budget, cut, lowest, needed, rate
from crnn.page import Char, Line


def read(confidence: float, text: str, truth: str) -> Judged:
    chars = tuple(Char(c, confidence, n, n + 1) for n, c in enumerate(text))
    return Judged(Path("x.png"), truth, Line(text, confidence, (0, 0, 9, 9), chars), 1.0)


ANSWERS = [(0.9, True), (0.8, True), (0.8, False), (0.7, True), (0.6, False)]


def test_the_threshold_is_the_lowest_that_keeps_the_target():
    assert lowest(ANSWERS, 0.0) == 0.9
    assert lowest(ANSWERS, 0.25) == 0.7
    assert lowest(ANSWERS, 0.5) == 0.6
    assert lowest([(0.9, False), (0.5, True)], 0.1) is None
    assert lowest([], 0.1) is None


def test_equal_confidences_are_accepted_together_or_not_at_all():
    assert lowest([(0.8, True), (0.8, False)], 0.0) is None
    assert len(above(ANSWERS, 0.8)) == 3
    assert above(ANSWERS, None) == []


def test_a_budget_says_what_goes_to_a_person():
    found = cut(ANSWERS, 0.25, [ANSWERS[::2], ANSWERS[1::2]])
    assert (found.accepted, found.wrong, found.total) == (4, 1, 5)
    assert found.to_person == pytest.approx(0.2)
    assert found.low < found.error < found.high
    assert found.promised == pytest.approx(0.2)
    assert found.shown_from is None


def test_a_large_faultless_set_shows_its_target():
    right = [(0.99, True)] * 1000
    assert cut(right, 0.005, [right[::2], right[1::2]]).shown_from == 0.99
    assert cut(right[:300], 0.005, [right[:150], right[150:300]]).shown_from is None
    assert "736" in needed(0.005)
    assert interval(0, 736)[1] <= 0.005 < interval(0, 735)[1]


def test_no_threshold_is_said_in_as_many_words():
    found = budget([read(0.9, "a", "b"), read(0.9, "c", "d")], 0.01)
    assert found.lines.threshold is None
    assert found.lines.to_person == 1
    assert "a person must see all" in as_text("s", found, calibrated=True)


def test_missed_characters_are_counted_apart():
    found = budget([read(0.9, "ac", "abc")], 0.01)
    assert found.missed == 1
    assert found.chars.wrong_in_all == 0
    assert "missed altogether" in as_text("s", found, calibrated=False)
    assert "no calibration" in as_text("s", found, calibrated=False)


@pytest.mark.parametrize(("text", "share"), [("0.5%", 0.005), ("0.005", 0.005), (" 2 % ", 0.02)])
def test_a_rate_is_a_percentage_or_a_share(text, share):
    assert rate(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "five", "100%", "-1", "nan", "5"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        rate(text)
