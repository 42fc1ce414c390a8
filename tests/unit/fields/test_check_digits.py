"""Numbers with a check digit, made by tests/fixtures/check_digits.py: nobody's real ones."""

import random

import pytest

from charset import Charset
from crnn.fields import compile_grammar
from tests.fixtures import check_digits

CLASSES = Charset.load("zh").classes
RNG = random.Random(20261121)


def some_id_card() -> str:
    day = f"{RNG.randint(1900, 2099)}{RNG.randint(1, 12):02}{RNG.randint(1, 28):02}"
    return check_digits.id_card(f"{RNG.choice(['110101', '350203', '810000'])}{day}000")


def some_credit_code() -> str:
    tail = "".join(RNG.choice(check_digits.CREDIT) for _ in range(9))
    return check_digits.credit_code(f"91{RNG.randint(110000, 659999)}{tail}")


def some_bank_card() -> str:
    length = RNG.randint(11, 18)
    return check_digits.luhn("6" + "".join(str(RNG.randint(0, 9)) for _ in range(length - 1)))


MAKERS = {"id_card": some_id_card, "uscc": some_credit_code, "bank_card": some_bank_card}


@pytest.mark.parametrize("name", MAKERS)
def test_right_check_digits_are_taken(name):
    field = compile_grammar(name, CLASSES)
    for _ in range(200):
        text = MAKERS[name]()
        assert field.value(text)["value"] == text


@pytest.mark.parametrize("name", MAKERS)
def test_every_other_check_digit_is_refused_by_the_automaton_itself(name):
    field = compile_grammar(name, CLASSES)
    signs = {"id_card": "0123456789X", "uscc": check_digits.CREDIT, "bank_card": "0123456789"}[name]
    for _ in range(20):
        text = MAKERS[name]()
        for sign in set(signs) - {text[-1]}:
            assert field.fault(text[:-1] + sign) == "its check digit is wrong"


@pytest.mark.parametrize("name", MAKERS)
def test_one_digit_misread_is_always_noticed(name):
    field = compile_grammar(name, CLASSES)
    for _ in range(50):
        text = MAKERS[name]()
        place = RNG.randrange(8, len(text) - 1)
        if text[place].isdigit():
            wrong = str((int(text[place]) + RNG.randint(1, 9)) % 10)
            assert not field.valid(text[:place] + wrong + text[place + 1 :])


def test_an_id_card_tells_birthday_and_sex():
    value = compile_grammar("id_card", CLASSES).value(check_digits.id_card("35020320000229000"))
    assert (value["birthday"], value["sex"]) == ("2000-02-29", "female")
    value = compile_grammar("id_card", CLASSES).value("110101840229001")
    assert (value["birthday"], value["sex"]) == ("1984-02-29", "male")


def test_a_small_x_is_taken_and_answered_large():
    text = next(t for t in (some_id_card() for _ in range(200)) if t.endswith("X"))
    assert compile_grammar("id_card", CLASSES).value(text.lower())["value"] == text


@pytest.mark.parametrize(
    "first",
    ["35020320010229000", "35020320001301000", "35020318991231000", "99010120000101000"],
)
def test_birthdays_and_provinces_that_there_are_not_are_refused(first):
    field = compile_grammar("id_card", CLASSES)
    assert field.fault(check_digits.id_card(first)).startswith("not of the form")


def test_old_numbers_know_leap_years_of_their_century():
    field = compile_grammar("id_card", CLASSES)
    assert field.valid("350203000228000")
    assert not field.valid("350203000229000"), "1900 was none"
    assert not field.valid("350203850229000")


def test_letters_that_look_like_digits_are_in_no_credit_code():
    field = compile_grammar("uscc", CLASSES)
    text = some_credit_code()
    for sign in "IOSVZ":
        assert not field.valid(text[:10] + sign + text[11:])


def test_cards_are_read_with_and_without_spaces():
    field = compile_grammar("bank_card", CLASSES)
    text = check_digits.luhn("622202123456789012")
    for spaced in (
        " ".join(text[i : i + 4] for i in range(0, 19, 4)),
        f"{text[:6]} {text[6:]}",
    ):
        assert field.value(spaced)["value"] == text
    assert not field.valid(f"{text[:5]} {text[5:]}")
