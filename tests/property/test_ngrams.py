"""What holds of every language model: a distribution in every state, backing off, one for all."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charset import Charset
from crnn.decode.ngram_lm import EDGE, NgramLanguage
from crnn.lm import build, extend

DIGITS = Charset("few", ("\0", *"0123456789abcdef"))
TEXTS = st.lists(st.text("0123456789abcdef", min_size=1, max_size=10), min_size=1, max_size=25)


def sums(language: NgramLanguage) -> np.ndarray:
    """The sum over all classes and the end of the line, for every state."""
    states = np.arange(len(language.table.link), dtype=np.int32)
    classes = np.arange(1, len(language.alphabet), dtype=np.int32)
    return np.exp(language.advance(states, classes)[1]).sum(1) + np.exp(language.ends(states))


@settings(max_examples=25, deadline=None)
@given(TEXTS, st.integers(1, 5), st.sampled_from([220, 400, 1e6]))
def test_probabilities_of_every_state_sum_to_one_however_much_is_pruned(texts, order, max_bytes):
    language = NgramLanguage(build(texts, DIGITS, order=order, max_bytes=max_bytes).data)
    np.testing.assert_allclose(sums(language), 1, atol=0.02)


@settings(max_examples=20, deadline=None)
@given(TEXTS, TEXTS, st.floats(0, 1))
def test_a_mixture_is_a_distribution_and_the_weighted_sum_where_either_has_seen(a, b, weight):
    base = NgramLanguage(build(a, DIGITS, order=3).data)
    other = NgramLanguage(build(b, DIGITS, order=3).data)
    both = NgramLanguage(extend(base, b, weight=weight).data)
    np.testing.assert_allclose(sums(both), 1, atol=0.03)
    symbols = np.array([[symbol for symbol in range(17) if not 2 <= symbol <= 10]])
    at_start = [
        np.exp(model.follow(np.array([model.start], np.int32), symbols)[1][0])
        for model in (base, other, both)
    ]
    expected = (1 - weight) * at_start[0] + weight * at_start[1]
    seen = {text[0] for text in (*a, *b)}
    for place, symbol in enumerate(symbols[0]):
        if DIGITS.classes[symbol] in seen:
            assert at_start[2][place] == pytest.approx(expected[place], rel=0.02, abs=1e-5)


@given(st.lists(st.integers(0, 16), max_size=6))
def test_a_beam_is_told_what_each_hypothesis_is_told_alone(path):
    language = NgramLanguage(build(["abcd12", "abce34", "fade"], DIGITS, order=4).data)
    states = np.array([language.start, 0, *path], np.int32) % len(language.table.link)
    classes = np.array([1, 5, 11, 16], np.int32)
    after, log_p = language.advance(states, classes)
    assert after.shape == log_p.shape == (len(states), 4)
    for row, state in enumerate(states):
        for column, label in enumerate(classes):
            alone = language.advance(np.array([state]), np.array([label]))
            assert (alone[0][0, 0], alone[1][0, 0]) == (after[row, column], log_p[row, column])


def test_digits_are_alike_wherever_they_stand():
    language = NgramLanguage(build(["a11b", "a12c", "b1"], DIGITS).data)
    states = np.arange(len(language.table.link), dtype=np.int32)
    after, log_p = language.advance(states, np.arange(1, 11, dtype=np.int32))
    assert (log_p == log_p[:, :1]).all()
    assert (after == after[:, :1]).all()


def test_an_unknown_context_backs_off_to_what_is_known():
    language = NgramLanguage(build(["abcabc", "abd", "cab"], DIGITS, order=3).data)
    label = {char: n for n, char in enumerate(language.alphabet)}

    def after(text: str) -> int:
        state = np.array([language.start], np.int32)
        for char in text:
            state = language.advance(state, np.array([label[char]]))[0][:, 0]
        return int(state[0])

    assert after("fab") == after("eab") != after("b")
    assert after("f") == 0
    assert after("") == language.start != 0


def test_threads_share_one_model():
    language = NgramLanguage(build(["abcabc", "abd12", "cab"], DIGITS, order=3).data)
    rng = np.random.default_rng(0)
    asked = [
        (rng.integers(0, len(language.table.link), 8).astype(np.int32), np.arange(1, 9))
        for _ in range(200)
    ]
    serial = [language.advance(*question)[1] for question in asked]
    with ThreadPoolExecutor(4) as pool:
        side_by_side = list(pool.map(lambda question: language.advance(*question)[1], asked))
    assert all((a == b).all() for a, b in zip(serial, side_by_side, strict=True))


def test_the_edge_is_never_a_class():
    language = NgramLanguage(build(["ab"], DIGITS).data)
    assert language.symbols[EDGE] == EDGE
    assert (language.symbols[1:] != EDGE).all()
