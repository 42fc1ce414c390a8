"""Whom a doubtful line is shown to beside the expert that the router names, and who is believed."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from crnn.read import ReadOptions, opinions
from crnn.read.decode.choose import Decoded, DecodeWishes
from crnn.read.page import Char, FieldReading, Match
from crnn.read.seen import Seen
from crnn.read.session import HAND, NUMBER, PRINT, UNKNOWN
from tests.conftest import drawn

EVERYBODY = frozenset({PRINT, HAND, NUMBER})


def seen(text: str, sure: float, written: float = 0.0, expert: str = "") -> Seen:
    """A line that says a text; the router's log odds that it is handwriting."""
    chars = tuple(Char(char, sure, n, n + 1) for n, char in enumerate(text))
    shown = np.zeros((32, 100), np.uint8)
    scores = np.zeros((25, 2), np.float32)
    return Seen(0, shown, 0, scores, Decoded(chars), expert=expert, written=written)


def asked(first: Seen, experts=EVERYBODY, **answers: tuple[str, float]) -> tuple[str, list[str]]:
    """The text that is believed, and who was asked."""
    names = []

    def ask(expert: str) -> Seen:
        names.append(expert)
        return seen(*answers[expert], written=first.written, expert=expert)

    found = opinions.sought(first, experts, ask)
    return "".join(char.text for char in found.found.chars), names


@pytest.mark.parametrize("written", [-9.0, -1.0, 0.5, 9.0])
def test_nobody_is_asked_about_what_is_read_surely(written):
    assert asked(seen("3020", 0.99, written)) == ("3020", [])


def test_nobody_is_asked_where_the_router_has_no_doubt():
    assert asked(seen("收据", 0.3, 9.0)) == ("收据", [])
    assert asked(seen("收据", 0.3, -9.0)) == ("收据", [])


def test_the_expert_that_was_not_named_is_asked():
    assert asked(seen("LOO", 0.6, 1.0), print=("100", 0.9)) == ("100", [PRINT])
    assert asked(seen("DT", 0.6, -1.0), handwriting=("3020", 0.9)) == ("3020", [HAND])


def test_the_router_is_believed_against_an_opinion_that_is_little_surer():
    assert asked(seen("LOO", 0.6, 1.9), print=("1OO", 0.65)) == ("LOO", [PRINT])
    assert asked(seen("LOO", 0.6, 0.05), print=("1OO", 0.65)) == ("1OO", [PRINT])


def test_a_reading_that_says_more_counts_more():
    assert asked(seen("LOCATION", 0.65, -0.5), handwriting=("LOAION", 0.72))[0] == "LOCATION"
    assert asked(seen("LOCATION", 0.65, -0.5), handwriting=("LOCATIONS", 0.72))[0] == "LOCATIONS"


def test_a_doubtful_number_by_hand_is_read_by_the_expert_for_numbers():
    assert asked(seen("1,250", 0.85, 2.0), numbers=("7,250", 0.9)) == ("7,250", [NUMBER])
    assert asked(seen("1,250", 0.85, 2.0), numbers=("7,250", 0.8)) == ("1,250", [NUMBER])
    assert asked(seen("1,250", 0.95, 2.0)) == ("1,250", [])


@pytest.mark.parametrize("text", ["3号", "A17", "...", "", "x+y"])
def test_what_is_no_number_is_not(text):
    assert NUMBER not in asked(seen(text, 0.85, 5.0), print=("", 0.1))[1]


def test_a_printed_number_is_not_either():
    assert asked(seen("1,250", 0.85, -2.0)) == ("1,250", [])


def test_a_number_may_be_one_only_by_the_second_opinion():
    answers = {"handwriting": ("12O0", 0.7), "numbers": ("1200", 0.9)}
    assert asked(seen("RZ", 0.4, -0.5), **answers) == ("12O0", [HAND])
    answers = {"handwriting": ("1260", 0.7), "numbers": ("1200", 0.9)}
    assert asked(seen("RZ", 0.4, -0.5), **answers) == ("1200", [HAND, NUMBER])


def test_who_is_not_there_is_not_asked():
    assert asked(seen("12", 0.4, 1.0), frozenset()) == ("12", [])
    assert asked(seen("12", 0.4, 1.0), {PRINT, HAND}, print=("12", 0.3)) == ("12", [PRINT])


def test_nobody_is_asked_what_an_empty_line_says():
    assert asked(seen("", 0.0, -1.0)) == ("", [])


def test_an_expert_that_is_not_sure_itself_is_not_believed():
    assert asked(seen("LOO", 0.05, 0.1), print=("IOO", 0.25)) == ("LOO", [PRINT])
    assert asked(seen("LOO", 0.05, 0.1), print=("IOO", 0.35)) == ("IOO", [PRINT])


def test_a_number_that_would_lose_signs_is_kept():
    assert asked(seen("1,250.00", 0.85, 2.0), numbers=("1", 0.99)) == ("1,250.00", [NUMBER])
    assert asked(seen("1,250", 0.85, 2.0), numbers=("1250", 0.99)) == ("1250", [NUMBER])


def test_what_a_number_holds_beside_digits_is_as_the_other_reading_had_it():
    classes = ("", "7", "A")
    theirs = np.log(np.array([[0.1, 0.5, 0.4], [0.9, 0.05, 0.05]], np.float32))
    number = np.array([[-3.0, -0.05, UNKNOWN], [-0.01, -5.0, UNKNOWN]], np.float32)
    first, other = (replace(seen("7", 0.5, 2.0), scores=s) for s in (theirs, number))
    found = opinions.with_others_letters(other, first).scores
    assert np.array_equal(found[:, :2], number[:, :2])
    assert found[:, 2] == pytest.approx(theirs[:, 2] - opinions.LESS, abs=1e-5)
    assert [classes[best] for best in found.argmax(1)] == ["7", ""]
    longer = replace(first, scores=np.zeros((3, 3), np.float32))
    assert opinions.with_others_letters(other, longer) is other


def field(text: str, sure: float, *, valid: bool = True, rejected: bool = False) -> Decoded:
    """What a grammar made of a line."""
    return Decoded(
        seen(text, sure).found.chars,
        match=Match(text, 0.1, rejected),
        field=FieldReading("digits", valid, text if valid else None),
    )


def in_field(first: Decoded, number: Decoded, experts=EVERYBODY, written=-3.0) -> tuple[str, int]:
    """The text that is believed of a field, and how often the expert for numbers was asked."""
    line, names = replace(seen("", 0.9, written), found=first), []

    def ask(expert: str) -> Seen:
        names.append(expert)
        return replace(line, expert=expert)

    believed = opinions.in_field(line, experts, ask, lambda _: number)
    assert set(names) <= {NUMBER}
    return "".join(char.text for char in believed.found.chars), len(names)


def test_a_doubtful_number_of_a_field_is_read_by_the_expert_for_numbers_whoever_wrote_it():
    assert in_field(field("4", 0.6), field("14", 0.8)) == ("14", 1)
    assert in_field(field("4", 0.6), field("14", 0.5)) == ("4", 1)
    assert in_field(field("4", 0.95), field("14", 0.99)) == ("4", 0)
    assert in_field(field("4", 0.6), field("14", 0.8), experts={PRINT, HAND}) == ("4", 0)


def test_of_two_numbers_that_which_is_valid_is_believed():
    assert in_field(field("4", 0.95, valid=False), field("14", 0.4)) == ("14", 1)
    assert in_field(field("4", 0.6), field("14", 0.8, valid=False)) == ("4", 1)
    assert in_field(field("4", 0.6), field("14", 0.8, rejected=True)) == ("4", 1)
    assert in_field(field("4", 0.6, valid=False), field("14", 0.8, rejected=True)) == ("4", 1)


def test_a_number_that_leaves_out_more_than_a_sign_is_not_believed_of_a_valid_field():
    assert in_field(field("20261118", 0.85), field("2026", 0.95)) == ("20261118", 1)
    assert in_field(field("20261118", 0.85), field("2026118", 0.95)) == ("2026118", 1)


def test_the_expert_for_numbers_is_not_asked_what_else_a_line_may_say():
    assert in_field(field("4", 0.6, rejected=True), field("14", 0.8)) == ("4", 0)
    assert in_field(field("4月", 0.6), field("14", 0.8)) == ("4月", 0)
    assert in_field(field("--", 0.6), field("14", 0.8)) == ("--", 0)
    assert in_field(field("", 0.0), field("14", 0.8)) == ("", 0)
    free = seen("4", 0.6).found
    assert in_field(free, field("14", 0.8)) == ("4", 0)


def test_a_field_of_digits_asks_for_them_and_other_text_does_not(zh_reader, monkeypatch):
    monkeypatch.setattr(opinions, "DOUBTFUL_NUMBER", 1.01)
    monkeypatch.setattr(opinions, "is_doubtful_number", lambda _: False)
    reader = copy(zh_reader)
    ask, said = reader._ask, []
    reader._ask = lambda tensor, expert="": said.append(expert) or ask(tensor, expert)
    digits = ReadOptions("line", decoding=DecodeWishes("grammar", grammar="digits"))
    assert reader.read(drawn("40817"), digits).lines[0].text == "40817"
    assert NUMBER in said
    said.clear()
    assert reader.read(drawn("Please sign here"), digits).lines[0].match.rejected
    assert reader.read(drawn("40817"), ReadOptions("line")).lines[0].text == "40817"
    assert NUMBER not in said
