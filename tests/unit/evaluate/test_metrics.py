import pytest

from crnn.evaluate.metrics import Score, edit_distance, score


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("一二", "二", 1)],
)
def test_edit_distance_counts_changes(a, b, distance):
    assert edit_distance(a, b) == edit_distance(b, a) == distance


def test_white_space_and_width_do_not_count_as_errors():
    assert score("Ａ 1（x）", "A1(x)") == Score(lines=1, exact=1, errors=0, chars=5)


def test_rates_are_summed_over_a_set_not_averaged_over_lines():
    total = score("a", "b") + score("aaaaaaaaa", "aaaaaaaaa")
    assert total.cer == 0.1
    assert total.line_accuracy == 0.5


def test_an_empty_set_has_no_errors():
    assert Score().cer == 0.0
