"""A pen font rewritten is the same line by another hand: its ink where it was, more or less."""

import numpy as np
import pytest

from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.handwriting.font_handwriting import rewritten
from crnn.train.synth.handwriting.writers import SCRIPTS, setter
from tests.unit.train.test_held_out import TRAINED, recipe  # noqa: F401

CENTRES = np.array([18.0, 68.0, 118.0], np.float32)


@pytest.fixture
def drawn() -> Drawn:
    """Three strokes on end, six pixels wide, forty high."""
    ink = np.zeros((52, 140), np.uint8)
    for x in CENTRES.astype(int):
        ink[6:46, x - 3 : x + 3] = 255
    return Drawn(ink, "III", CENTRES)


@pytest.mark.parametrize("seed", range(40))
def test_the_ink_stays_at_its_centres(drawn, seed):
    made = rewritten(np.random.default_rng(seed), drawn)
    assert made.text == "III" and made.ink.dtype == np.uint8
    assert made.ink.shape[0] == drawn.ink.shape[0]
    assert np.all(np.diff(made.centres) > 0)
    middle = made.ink[20:32].max(axis=0).astype(float)
    for x in made.centres:
        near = middle[max(0, int(x) - 9) : int(x) + 10]
        assert near.max() > 60
    apart = (made.centres[1:] + made.centres[:-1]) / 2
    assert np.mean([middle[int(x)] for x in apart]) < 60


def test_no_two_hands_are_alike_and_a_seed_is_one_hand(drawn):
    first, again, other = (rewritten(np.random.default_rng(s), drawn) for s in (1, 1, 2))
    assert np.array_equal(first.ink, again.ink)
    assert first.ink.shape != other.ink.shape or not np.array_equal(first.ink, other.ink)


def test_pens_are_lighter_and_heavier_than_the_font(drawn):
    ink = [
        np.count_nonzero(rewritten(np.random.default_rng(s), drawn).ink > 127) for s in range(60)
    ]
    before = np.count_nonzero(drawn.ink > 127)
    assert min(ink) < 0.75 * before < 0.9 * before < max(ink)


def test_a_line_without_ink_stays_without(drawn):
    empty = Drawn(np.zeros_like(drawn.ink), "III", CENTRES)
    assert not rewritten(np.random.default_rng(0), empty).ink.any()


def test_handwriting_is_set_in_pen_fonts_alone(recipe):  # noqa: F811
    assert {face.name for face in setter(recipe, SCRIPTS)._all} == {TRAINED}


def test_without_pen_fonts_there_is_nothing_to_write_with(recipe):  # noqa: F811
    with pytest.raises(ValueError, match="display"):
        setter(recipe, {"display": 1.0})
