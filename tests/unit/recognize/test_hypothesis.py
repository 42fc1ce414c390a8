"""What is made of a first reading: whether the line is tried upside down, whether it is text."""

import numpy as np
import pytest

from crnn.decode.factory import Decoded
from crnn.page import Char
from crnn.recognize.hypothesis import (
    Hypothesis,
    is_better,
    is_doubtful_text,
    is_running_text,
    may_be_turned,
)


def seen(text: str, sure: float, width: int = 100) -> Hypothesis:
    """A line 32 high that says a text."""
    chars = tuple(Char(char, sure, n, n + 1) for n, char in enumerate(text))
    shown = np.zeros((32, width), np.uint8)
    return Hypothesis(0, shown, 0, np.zeros((width // 4, 2), np.float32), Decoded(chars, text=text))


@pytest.mark.parametrize(
    ("text", "sure", "width", "tried"),
    [
        ("N1141", 0.95, 100, False),
        ("N1141", 0.68, 100, True),
        ("N1141", 0.72, 100, False),  # the more it says, the less sure it would be on its head
        ("N11", 0.78, 100, True),
        ("N114113", 0.62, 200, False),
        ("N114113", 0.58, 200, True),
        ("N", 0.98, 100, True),  # a wide line that says little
        ("N", 0.98, 40, False),
        ("", 0.0, 100, True),
        ("6", 0.4, 32, False),  # of one character there is nothing to turn
        ("6", 0.4, 39, False),
        ("6", 0.4, 41, True),
        ("66", 0.4, 32, True),
        ("a line of many characters", 0.7, 500, False),
        ("a line of many characters", 0.5, 500, True),
        ("a line of many characters", 0.7, 2000, False),  # far apart: a form's, or a table's
    ],
)
def test_lines_that_nobody_is_sure_of_and_lines_that_say_little_are_tried(text, sure, width, tried):
    assert may_be_turned(seen(text, sure, width)) is tried


@pytest.mark.parametrize(
    ("came", "turned", "is_turned"),
    [
        (("LZZN", 0.45), ("N1221", 0.9), True),  # clearly surer
        (("1906", 0.8), ("9061", 0.9), False),  # surer, not clearly, and no fuller
        (("N", 0.98), ("N1141", 0.99), True),  # as sure, and fuller
        (("N", 0.98), ("N1141", 0.95), False),  # fuller, but less sure
        (("oel", 0.34), ("1413314", 0.5), False),  # fuller, but nobody is sure
        (("", 0.0), ("6", 0.99), False),  # one character may be another on its head
        (("a longer line", 0.5), ("no", 0.99), False),
    ],
)
def test_a_line_is_turned_for_a_surer_or_a_fuller_reading(came, turned, is_turned):
    assert is_better(seen(*turned), seen(*came)) is is_turned


@pytest.mark.parametrize(
    ("text", "is_text"),
    [
        ("\u5929\u6d25", True),
        ("\u5929", False),  # one character has no neighbours
        ("\u7b2c3\u9875", True),
        ("please return", False),  # one word of a quick hand looks like two
        ("please return this", True),
        ("Approved", False),
        ("QF105", False),
        ("N 11 B 2", False),
        ("Page 3 of 12 pages", True),
        ("Page 3 of 12", False),
        ("----", False),
        ("(see QXZK-11, AB1)", False),
        ("\u201cdon't\u201d follow-up, please", True),
        ("2024\u5e745\u67083\u65e5", False),
        ("\u58f9\u4edf\u8d30\u4f70\u5143\u6574", False),
        ("\u4e8c\u3007\u4e8c\u516d\u5e74 \u5341\u4e00\u6708 \u4e09\u65e5", False),
        ("3\u6708\u4efd\u8fd0\u8d39", True),
        ("31,415.92", False),
        ("", False),
    ],
)
def test_running_text_is_what_a_language_model_knows_about(text, is_text):
    assert is_running_text(seen(text, 0.9)) is is_text


def test_a_language_model_is_asked_about_doubtful_text_alone():
    text, code = (seen(said, 0.9) for said in ("Approved by me", "QF105"))
    assert is_doubtful_text(text, lambda _: 0.85)
    assert not is_doubtful_text(text, lambda _: 0.95)
    assert not is_doubtful_text(code, lambda _: 0.2)
