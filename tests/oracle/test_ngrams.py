"""The language model against the formula, one n-gram at a time."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crnn.decode.ngram_lm import NgramLanguage
from crnn.lm.builder import known
from crnn.lm.file_format import pack
from crnn.lm.kneser_ney import smooth
from crnn.lm.ngram_counts import count, joined
from tests.oracle.slow_ngrams import EDGE, SlowKneserNey

ALPHABET = "\0abcde1"
SYMBOLS = range(len(ALPHABET))
LINES = st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=8), min_size=1, max_size=30)


def model(lines: list[list[int]], order: int) -> NgramLanguage:
    levels = count(joined(lines), order, len(ALPHABET))
    p = [found.p for found in smooth(levels, known(ALPHABET))]
    return NgramLanguage(pack(levels, p, ALPHABET[1:]))


def state_after(language: NgramLanguage, text: tuple[int, ...]) -> np.ndarray:
    state = np.array([language.start], np.int32)
    for symbol in text:
        state = language.follow(state, np.array([[symbol]]))[0][:, 0]
    return state


@settings(max_examples=25, deadline=None)
@given(LINES, st.integers(1, 5), st.lists(st.integers(1, 6), max_size=6))
def test_every_probability_is_that_of_the_formula(lines, order, text):
    """Few different values: the file's codes are exact, so nothing but single precision differs."""
    twin, fast = SlowKneserNey(lines, order, SYMBOLS), model(lines, order)
    symbols = np.array([SYMBOLS])
    log_p = fast.follow(state_after(fast, tuple(text)), symbols)[1][0]
    expected = [twin.p(symbol, (EDGE, *text)) for symbol in SYMBOLS]
    np.testing.assert_allclose(np.exp(log_p), expected, rtol=2e-3, atol=2e-6)


def test_discounts_are_estimated_where_a_text_is_large_enough():
    rng = np.random.default_rng(0)
    lines = [rng.choice(6, 9, p=(0.5, 0.2, 0.1, 0.1, 0.06, 0.04)) + 1 for _ in range(120)]
    lines = [line.tolist() for line in lines]
    twin, fast = SlowKneserNey(lines, 4, SYMBOLS), model(lines, 4)
    assert (0.5, 1.0, 1.5) not in twin.discounts[2:]
    for text in itertools.product((1, 2, 6), repeat=3):
        log_p = fast.follow(state_after(fast, text), np.array([SYMBOLS]))[1][0]
        expected = [twin.p(symbol, (EDGE, *text)) for symbol in SYMBOLS]
        assert np.exp(log_p) == pytest.approx(expected, rel=0.05)
