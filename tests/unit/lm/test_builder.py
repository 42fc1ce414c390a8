import math

import numpy as np
import pytest

from charset import Charset
from crnn.decode.ngram_lm import NgramLanguage
from crnn.decode.perfect_hash import displacements, slot_count, slots_of
from crnn.errors import WeightsCorrupt, WeightsMismatch
from crnn.lm import build, extend
from crnn.lm.file_format import coded, placed
from crnn.lm.ngram_counts import count, joined
from crnn.lm.perplexity import bits_per_char

FEW = Charset("few", ("\0", *"0123456789abcdef"))
TEXT = ["abcabc", "abd12", "cab", "abcd", "fed99", "cabbage"[:4]]


def test_n_grams_are_counted_within_lines_only():
    one, two, three = count(joined([[1, 2], [1]]), 3, 4)
    grams = {
        (int(p), int(s)): int(c) for p, s, c in zip(two.prefix, two.symbol, two.count, strict=True)
    }
    assert grams == {(0, 1): 2, (1, 2): 1, (2, 0): 1, (1, 0): 1}
    assert one.count.tolist() == [2, 2, 1, 0]
    assert sorted(three.count.tolist()) == [1, 1, 1]


def test_every_key_has_a_slot_of_its_own():
    keys = np.random.default_rng(0).choice(1 << 40, 5000, replace=False)
    slots = slot_count(len(keys))
    found = slots_of(keys, displacements(placed(keys)), slots)
    assert len(set(found.tolist())) == len(keys)
    assert 0 <= found.min() <= found.max() < slots


def test_codes_keep_few_values_exactly_and_many_nearly():
    few = np.array([-1.5, -0.25, -1.5, -9.0])
    codes, book = coded(few)
    assert book[codes].tolist() == few.tolist()
    many = -np.random.default_rng(0).exponential(2, 50_000)
    codes, book = coded(many)
    assert np.abs(book[codes] - many).max() < 0.2
    assert np.abs(book[codes] - many).mean() < 0.02


def test_a_smaller_budget_is_a_smaller_file_that_foretells_less():
    rng = np.random.default_rng(1)
    lines = [
        "".join(rng.choice(list("abcdef"), 20, p=[0.4, 0.3, 0.1, 0.1, 0.05, 0.05]))
        for _ in range(300)
    ]
    large, small = (build(lines, FEW, max_bytes=size) for size in (1e6, 1500))
    assert len(small.data) < len(large.data)
    bits = [bits_per_char(NgramLanguage(built.data), lines) for built in (large, small)]
    assert bits[0] < bits[1]


def test_added_text_is_foretold_better_and_the_rest_hardly_worse():
    base = NgramLanguage(build(TEXT, FEW).data)
    more = NgramLanguage(extend(base, ["feedface"] * 3, weight=0.5).data)
    assert bits_per_char(more, ["feedface"]) < bits_per_char(base, ["feedface"]) - 1
    assert bits_per_char(more, TEXT) < bits_per_char(base, TEXT) + 1.5


def test_bits_are_those_of_one_symbol_after_another():
    language = NgramLanguage(build(TEXT, FEW).data)
    state, nats = np.array([language.start], np.int32), 0.0
    for char in "ab1":
        after, log_p = language.advance(state, np.array([FEW.classes.index(char)]))
        state, nats = after[:, 0], nats - float(log_p[0, 0])
    nats -= float(language.ends(state)[0])
    lines = ["ab1", "a"]
    alone = bits_per_char(language, ["ab1"])
    assert alone == pytest.approx(nats / math.log(2) / 3, rel=1e-5)
    together = (3 * alone + bits_per_char(language, ["a"])) / 4
    assert bits_per_char(language, lines) == pytest.approx(together, rel=1e-5)


def test_lines_with_unknown_characters_are_left_out_and_counted():
    built = build([*TEXT, "abx", ""], FEW)
    assert (built.lines, built.lines_left_out) == (len(TEXT), 1)


def test_classes_of_another_order_are_matched_by_character():
    data = build(TEXT, FEW).data
    own, other = NgramLanguage(data), NgramLanguage(data, ("\0", "c", "1", "a"))
    start = np.array([own.start], np.int32)
    assert (
        other.advance(start, np.array([1, 2, 3]))[1] == own.advance(start, np.array([13, 2, 11]))[1]
    ).all()
    with pytest.raises(WeightsMismatch, match="no 1 of 3 classes, such as x"):
        NgramLanguage(data, ("\0", "a", "x"))


@pytest.mark.parametrize("damage", [b"", b"crnn-ocr language 1\n", b"PK\x03\x04"])
def test_a_file_that_is_no_model_is_refused(damage):
    with pytest.raises(WeightsCorrupt, match="no language model"):
        NgramLanguage(damage)


def test_a_truncated_file_is_refused():
    data = build(TEXT, FEW).data
    with pytest.raises(WeightsCorrupt):
        NgramLanguage(data[:-40])
