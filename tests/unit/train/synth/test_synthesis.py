"""Lines that a hand writes: text, centres, ink, and what haste and joining do."""

import numpy as np
import pytest

from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.handwriting.strokes import STEPS, Strokes
from crnn.train.synth.handwriting.style import new_hand
from crnn.train.synth.handwriting.synthesis import Writer, _smoothed


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer(Strokes(None, [chr(code) for code in range(0x20, 0x7F)]))


@pytest.mark.parametrize("seed", range(20))
def test_a_line_has_ink_under_every_centre_in_reading_order(writer, seed):
    rng = np.random.default_rng(seed)
    hand = new_hand(rng, 1.0)
    drawn = writer.write(rng, "B48 H6", hand, 600)
    assert drawn.text == "B48 H6"
    assert len(drawn.centres) == 6
    assert (np.diff(drawn.centres) > 0).all()
    reach = round(0.35 * EM)
    for char, centre in zip(drawn.text, drawn.centres, strict=True):
        near = drawn.ink[:, max(0, round(centre) - reach) : round(centre) + reach]
        assert near.max() > 100 or char == " "


def test_what_has_no_strokes_is_left_out_of_the_text(writer):
    rng = np.random.default_rng(0)
    assert writer.write(rng, "a\u9f98b", new_hand(rng, 0.5), 400).text == "ab"
    assert writer.write(rng, "\u9f98", new_hand(rng, 0.5), 400).text == ""


def test_a_line_stops_where_its_room_ends(writer):
    rng = np.random.default_rng(1)
    drawn = writer.write(rng, "abcdefgh" * 20, new_hand(rng, 0.5), 300)
    assert 4 < len(drawn.text) < 60
    assert drawn.ink.shape[1] < 2 * 300


def test_the_same_generator_writes_the_same_bytes(writer):
    first, second = (
        writer.write(rng, "same 123", new_hand(rng, 1.0), 400)
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert np.array_equal(first.ink, second.ink)


def test_haste_rounds_a_corner_but_keeps_the_ends_and_the_lifts():
    corner = np.concatenate([np.linspace([0, 0], [1, 0], 9), np.linspace([1, 0.125], [1, 1], 8)])
    strokes = np.stack([corner, corner + 3]).astype(np.float32)
    assert strokes.shape == (2, STEPS, 2)
    lifted = _smoothed(strokes, np.array([False, False]), 8)
    assert np.allclose(lifted[:, [0, -1]], strokes[:, [0, -1]])
    assert np.hypot(*(lifted[0] - [1, 0]).T).min() > 0.05
    assert np.allclose(lifted[1] - 3, lifted[0], atol=1e-5)  # neither pulls at the other
    joined = _smoothed(strokes, np.array([True, False]), 8)
    assert not np.allclose(joined[0, -1], strokes[0, -1])


def test_hands_differ():
    rng = np.random.default_rng(0)
    hands = [new_hand(rng, 1.0) for _ in range(200)]
    assert np.ptp([hand.slant for hand in hands]) > 0.4
    assert np.ptp([hand.pen for hand in hands]) > 0.05
    assert {hand.smoothing > 4 for hand in hands} == {True, False}
