"""Expressions and automata: what is taken, what is refused, and how fast."""

import contextlib
import re
import time
import tracemalloc

import numpy as np
import pytest

from charset import Charset
from crnn.decode.constraints import DEAD
from crnn.errors import (
    BadExpression,
    GrammarError,
    GrammarTooLarge,
    NothingMatches,
    UnknownOption,
)
from crnn.fields import compile_grammar

CLASSES = Charset.load("zh").classes


def expression(text: str):
    return compile_grammar({"expression": text}, CLASSES)


@pytest.mark.parametrize(
    ("text", "matching", "others"),
    [
        ("[A-Z]{3}-\\d{4}", ["ABC-0123"], ["ABC-012", "abc-0123", "ABC-01234"]),
        ("^(?:男|女)$", ["男", "女"], ["男女", ""]),
        ("^a|b$", ["a", "b"], ["ab"]),
        ("[一-龥]{2,4}", ["张三", "欧阳建国"], ["张", "Li", "欧阳建国强"]),
        ("[^0-9]+", ["abc。", "中文"], ["a1", ""]),
        ("\\w+@\\w+\\.com", ["张三@qq.com"], ["a@b,com"]),
        ("(?P<y>\\d+)年?", ["2026", "2026年"], ["年"]),
        ("a{2,}b{,2}c{1}", ["aac", "aaabbc"], ["ac", "aabbbc"]),
        ("x*?y+?", ["y", "xxyy"], ["x"]),
        ("[]a-]+", ["]", "-a]"], ["b"]),
        ("[\\d\\-.]+", ["1-2.3"], ["1,2"]),
        ("\\u4e2d\\x41", ["中A"], ["中B"]),
        ("{}|a{b", ["{}", "a{b"], ["a"]),
        ("¥[１-３]＋", ["￥1+", "￥3+"], ["￥4+", "￥1"]),
        (".{3}", ["中a1", "a b"], ["ab", "abcd"]),
        ("\\S+\\s\\S+", ["a b"], ["ab", "a b c"]),
        ("\\D\\W", ["a。"], ["1。", "aa"]),
        ("", [""], ["a"]),
    ],
)
def test_the_usual_notation_is_taken(text, matching, others):
    field = expression(text)
    assert [t for t in matching if not field.valid(t)] == []
    assert [t for t in others if field.valid(t)] == []


@pytest.mark.parametrize(
    ("text", "why", "position"),
    [
        ("a(?=b)", "lookahead", 1),
        ("ab(?!c)", "lookahead", 2),
        ("(?<=a)b", "lookbehind", 0),
        ("(a)\\1", "reference", 3),
        ("(?P<n>a)(?P=n)", "reference", 8),
        ("(?i)a", "flags", 0),
        ("(?>a)", "atomic", 0),
        ("(a", "never closed", 0),
        ("a)", "unbalanced", 1),
        ("[a", "never closed", 0),
        ("[z-a]", "backwards", 2),
        ("[a-\\d]", "range", 2),
        ("*a", "nothing to repeat", 0),
        ("a|+", "nothing to repeat", 2),
        ("a**", "repetition of a repetition", 2),
        ("a{3,2}", "at least 3", 1),
        ("a++", "possessive", 2),
        ("a$b", "at the end only", 2),
        ("a^b", "at the start only", 1),
        ("(^a)", "ends of the whole", 1),
        ("\\bа", "\\b is not taken", 0),
        ("\\q", "no escape", 0),
        ("a\\", "too early", 2),
    ],
)
def test_what_is_refused_is_named_with_its_position(text, why, position):
    with pytest.raises(BadExpression) as caught:
        expression(text)
    assert why in str(caught.value)
    assert f"at position {position} " in str(caught.value)


EXPLOSIVE = [
    "(a|b)*a(a|b){20}",
    "((a{1,100}){1,100}){1,100}",
    "(.*a.*b){200}",
    "((a*)*b?){500}",
    "(?:a?){500}a{500}",
    ".{0,499}a.{0,499}",
    "(.*){500}(.*x.*y){500}",
    "(a|aa)*b(a|aa){30}(.|a){400}",
    "a{9999999999}",
    "(" * 60 + "a" + ")" * 60,
    "[ab]" * 251,
    "|".join(chr(0x4E00 + i) * 3 for i in range(240)) + "|(.*a){99}",
]


@pytest.mark.parametrize("text", EXPLOSIVE, ids=range(len(EXPLOSIVE)))
def test_explosive_expressions_are_refused_soon(text):
    compile_grammar("digits", CLASSES)  # what all grammars of an alphabet share is there
    started = time.process_time()
    with pytest.raises(GrammarTooLarge, match=r"limit|simpler"):
        expression(text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("text", ["(a|b)*a(a|b){20}", ".{0,499}a.{0,499}", "(" + "a?" * 400 + ")"])
def test_explosive_expressions_take_little_memory(text):
    compile_grammar("digits", CLASSES)
    tracemalloc.start()
    with contextlib.suppress(GrammarTooLarge):
        expression(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


@pytest.mark.parametrize(
    "text", ["[^0-9]{0,500}", "((((a*)*b*)*c*)*){100}", "a{500}b{500}c{500}", "(a|b)*a(a|b){10}"]
)
def test_what_only_looks_explosive_is_compiled_in_the_same_time(text):
    compile_grammar("digits", CLASSES)
    started = time.process_time()
    assert expression(text).constraint.state_count <= 5000
    assert time.process_time() - started < 0.5


def test_an_expression_that_nothing_can_match_names_what_the_charset_has_not():
    with pytest.raises(NothingMatches, match=r"U\+13000"):
        expression("a\U00013000")
    with pytest.raises(NothingMatches, match="space"):
        expression("a  b")
    assert expression("a|\U00013000").valid("a")


def test_wishes_are_checked():
    for wish in (
        "no_such_type", {}, {"typ": "date"}, {"type": 3}, {"length": True}, {"length": [3, 2]},
        {"length": -1}, {"length": 501}, {"chars": ""}, {"choices": []}, {"choices": ["a", 1]},
        {"choices": [" "]}, {"any_of": []}, {"any_of": ["digits"] * 9}, {"expression": 1}, 7, None,
        {"choices": {"a"}}, [], {"all_of": ["digits", 5]},
    ):  # fmt: skip
        with pytest.raises(UnknownOption):
            compile_grammar(wish, CLASSES)
    with pytest.raises(NothingMatches, match="no class"):
        compile_grammar({"choices": ["男", "\U00013000"]}, CLASSES)
    nested: object = "digits"
    for _ in range(5):
        nested = {"any_of": [nested]}
    with pytest.raises(GrammarTooLarge, match="deep"):
        compile_grammar(nested, CLASSES)
    with pytest.raises(NothingMatches):
        compile_grammar({"type": "id_card", "length": 17}, CLASSES)
    with pytest.raises(GrammarError):
        compile_grammar({"choices": ["x" * 30_000]}, CLASSES)


def test_wishes_are_combined():
    codes = compile_grammar({"chars": "0123456789-", "length": 11}, CLASSES)
    assert codes.valid("0592-555123")
    assert not codes.valid("0592-5551234")
    assert not codes.valid("0592 555123")
    pair = compile_grammar({"length": [2, 4]}, CLASSES)
    assert [pair.valid("中" * n) for n in range(1, 6)] == [False, True, True, True, False]
    six = compile_grammar({"type": "digits", "length": 6}, CLASSES)
    assert six.value("361000")["kind"] == "digits"
    assert not six.valid("36100")
    either = compile_grammar({"any_of": ["date", {"choices": ["长期"]}]}, CLASSES)
    assert either.value("长期") == {"kind": "choice", "value": "长期", "index": 0}
    assert either.value("2026.1.2")["value"] == "2026-01-02"
    assert either.fault("2026.1.32") == "not of the form 'any_of'"
    both = compile_grammar({"all_of": ["digits", {"expression": ".*7"}]}, CLASSES)
    assert both.value("17")["kind"] == "digits"
    assert not both.valid("71")


def test_choices_are_answered_as_they_were_wished():
    field = compile_grammar({"choices": ["Ａ类", "B 类", "￥"]}, CLASSES)
    assert field.value("A类") == {"kind": "choice", "value": "Ａ类", "index": 0}
    assert field.value("¥")["index"] == 2
    assert not field.valid("B类")


def test_fields_in_one_line_are_cut_apart():
    wish = {
        "sequence": [{"expression": "日期[:：]"}, "date", {"expression": "金额[:：]"}, "amount"]
    }
    field = compile_grammar(wish, CLASSES)
    for text in ("日期：2026年1月2日 金额：￥300.00", "日期: 2026 年 1 月 2 日金额:300"):
        values = field.value(text)["value"]
        assert [v["value"] for v in values][1::2] == ["2026-01-02", "300.00"]
    assert field.fault("日期：2026年1月2日") == "not of the form 'sequence'"
    code = compile_grammar({"sequence": [{"expression": "代码[:：]"}, "uscc"]}, CLASSES)
    assert code.fault("代码：91350100M000100Y43") == ""
    assert code.fault("代码：91350100M000100Y44") == "its check digit is wrong"
    sums = compile_grammar({"sequence": [{"expression": "[(（]\\d+[)）]"}, "arithmetic"]}, CLASSES)
    assert sums.fault("(1)3÷0=1") == "something is divided by zero"
    twice = compile_grammar({"sequence": ["digits", "digits"]}, CLASSES)
    assert [v["value"] for v in twice.value("12 34")["value"]] == ["12", "34"]


def test_the_same_wish_gives_the_same_field():
    wish = {"type": "digits", "length": [1, 3]}
    assert compile_grammar(wish, CLASSES) is compile_grammar(dict(wish), list(CLASSES))
    assert compile_grammar("date", CLASSES) is not compile_grammar("date", CLASSES[:4000])


def test_an_automaton_answers_for_a_whole_beam_and_cannot_be_changed():
    field = expression("a[bc]d?")
    automaton = field.constraint
    ids = np.array([CLASSES.index(char) for char in "abcdz"], np.int32)
    first = automaton.advance(np.array([automaton.start, DEAD], np.int32), ids)
    assert (first.shape, first.dtype) == ((2, 5), np.int32)
    assert (first[0] != DEAD).tolist() == [True, False, False, False, False]
    assert (first[1] == DEAD).all()
    second = automaton.advance(first[:1, 0], ids)[0]
    assert (second != DEAD).tolist() == [False, True, True, False, False]
    assert second[1] == second[2], "states that do the same are one"
    states = np.array([automaton.start, second[1], DEAD], np.int32)
    assert automaton.accepts(states).tolist() == [False, True, False]
    assert (automaton.advance(states, np.zeros(1, np.int32)) == DEAD).all(), "the blank"
    with pytest.raises(ValueError, match="read-only"):
        automaton.table[0, 0] = 0


def test_long_texts_are_cut_and_refused_soon():
    every = compile_grammar({"sequence": [{"expression": ".*"}] * 8}, CLASSES)
    started = time.process_time()
    assert every.valid("a" * 500)
    assert time.process_time() - started < 2
    assert every.fault("a" * 501) == "longer than 500 characters"


def test_ranges_follow_code_points_like_those_of_python():
    field = expression("[Α-ω!-/]")
    for char in CLASSES[1:]:
        if char != " ":
            assert field.valid(char) == bool(re.fullmatch("[Α-ω!-/]", char)), char
