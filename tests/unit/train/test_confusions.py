"""Misread characters come back as training text, the commonest mistakes most often."""

from collections import Counter

import numpy as np
import pytest

from charset import Charset
from crnn.errors import OcrError
from crnn.train.synth.text.text_sources import CONFUSIONS, Texts, sources


@pytest.fixture
def charset() -> Charset:
    return Charset.load("zh")


def test_the_source_is_there_when_its_file_is(tmp_path, charset):
    assert "confusions" not in sources(tmp_path, charset)
    (tmp_path / CONFUSIONS).write_text("\u672a\u672b\t9\n\u5df1\u5df2\t1\n", "utf-8")
    found = sources(tmp_path, charset)
    rng = np.random.default_rng(0)
    counts = Counter("".join(found["confusions"](rng) for _ in range(2000)))
    assert set(counts) == set("\u672a\u672b\u5df1\u5df2")
    assert counts["\u672a"] > 1.5 * counts["\u672b"]  # the misread one before its confuser
    assert 2 < counts["\u672a"] / counts["\u5df1"] < 4  # three to one: the root of nine to one


def test_pairs_outside_the_charset_are_left_out(tmp_path):
    (tmp_path / CONFUSIONS).write_text("17\t3\n\u672a\u672b\t9\n", "utf-8")
    digits = Charset.load("digits")
    source = sources(tmp_path, digits)["confusions"]
    assert set("".join(source(np.random.default_rng(0)) for _ in range(50))) == {"1", "7"}


def test_a_recipe_that_wants_confusions_without_a_file_says_so(tmp_path, charset):
    with pytest.raises(OcrError, match="confusions"):
        Texts(sources(tmp_path, charset), {"confusions": 1.0})
