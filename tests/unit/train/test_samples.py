"""Lines that stand on their head teach silence, where one can tell; batches are cut evenly."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from crnn.train.data.samples import has_orientation, split_by_width


@pytest.mark.parametrize("text", ["合同编号", "X4:7:2", "N34", "Date of birth", "3016"])
def test_one_sees_that_it_is_upside_down(text):
    assert has_orientation(text)


@pytest.mark.parametrize("text", ["1961", "69 96", "SOS", "——", "", "A4", "0.18", "一二三"])
def test_one_cannot_know(text):
    assert not has_orientation(text)


def widest_batch(widths: list[int], ends: list[int]) -> int:
    return max((end - start) * widths[end - 1] for start, end in pairwise((0, *ends)))


@pytest.mark.parametrize("seed", range(20))
def test_no_other_cut_has_a_smaller_widest_batch(seed):
    rng = np.random.default_rng(seed)
    widths = sorted(int(width) for width in rng.integers(1, 9, 9) * 16)
    parts = int(rng.integers(1, 6))
    ends = split_by_width(widths, parts)
    others = combinations(range(1, len(widths)), parts - 1)
    assert ends == sorted(set(ends)) and len(ends) == parts and ends[-1] == len(widths)
    assert widest_batch(widths, ends) == min(widest_batch(widths, [*o, 9]) for o in others)


def test_there_are_as_many_batches_as_asked_where_fewer_would_be_no_wider():
    assert len(split_by_width([32] * 15, 6)) == 6
    assert split_by_width([32] * 4, 4) == [1, 2, 3, 4]
