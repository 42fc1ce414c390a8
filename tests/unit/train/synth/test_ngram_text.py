"""Text with a context: words by their counts, and real lines around misread characters."""

import re
from collections import Counter

import numpy as np
import pytest

from charset import Charset
from crnn.train.synth.text.ngram_text import Balanced, CommonWords, Replayed, Running
from crnn.train.synth.text.text_sources import CONFUSIONS, COUNTED, COUNTED_EN, sources

WRITTEN = {
    "all": str.isupper,
    "small": str.islower,
    "each": str.istitle,
    "first": lambda text: text == text.capitalize(),
}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_words_come_as_often_as_they_are_used():
    running = Running.of(["ab 900", "cd 90", "ef 10"], Counter())
    assert running
    dice = rng()
    text = "".join(running(dice) for _ in range(3000))
    counts = [text.count(word) for word in ("ab", "cd", "ef")]
    assert counts[0] / counts[1] == pytest.approx(10, rel=0.15)
    assert counts[1] / counts[2] == pytest.approx(9, rel=0.3)


def test_the_next_word_is_mostly_one_that_follows():
    running = Running.of(["ab 500", "cd 500"], Counter({"bc": 1000}))
    assert running
    dice = rng()
    pairs = Counter()
    for _ in range(500):
        text = running(dice)
        pairs.update(a + b for a, b in zip(text, text[1:], strict=False))
    assert pairs["bc"] > 20 * pairs["ba"]
    assert pairs["da"] and pairs["dc"]  # where nothing is known, either


def test_no_words_no_source():
    assert Running.of([], Counter()) is None
    assert CommonWords.of([]) is None


def test_english_words_come_by_their_use_flattened_in_every_way_of_writing():
    common = CommonWords.of(["order 8000", "coupon 1000", "weigh 125"])
    assert common
    dice = rng()
    texts = [common(dice) for _ in range(4000)]
    words = Counter(re.findall("[a-z]+", " ".join(texts).lower()))
    for commoner, rarer in (("order", "coupon"), ("coupon", "weigh")):  # 8 to the power of 0.65
        assert words[commoner] / words[rarer] == pytest.approx(3.86, rel=0.1)
    several = [text for text in texts if re.fullmatch("[A-Za-z]+ [A-Za-z]+", text)]
    ways = Counter(next(way for way, fits in WRITTEN.items() if fits(text)) for text in several)
    assert min(ways[way] for way in WRITTEN) > 0.06 * len(several)
    assert any(text.startswith("(") for text in texts) and any(text[-1] == ":" for text in texts)


def test_balanced_text_brings_rare_characters_in_words_of_theirs():
    rows = ["a 1000000", "ab 100", "abc 50", "dx 20", "ex 10", "f 1"]
    balanced = Balanced.of(rows)
    assert balanced
    dice = rng()
    text = "".join(balanced(dice) for _ in range(4000))
    seen = Counter(text)
    in_prose = Counter()
    for row in rows:
        word, count = row.split(" ")
        for char in word:
            in_prose[char] += int(count)
    assert seen["f"] and seen["c"]
    for rare in "bcdefx":  # a long way towards a, and no further
        assert in_prose[rare] / in_prose["a"] < 0.1 * seen[rare] / seen["a"] < 0.1
    signs = set("，、。；")
    left = "".join(char for char in text if char not in signs)
    for word in sorted((row.split(" ")[0] for row in rows), key=len, reverse=True):
        left = left.replace(word, "")
    assert not left  # whole words and nothing else


def test_of_a_character_the_commoner_words_come_more_often():
    balanced = Balanced.of(["ab 900", "ac 100"])
    assert balanced
    dice = rng()
    text = "".join(balanced(dice) for _ in range(3000))
    # a is drawn as often as b or c together; among its words by the square root of their counts
    assert 1.2 < text.count("ab") / text.count("ac") < 3.0


def test_nothing_to_balance_no_source():
    assert Balanced.of([]) is None


def test_replayed_text_is_real_and_holds_a_misread_character():
    lines = ["abcdefghijklmnopqrstuvwxyz" * 2, "0123456789"]
    replayed = Replayed.of({"q": 3.0, "7": 1.0, "#": 9.0}, lines)
    assert replayed
    dice = rng()
    seen = Counter()
    for _ in range(2000):
        text = replayed(dice)
        assert 1 <= len(text) <= 16 and any(text in line for line in lines)
        assert ("q" in text) != ("7" in text)
        seen["q" if "q" in text else "7"] += 1
    assert seen["q"] / seen["7"] == pytest.approx(3, rel=0.2)


def test_nothing_to_replay_no_source():
    assert Replayed.of({"#": 1.0}, ["abc"]) is None


def test_sources_are_there_when_their_files_are(tmp_path):
    charset = Charset.load("zh")
    every = {"running_zh", "balanced_zh", "replayed", "common_en"}
    assert not every & set(sources(tmp_path, charset))
    (tmp_path / "corpus").mkdir()
    (tmp_path / COUNTED).write_text("你好 5\n\U00030000\U00030001 7\n", "utf-8")
    (tmp_path / "corpus" / "prose_zh.txt").write_text("未来和周末\n", "utf-8")
    (tmp_path / COUNTED_EN).write_text("coupon 9\n", "utf-8")
    (tmp_path / CONFUSIONS).write_text("未末\t9\n", "utf-8")
    found = sources(tmp_path, charset)
    dice = rng()
    assert set(found["running_zh"](dice)) - set("，、。；") == {*"你好"}  # no class, no word
    assert set(found["balanced_zh"](dice)) - set("，、。；") == {*"你好"}
    assert found["replayed"](dice) in "未来和周末"
    assert "coupon" in found["common_en"](dice).lower()
