"""Lines of several pieces: which stand beside one another."""

import numpy as np
import pytest

from charset import Charset
from crnn.train.synth.text.text_sources import Texts, is_first_level, is_latin

PIECES = {"latin": lambda rng: "abc 12", "hanzi": lambda rng: "中文"}


def of_one_script(share: float) -> float:
    texts = Texts(PIECES, {"latin": 1, "hanzi": 1}, share)
    rng = np.random.default_rng(0)
    lines = [texts.line(rng, 12.0) for _ in range(800)]
    return sum("abc" not in line or "中" not in line for line in lines) / len(lines)


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 0.0, 0.2), (0.5, 0.4, 0.7), (1, 0.9, 1)]
)
def test_so_many_lines_keep_to_their_script(share, least, most):
    assert least <= of_one_script(share) <= most


@pytest.mark.parametrize(
    ("text", "latin"), [("Größe 3", True), ("", True), ("5，", False), ("表3", False)]
)
def test_signs_of_chinese_text_are_not_latin(text, latin):
    assert is_latin(text) == latin


def test_so_many_lines_are_in_capitals():
    texts = Texts(PIECES, {"latin": 1, "hanzi": 1}, capitals=0.3)
    rng = np.random.default_rng(0)
    lines = [texts.line(rng, 12.0) for _ in range(800)]
    with_letters = [line for line in lines if "b" in line.lower()]
    shouted = [line for line in with_letters if "b" not in line]
    assert 0.2 < len(shouted) / len(with_letters) < 0.4
    assert all("B" in line for line in shouted)


def test_the_first_level_holds_the_hanzi_in_common_use_alone():
    hanzi = [char for char in Charset.load("zh").classes[1:] if char >= "\u3400"]
    first = [char for char in hanzi if is_first_level(char)]
    assert len(first) == 3755  # GB 2312-80
    assert set("乓亨啊座") < set(first) and not set("亍鼹龢") & set(first)
    assert not any(map(is_first_level, "3a，"))
