"""examples/prescription: doses and frequencies of many spellings, and the hook for interactions."""

from decimal import Decimal

import pytest

from charset import Charset
from crnn.fields import compile_grammar
from examples.prescription.drugs import DRUGS, Warning, from_table
from examples.prescription.sig import (
    DOSE,
    FREQUENCIES,
    FREQUENCY,
    Dose,
    Unclear,
    dose,
    doses_in_all,
    frequency,
)

CLASSES = Charset.load("zh").classes


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("0.5g", "500", "mg"),
        ("500mg", "500", "mg"),
        ("500 mg", "500", "mg"),
        ("50ug", "0.05", "mg"),
        ("10ml", "10", "mL"),
        ("2片", "2", "tablet"),
        ("40U", "40", "IU"),
    ],
)
def test_a_dose_has_one_unit_however_it_is_written(text, amount, unit):
    assert dose(text) == Dose(Decimal(amount), unit)


@pytest.mark.parametrize("text", ["", "g", "5", "0mg", "5 spoons", "1.2.3g", "-1g"])
def test_what_is_no_dose_is_refused_and_not_guessed(text):
    with pytest.raises(Unclear):
        dose(text)


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("每日三次", 3),
        ("tid", 3),
        ("q8h", 3),
        ("一日二次", 2),
        ("bid", 2),
        ("qn", 1),
        ("qod", "0.5"),
    ],
)
def test_a_frequency_is_a_number_of_doses_a_day(text, per_day):
    assert frequency(text).per_day == Decimal(per_day)


def test_as_needed_has_no_number_of_doses():
    assert frequency("prn").as_needed
    assert doses_in_all(frequency("prn"), 5) is None
    assert doses_in_all(frequency("tid"), 5) == 15
    with pytest.raises(Unclear):
        frequency("每日九次")


def test_the_grammars_of_the_form_allow_just_what_is_understood():
    doses, often = (compile_grammar({"expression": e}, CLASSES) for e in (DOSE, FREQUENCY))
    for text in {text for drug in DRUGS.values() for text in drug.doses}:
        assert doses.valid(text)
        assert dose(text).amount > 0
    for text in FREQUENCIES:
        assert often.valid(text)
        frequency(text)
    assert not doses.valid("5 spoons")
    assert not often.valid("每日九次")


def test_every_drug_can_be_read_and_stands_once():
    assert Charset.load("zh").missing("".join(DRUGS)) == set()
    assert len(DRUGS) >= 40


def test_warnings_know_both_orders_and_any_dosage_form():
    check = from_table()
    (found,) = check(["华法林钠片", "维生素C片", "阿司匹林肠溶片"])
    assert found.drugs == ("华法林钠片", "阿司匹林肠溶片")
    assert found.severity == "high"
    assert check(["阿司匹林肠溶片", "华法林钠片"])[0].severity == "high"
    assert check(["维生素C片", "叶酸片"]) == []


def test_a_table_of_ones_own_is_read(tmp_path):
    table = tmp_path / "own.tsv"
    table.write_text("a\tb\tseverity\tnote\n叶酸\t维生素C\tlow\t示例\n", "utf-8")
    pair = ("维生素C片", "叶酸片")
    assert from_table(table)(pair) == [Warning(pair, "low", "示例")]
