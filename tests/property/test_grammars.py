"""Grammars: expressions against Python's re, fields against independent formatters and checks."""

import datetime
import itertools
import json
import random
import re
import string
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from charset import BLANK, Charset, normalize
from crnn.decode.constraints import DEAD
from crnn.errors import GrammarError, NothingMatches
from crnn.fields import FIELD_TYPES, Automaton, Field, compile_grammar, crosscheck
from tests.fixtures import check_digits

CLASSES = Charset.load("zh").classes
LETTERS = "ab1中 。"
SMALL = (BLANK, *LETTERS)
SHORT = [
    "".join(chars) for length in range(5) for chars in itertools.product(LETTERS, repeat=length)
]
NORMAL = [text for text in SHORT if normalize(text) == text]

atoms = st.sampled_from([*"ab1中。", " ", ".", r"\d", r"\w", r"\s", "[^a]", "[a-b中]", "[^\\d。]"])
repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "*?", "??"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        inner.map(lambda part: f"({part})"),
    )


expressions = st.recursive(atoms, grown, max_leaves=7)


@settings(max_examples=150, deadline=None)
@given(expressions)
def test_expressions_allow_what_python_allows(text):
    expected = {t for t in NORMAL if re.fullmatch(text, t)}
    try:
        field = compile_grammar({"expression": text}, SMALL)
    except NothingMatches:
        assert expected == set()
        return
    ids = {char: i for i, char in enumerate(SMALL)}
    found = {t for t in SHORT if field.constraint.matches([ids[c] for c in t])}
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(expressions)
def test_automata_are_minimal_and_never_lead_into_a_corner(text):
    try:
        automaton = compile_grammar({"expression": text}, SMALL).constraint
    except GrammarError:
        assume(False)
    assert len(set(told_apart(automaton))) == automaton.state_count
    ends = {s for s in range(automaton.state_count) if automaton.accepting[s]}
    while True:
        more = {s for s in range(automaton.state_count) if ends & set(automaton.table[s].tolist())}
        if more <= ends:
            break
        ends |= more
    assert ends == set(range(automaton.state_count))


def told_apart(automaton: Automaton) -> list[int]:
    """A label for each state, equal where no text tells two states apart: the readable way."""
    labels = [int(flag) for flag in automaton.accepting]  # the dead state is the last
    while True:
        rows = [
            (labels[s], *(labels[after] for after in automaton.table[s]))
            for s in range(len(labels))
        ]
        numbers = {row: n for n, row in enumerate(dict.fromkeys(rows))}
        if len(numbers) == len(set(labels)):
            return labels[:-1]
        labels = [numbers[row] for row in rows]


@settings(max_examples=40, deadline=None)
@given(expressions, expressions)
def test_either_and_both_and_one_after_the_other_are_what_they_say(one, two):
    a, b = re.compile(one), re.compile(two)
    wishes = [{"expression": one}, {"expression": two}]
    truths = {
        "any_of": lambda t: bool(a.fullmatch(t) or b.fullmatch(t)),
        "all_of": lambda t: bool(a.fullmatch(t) and b.fullmatch(t)),
        "sequence": lambda t: any(
            a.fullmatch(t[:i]) and b.fullmatch(t[i + skip :])
            for i in range(len(t) + 1)
            for skip in ({0, 1} if t[i : i + 1] == " " else {0})
            if normalize(t[:i]) == t[:i] and normalize(t[i + skip :]) == t[i + skip :]
        ),
    }
    for key, truth in truths.items():
        try:
            field = compile_grammar({key: wishes}, SMALL)
        except NothingMatches:
            continue
        for text in NORMAL[::3]:
            assert field.valid(text) == truth(text), (key, text)


def walk(automaton: Automaton, draw_index) -> str:
    """A text that an automaton allows, every turn drawn: it ends where it may and is drawn to."""
    state, text = automaton.start, ""
    members = [np.flatnonzero(automaton.groups == g) for g in range(automaton.group_count)]
    while True:
        ways = np.flatnonzero(automaton.table[state] != DEAD)
        if automaton.accepting[state] and (not ways.size or draw_index(4) == 0):
            return text
        group = ways[draw_index(len(ways))]
        text += CLASSES[members[group][draw_index(len(members[group]))]]
        state = int(automaton.table[state, group])


@st.composite
def allowed(draw, name: str) -> tuple[Field, str]:
    """A field and a text of it; a seed, because a walk takes many draws."""
    field = compile_grammar(name, CLASSES)
    rng = random.Random(draw(st.integers(0, 1 << 32)))
    return field, walk(field.constraint, rng.randrange)


KNOWN_FAULTS = {"something is divided by zero"}


@pytest.mark.parametrize("name", FIELD_TYPES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_an_automaton_allows_is_normal_and_means_something(name, data):
    field, text = data.draw(allowed(name))
    assert normalize(text) == text
    fault = field.fault(text)
    if fault:
        assert name == "arithmetic"
        assert fault in KNOWN_FAULTS
    else:
        value = field.value(text)
        assert json.loads(json.dumps(value)) == value
        INDEPENDENT.get(name, lambda text, value: None)(text, value)


def check_id_card(text, value):
    if len(text) == 18:
        assert check_digits.id_card(text[:17]) == text.upper()
    datetime.date.fromisoformat(value["birthday"])


def check_credit_code(text, value):
    assert check_digits.credit_code(text[:17]) == text


def check_bank_card(text, value):
    digits = text.replace(" ", "")
    assert 12 <= len(digits) <= 19
    assert check_digits.luhn(digits[:-1]) == digits == value["value"]


def check_date(text, value):
    if value["complete"]:
        datetime.date.fromisoformat(value["value"])
    elif value["value"].startswith("--"):
        datetime.date.fromisoformat(f"2000{value['value'][1:]}")
    else:
        datetime.date.fromisoformat(f"{value['value']}-01")


def check_datetime(text, value):
    datetime.datetime.fromisoformat(value["value"])


def check_time(text, value):
    datetime.time.fromisoformat(value["value"])


def check_phone(text, value):
    assert value["value"].lstrip("+").isdigit()
    lengths = {"mobile": {14}, "landline": {13, 14}, "local": {7, 8}, "service": {10}}
    assert len(value["value"]) in lengths[value["form"]], (text, value)


def check_capital(text, value):
    """Exactly the spellings that the rules allow for this value; printed places aside."""
    body = re.sub(r"^(人民币)?(（大写）|\(大写\)|大写)?(：|: ?)?负?", "", text)
    if re.search("零[拾佰仟万角分]|[^零]零元|^零.*[元圆圓].*零", body):
        return
    body = body.translate(str.maketrans("圆圓正貳參叄陸億萬", "元元整贰叁叁陆亿万"))
    body = re.sub("^拾", "壹拾", body)
    assert body in spellings(abs(Decimal(value["value"]))) | places(abs(Decimal(value["value"])))


INDEPENDENT = {
    "id_card": check_id_card,
    "uscc": check_credit_code,
    "bank_card": check_bank_card,
    "date": check_date,
    "datetime": check_datetime,
    "time": check_time,
    "phone": check_phone,
    "capital_amount": check_capital,
}

CAPITAL = "零壹贰叁肆伍陆柒捌玖"


def section(number: int) -> str:
    """Four places; zeros inside are one 零, zeros at the ends none."""
    text = ""
    for place, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        figure = number // place % 10
        if figure:
            if text and number // (place * 10) % 10 == 0:
                text += "零"
            text += CAPITAL[figure] + unit
    return text


def wholes(number: int) -> set[str]:
    """Every way to write the whole of an amount: 零 is free where a 0 stands before a full 仟."""
    parts = [(number // 10**8, "亿"), (number // 10**4 % 10**4, "万"), (number % 10**4, "")]
    ways = {""}
    last = None  # the index of the last section that was written, and the section
    for index, (value, unit) in enumerate(parts):
        if not value:
            continue
        zeros = {""}
        if last is not None:
            skipped = index - last[0] > 1
            must = skipped or value < 1000
            free = last[1] % 10 == 0
            zeros = {"零"} if must else ({"", "零"} if free else {""})
        ways = {way + zero + section(value) + unit for way in ways for zero in zeros}
        last = (index, value)
    return ways


def spellings(amount: Decimal) -> set[str]:
    """Every way to write an amount by the rules for bank bills, with 整 or without."""
    whole, cents = divmod(int(amount * 100), 100)
    jiao, fen = divmod(cents, 10)
    heads = {f"{way}元" for way in wholes(whole)} if whole else {"", "零元"}
    zero = {"", "零"} if whole % 10 == 0 else {""}
    if jiao:
        ends = [f"{CAPITAL[fen]}分"] if fen else ["", "整", "零分"]
        tails = {f"{z}{CAPITAL[jiao]}角{end}" for z in zero for end in ends}
    elif fen:
        tails = {f"零{CAPITAL[fen]}分"} | ({f"{CAPITAL[fen]}分"} if not whole else set())
    else:
        tails = {"", "整"}
    found = {head + tail for head in heads for tail in tails if head or tail and tail[0] != "零"}
    return found if amount else {"零元", "零元整"}


def places(amount: Decimal) -> set[str]:
    """An amount in printed places, all figures shown, from any place on."""
    digits = f"{int(amount * 100):09}"[-9:]
    full = "".join(CAPITAL[int(d)] + p for d, p in zip(digits, "佰拾万仟佰拾元角分", strict=True))
    zeros = len(digits) - len(digits.lstrip("0"))
    return {full[2 * skip :] for skip in range(min(zeros, 8) + 1)}


def test_the_formatter_of_these_tests_writes_what_the_rules_have_as_examples():
    for text, amount in {
        "壹仟陆佰捌拾元零叁角贰分": "1680.32",
        "壹拾万柒仟元零伍角叁分": "107000.53",
        "壹拾万零柒仟元伍角叁分": "107000.53",
        "壹万陆仟肆佰零玖元零贰分": "16409.02",
        "叁佰贰拾伍元零肆分": "325.04",
        "壹仟肆佰零玖元伍角": "1409.50",
        "陆仟零柒元壹角肆分": "6007.14",
    }.items():
        assert text in spellings(Decimal(amount))


amounts = st.one_of(
    st.integers(0, 99_999_999_999_999),
    st.lists(st.sampled_from("0001234567899"), min_size=1, max_size=14).map("".join).map(int),
).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(max_examples=300, deadline=None)
@given(amounts)
def test_every_amount_in_capitals_is_read_back(amount):
    field = compile_grammar("capital_amount", CLASSES)
    written = spellings(amount) | (places(amount) if amount < 10**7 else set())
    for text in written:
        assert field.fault(text) == "", text
        assert Decimal(field.value(text)["value"]) == amount, text


@settings(max_examples=200, deadline=None)
@given(amounts, st.sampled_from(["", "￥", "RMB ", "US$"]), st.booleans())
def test_every_amount_in_digits_is_read_back(amount, sign, grouped):
    field = compile_grammar("amount", CLASSES)
    for text in (f"{amount:,.2f}" if grouped else f"{amount:.2f}", f"{amount:.2f}"[:-1]):
        expected = Decimal(text.replace(",", ""))
        assert Decimal(field.value(sign + text)["value"]) == expected
    assert field.value(f"{amount:.2f}元")["currency"] == "CNY"


HAN = str.maketrans(string.digits, "〇一二三四五六七八九")


def spoken(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = ("一二三"[tens - 1] if tens > 1 else "") + "十" if tens else ""
    return head + ("一二三四五六七八九"[ones - 1] if ones else "")


def day_forms(year: int, month: int, day: int) -> list[str]:
    han = str(year).translate(HAN)
    return [
        f"{year}-{month:02}-{day:02}", f"{year}/{month}/{day}", f"{year}.{month:02}.{day}",
        f"{year}年{month}月{day}日", f"{year}年{month:02}月{day:02}日", 
        f"{year} 年 {month} 月 {day} 日",
        f"{year}{month:02}{day:02}", f"{han}年{spoken(month)}月{spoken(day)}日",
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_every_day_in_every_form_is_read_back(day):
    field = compile_grammar("date", CLASSES)
    for text in day_forms(day.year, day.month, day.day):
        assert field.value(text)["value"] == day.isoformat(), text


@pytest.mark.parametrize("year", [1900, 1999, 2000, 2023, 2024])
def test_days_that_there_are_not_are_in_no_form(year):
    field = compile_grammar("date", CLASSES)
    for month, day in itertools.product(range(1, 13), range(1, 32)):
        try:
            datetime.date(year, month, day)
        except ValueError:
            for text in day_forms(year, month, day):
                assert not field.valid(text), text


terms = st.lists(st.integers(0, 999), min_size=2, max_size=5)
signs = st.lists(st.sampled_from("+-×÷"), min_size=4, max_size=4)


@settings(max_examples=200, deadline=None)
@given(terms, signs, st.integers(0, 50), st.booleans())
def test_sums_come_to_what_python_says(numbers, operators, answer, right):
    text = str(numbers[0])
    code = f"F({numbers[0]})"
    for number, sign in zip(numbers[1:], operators, strict=False):
        text += f"{sign}{number}"
        code += f"{sign.translate({215: '*', 247: '/'})}F({number})"
    field = compile_grammar("arithmetic", CLASSES)
    try:
        true = eval(code, {"F": Fraction})
    except ZeroDivisionError:
        assert field.fault(f"{text}=1") == "something is divided by zero"
        return
    said = true if right else Fraction(answer)
    assume(abs(said.numerator) < 10**9 and said.denominator < 10**9)
    value = field.value(f"{text}={said}")
    assert value["value"] == (said == true)
    assert Fraction(value["left"]) == true


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FIELD_TYPES)), st.text(max_size=30))
def test_any_text_has_a_value_or_a_fault(name, text):
    field = compile_grammar(name, CLASSES)
    assert (field.value(text) is None) == bool(field.fault(text))


scored = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3", "1.0", "4", "x"]), st.floats(-9, 0)), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(scored, scored)
def test_two_readings_of_one_amount_are_compared_like_all_their_pairs(first, second):
    field = compile_grammar("amount", CLASSES)
    found = crosscheck(first, second, (field, field))
    same, different = [], []
    for (a, score_a), (b, score_b) in itertools.product(first, second):
        if field.valid(a) and field.valid(b):
            (same if Decimal(a) == Decimal(b) else different).append(score_a + score_b)
    assert found.score == max(same, default=None)
    if same and different:
        assert found.margin == max(same) - max(different)
        assert found.agrees == (max(same) > max(different))
    else:
        assert (found.margin, found.agrees) == (None, bool(same))
