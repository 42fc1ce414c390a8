import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from charset import Charset, fold, normalize
from crnn.evaluate.metrics import edit_distance
from crnn.preprocess.normalize import COLUMNS, NARROW, padded_width

ZH = Charset.load("zh")


@given(st.text(alphabet=ZH.classes[1:]))
def test_text_encoded_and_decoded_is_the_same_text(text):
    assert ZH.decode(ZH.encode(text)) == text


@given(st.lists(st.integers(0, len(ZH) - 1)))
def test_ids_decoded_and_encoded_are_the_same_ids_without_blanks(ids):
    assert ZH.encode(ZH.decode(ids)) == [i for i in ids if i]


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    assert normalize(normalize(text)) == normalize(text)


@given(st.text())
def test_normalising_never_changes_how_a_text_scores_beyond_folding_twice(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_edit_distance_is_a_metric(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


@given(st.integers(1, 20_000))
def test_padding_never_shortens_and_wastes_little(width):
    found = padded_width(width)
    assert width <= found
    assert found in NARROW or found < width + COLUMNS
    assert found % COLUMNS == 0
    assert padded_width(found) == found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(6, 80), st.integers(6, 300))
def test_any_pixels_make_a_tensor_in_zero_to_one(seed, height, width):
    from crnn.preprocess.normalize import tensor
    from tests.fixtures.tiny import spec

    pixels = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    made = tensor(pixels, spec())
    assert 0.0 <= made.min() <= made.max() <= 1.0
    assert made.shape[2] == 32
