"""Lines that stand on their head teach silence, where one can tell."""

import pytest

from crnn.train.samples import has_a_right_way_up


@pytest.mark.parametrize("text", ["合同编号", "X4:7:2", "N34", "Date of birth", "3016"])
def test_one_sees_that_it_is_upside_down(text):
    assert has_a_right_way_up(text)


@pytest.mark.parametrize("text", ["1961", "69 96", "SOS", "——", "", "A4", "0.18", "一二三"])
def test_one_cannot_know(text):
    assert not has_a_right_way_up(text)
