"""Choosing among readings of one field, and of one amount written twice."""

import pytest

from charset import Charset
from crnn.fields import choose, compile_grammar, crosscheck

CLASSES = Charset.load("zh").classes
CAPITAL = compile_grammar("capital_amount", CLASSES)
AMOUNT = compile_grammar("amount", CLASSES)
DATE = compile_grammar("date", CLASSES)


def test_the_likeliest_valid_reading_is_chosen_and_the_others_are_told():
    n_best = [("2O26-11-21", -0.1), ("2026-11-21", -0.9), ("2026.11.21", -1.5), ("2020-11-21", -3)]
    chosen = choose(n_best, DATE)
    assert (chosen.index, chosen.text, chosen.valid) == (1, "2026-11-21", True)
    assert chosen.value["value"] == "2026-11-21"
    assert chosen.cost == pytest.approx(0.8)
    assert chosen.margin == pytest.approx(2.1), "another spelling of the same value is no rival"
    assert chosen.reasons == ("2O26-11-21: not of the form 'date'",)


def test_order_does_not_matter():
    n_best = [("2020-11-21", -3.0), ("2026-11-21", -0.9)]
    assert choose(n_best, DATE).index == 1


def test_where_nothing_is_valid_the_likeliest_comes_back_with_what_is_wrong():
    chosen = choose([("2026-02-30", -0.1), ("2026-02-3O", -0.2)], DATE)
    assert (chosen.index, chosen.valid, chosen.value, chosen.margin) == (0, False, None, None)
    assert chosen.reasons == ("2026-02-30: not of the form 'date'",)


def test_no_readings_are_no_choice():
    chosen = choose([], DATE)
    assert (chosen.index, chosen.valid) == (None, False)


def test_two_lines_that_say_one_amount_correct_each_other():
    capital = [("壹佰贰拾元整", -0.2), ("壹佰叁拾元整", -0.9)]
    digits = [("￥130.00", -0.1), ("￥180.00", -2.0), ("￥120.00", -4.0)]
    found = crosscheck(capital, digits, (CAPITAL, AMOUNT))
    assert (found.value, found.first, found.second) == ("130.00", 1, 0)
    assert found.score == pytest.approx(-1.0)
    assert found.margin == pytest.approx(-1.0 - -0.3), "the likeliest pair says two amounts"
    assert not found.agrees


def test_first_readings_of_one_value_agree_by_what_the_next_pair_lacks():
    capital = [("壹佰贰拾元整", -0.2), ("壹佰叁拾元整", -0.9)]
    digits = [("120元", -0.1), ("￥120.00", -0.3), ("￥180.00", -2.0)]
    found = crosscheck(capital, digits, (CAPITAL, AMOUNT))
    assert (found.agrees, found.value, found.first, found.second) == (True, "120.00", 0, 0)
    assert found.margin == pytest.approx(-0.3 - -1.0)


def test_readings_without_a_common_value_do_not_agree():
    found = crosscheck([("壹元整", 0.0)], [("2.00", 0.0), ("x", 0.0)], (CAPITAL, AMOUNT))
    assert (found.agrees, found.value, found.first, found.margin) == (False, None, None, None)
    assert not crosscheck([], [], (CAPITAL, AMOUNT)).agrees


def test_one_reading_each_of_one_value_has_no_rival():
    found = crosscheck([("壹元整", -1.0)], [("1.00", -2.0)], (CAPITAL, AMOUNT))
    assert (found.agrees, found.margin, found.score) == (True, None, -3.0)
