"""Characters as strokes: the table, stroke data, and the curves between points."""

import numpy as np
import pytest

from crnn.train.data.fetch import pack_strokes
from crnn.train.synth.handwriting.strokes import (
    BASELINE,
    STEPS,
    UNIT,
    Strokes,
    curve,
    latin,
    resample_all,
)


def test_every_ascii_sign_can_be_written():
    writable = set(latin())
    assert {chr(code) for code in range(0x21, 0x7F)} - writable == {"`"}


def test_every_form_stays_near_its_box_and_has_some_ink():
    for char, forms in latin().items():
        for form in forms:
            assert form.strokes.shape[1:] == (STEPS, 2)
            assert np.isfinite(form.strokes).all(), char
            assert form.strokes[..., 0].min() == pytest.approx(0, abs=1e-6)
            assert form.strokes[..., 1].min() > -0.1, char
            assert form.strokes[..., 1].max() < 1.15, char


def test_accented_letters_are_their_letter_with_a_mark_above():
    for letter, accented in (("o", "\u00f6"), ("A", "\u00c4"), ("e", "\u00e9")):
        for bare, marked in zip(latin()[letter], latin()[accented], strict=True):
            extra = marked.strokes[len(bare.strokes) :]
            assert len(extra) >= 1
            assert extra[..., 1].max() < bare.strokes[..., 1].min() + 0.1


def test_a_curve_goes_through_its_ends_and_its_corners():
    points = curve(["09", "02!", "52"])
    at = [[0, BASELINE - 7 * UNIT], [0, BASELINE], [5 * UNIT, BASELINE]]
    assert np.allclose(points[[0, -1]], [at[0], at[2]], atol=1e-5)
    assert np.hypot(*(points - at[1]).T).min() < 0.03


def test_resampling_keeps_every_stroke_to_itself():
    points = np.array([[0, 0], [10, 0], [500, 500], [500, 600], [500, 700]], np.float32)
    even = resample_all(points, np.array([0, 2, 5], np.int32))
    assert even.shape == (2, STEPS, 2)
    assert np.allclose(even[0, :, 0], np.linspace(0, 10, STEPS), atol=0.05)
    assert np.allclose(even[1, :, 1], np.linspace(500, 700, STEPS), atol=0.05)


@pytest.fixture
def hanzi(tmp_path):
    """Two characters in the format of the stroke data."""
    path = tmp_path / "hanzi_strokes.npz"
    ten = [[[100, 400], [900, 400]], [[500, 800], [500, 300], [500, 0]]]
    pack_strokes({"\u5341": ten, "\u4e00": [[[200, 300], [800, 300]]]}, path)
    return path


def test_hanzi_come_from_stroke_data_upright(hanzi):
    strokes = Strokes(hanzi, ["\u5341", "\u4e00", "1"])
    (ten,) = strokes.forms("\u5341")
    assert ten.wide and len(ten.strokes) == 2
    down = ten.strokes[1]
    assert down[-1, 1] > down[0, 1]  # y grows downwards here
    assert "1" in strokes and "2" not in strokes
