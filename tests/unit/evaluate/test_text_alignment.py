import pytest

from crnn.evaluate.metrics import edit_distance
from crnn.evaluate.text_alignment import align, compared, verdicts


@pytest.mark.parametrize(
    ("read", "truth", "pairs"),
    [
        ("", "", []),
        ("ab", "ab", [("a", "a"), ("b", "b")]),
        ("ab", "axb", [("a", "a"), ("", "x"), ("b", "b")]),
        ("axb", "ab", [("a", "a"), ("x", ""), ("b", "b")]),
        ("0", "O", [("0", "O")]),
    ],
)
def test_characters_are_laid_beside_each_other(read, truth, pairs):
    assert align(read, truth) == pairs


def test_an_alignment_costs_the_edit_distance():
    for read, truth in (("kitten", "sitting"), ("一二三", "三二一"), ("aab", "ba")):
        assert sum(a != b for a, b in align(read, truth)) == edit_distance(read, truth)


def test_verdicts_fold_and_say_nothing_of_white_space():
    assert verdicts(list("Ａ 1"), "A1") == [True, None, True]
    assert verdicts(["…", "x"], "..y") == [False, False]


def test_both_sides_are_judged_by_one_alignment():
    assert compared("ac", "abc") == ([True, True], [True, False, True])
    assert compared("", "b") == ([], [False])
