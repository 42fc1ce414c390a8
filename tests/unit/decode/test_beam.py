import numpy as np

from crnn.decode.beam import beam
from crnn.decode.constraints import DecodingConstraints

CLASSES = ("\0", "1", "行", "x")


def scores(path: list[int], strength: float = 9.0) -> np.ndarray:
    return (np.eye(len(CLASSES), dtype=np.float32)[path] * strength).astype(np.float32)


class Nothing:
    """A constraint that lets no text through."""

    start = 0

    def advance(self, states, classes):
        return np.full((len(states), len(classes)), -1, np.int32)

    def accepts(self, states):
        return np.zeros(len(states), bool)


def test_doubled_characters_stay_two_and_their_steps_are_told():
    (best,) = beam(scores([0, 1, 0, 1, 0, 2, 2, 0, 2]), width=4)
    assert best.labels == (1, 1, 2, 2)
    assert best.spans == ((1, 2), (3, 4), (5, 7), (8, 9))


def test_a_blank_that_is_passed_over_still_parts_doubled_characters():
    sure = scores([1, 0, 1, 0, 0, 2, 0, 0, 2], strength=30)
    (best,) = beam(sure, width=2)
    assert best.labels == (1, 1, 2, 2)
    (joined,) = beam(scores([1, 1, 2, 2], strength=30), width=2)
    assert joined.labels == (1, 2)


def test_the_best_text_may_not_be_the_best_path():
    log_probs = np.log(np.array([[0.6, 0.4, 1e-9, 1e-9]] * 2, np.float32))
    best, second = beam(log_probs, width=4, n_best=2)
    assert (best.labels, second.labels) == ((1,), ())
    assert np.allclose(np.exp([best.log_prob, second.log_prob]), [0.64, 0.36])


def test_no_steps_or_only_blanks_are_an_empty_text():
    assert [h.labels for h in beam(np.zeros((0, 4), np.float32))] == [()]
    assert [h.labels for h in beam(scores([0, 0, 0], strength=30))] == [()]


def test_nothing_comes_out_where_nothing_is_accepted():
    assert beam(scores([1, 0, 2]), constraints=DecodingConstraints(constraint=Nothing())) == []


def test_a_constant_added_to_a_step_changes_no_probability():
    raw = scores([1, 0, 2])
    moved = raw + np.array([[5.0], [-3.0], [100.0]], np.float32)
    plain, shifted = beam(raw)[0], beam(moved)[0]
    assert plain.labels == shifted.labels
    assert abs(plain.log_prob - shifted.log_prob) < 1e-4


class Three:
    """Texts of exactly three labels."""

    start = 0

    def advance(self, states, classes):
        ahead = np.where((states >= 0) & (states < 3), states + 1, -1)
        return np.broadcast_to(ahead[:, None], (len(states), len(classes))).astype(np.int32)

    def accepts(self, states):
        return states == 3


def test_a_constraint_gets_its_characters_where_fewer_steps_are_not_blank():
    sure = scores([0, 1, 0, 0, 2, 0], strength=30)
    (best,) = beam(sure, constraints=DecodingConstraints(constraint=Three()))
    assert len(best.labels) == 3
    assert {1, 2} <= set(best.labels)
