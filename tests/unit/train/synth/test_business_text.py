"""What the grammar of statements writes: in the charset, whole brackets, much of it different."""

from collections import Counter

import numpy as np
import pytest

from charset import Charset
from crnn.train.synth.text import business_text

PAIRS = ("（）", "《》", "“”")


@pytest.fixture(scope="module")
def written() -> list[str]:
    rng = np.random.default_rng(0)
    return [business_text.statement(rng) for _ in range(1500)]


def test_every_character_is_in_the_charset(written):
    charset = Charset.load("zh")
    assert {char for text in written for char in text if char not in charset} == set()


def test_statements_differ_and_are_a_clause_to_some_lines_long(written):
    assert len(set(written)) > 0.99 * len(written)
    lengths = [len(text) for text in written]
    assert min(lengths) >= 3 and 25 < np.mean(lengths) < 80


def test_brackets_and_quotes_are_closed(written):
    for text in written:
        for opens, closes in PAIRS:
            assert text.count(opens) == text.count(closes)


def test_no_form_of_a_clause_is_left_unfilled(written):
    assert not any("{" in text or "}" in text for text in written)
    assert all("：：" not in text for text in written)


def test_words_that_offices_print_and_others_hardly_do_are_frequent(written):
    counts = Counter("".join(written))
    for char in "履摊募销账担":
        assert counts[char] > 0.001 * counts.total()
