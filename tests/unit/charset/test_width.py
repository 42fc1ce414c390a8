"""Full and half width of the same signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charset import count_hanzi, full_width, half_width, normalize
from crnn.errors import UnknownOption
from crnn.options import ReadOptions


@pytest.mark.parametrize(
    ("read", "half", "full"),
    [
        ("价税合计（大写）：壹万", "价税合计(大写):壹万", "价税合计（大写）：壹万"),
        ("大写(元): 12,300.50", "大写(元): 12,300.50", "大写（元）：12,300.50"),
        ("是,否;好!", "是,否;好!", "是，否；好！"),
        ("f(x), g(y): 3:4", "f(x), g(y): 3:4", "f(x), g(y): 3:4"),
        ("￥５，０００。", "¥5,000。", "￥５，０００。"),
        ("“是”,他说", "“是”,他说", "“是”，他说"),
    ],
)
def test_signs_change_their_width_and_nothing_else(read, half, full):
    assert half_width(read) == half
    assert full_width(read) == full


@given(st.text("价税(),:;!? a1（），：。", max_size=20))
def test_both_are_idempotent_and_agree_in_half_width(text):
    text = normalize(text)
    assert half_width(half_width(text)) == half_width(text)
    assert full_width(full_width(text)) == full_width(text)
    assert half_width(full_width(text)).replace(" ", "") == half_width(text).replace(" ", "")


def test_an_unknown_width_is_refused():
    with pytest.raises(UnknownOption, match="width"):
        ReadOptions(width="double")


def test_the_raw_text_is_kept_beside_a_changed_one(zh_reader):
    from tests.golden.test_golden import SET

    path, truth = SET[0]
    (plain,) = zh_reader.read(path.read_bytes(), ReadOptions("line")).lines
    (half,) = zh_reader.read(path.read_bytes(), ReadOptions("line", width="half")).lines
    assert plain.raw_text is None and plain.text == truth
    assert half.text == half_width(plain.text) != plain.text
    assert half.raw_text == plain.text
    assert half.chars == plain.chars


def test_hanzi_are_counted_and_their_signs_are_not():
    assert count_hanzi("\u5408\u8ba1\uff08\u5927\u5199\uff09: A1\u3001\U00020089") == 5
    assert count_hanzi("") == 0
