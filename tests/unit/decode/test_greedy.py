import numpy as np

from crnn.decode import greedy, log_softmax

CLASSES = ("\0", "a", "b")


def scores(path: list[int], strength: float = 9.0) -> np.ndarray:
    return (np.eye(len(CLASSES), dtype=np.float32)[path] * strength).astype(np.float32)


def test_repeats_collapse_and_blanks_part_them():
    chars = greedy(scores([0, 1, 1, 0, 1, 2, 2, 0]), CLASSES)
    assert "".join(c.text for c in chars) == "aab"
    assert [(c.start, c.end) for c in chars] == [(1, 3), (4, 5), (5, 7)]


def test_nothing_but_blanks_is_an_empty_text():
    assert greedy(scores([0, 0, 0]), CLASSES) == []
    assert greedy(np.zeros((0, 3), np.float32), CLASSES) == []


def test_a_constant_added_to_a_step_changes_nothing():
    raw = scores([1, 0, 2]) + np.array([[5.0], [-3.0], [100.0]], np.float32)
    assert greedy(log_softmax(raw), CLASSES) == greedy(log_softmax(log_softmax(raw)), CLASSES)
    plain = greedy(raw, CLASSES)
    assert [c.text for c in plain] == ["a", "b"]
    assert abs(plain[0].confidence - greedy(log_softmax(raw), CLASSES)[0].confidence) < 1e-6


def test_confidence_is_the_probability_of_the_surest_step():
    raw = np.log(np.array([[0.2, 0.8, 0.0001], [0.4, 0.6, 0.0001]], np.float32))
    (char,) = greedy(raw, CLASSES)
    assert abs(char.confidence - 0.8) < 1e-3
