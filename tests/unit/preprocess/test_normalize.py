import numpy as np
import pytest

from charset import BLANK
from crnn.preprocess.normalize import (
    COLUMNS,
    MAX_WIDTH,
    NARROW,
    WIDTH_STEPS,
    dark_on_light,
    normalize_line,
    padded_width,
    tensor,
)
from crnn.spec import ModelSpec
from tests.conftest import drawn

GREY = ModelSpec("t", "zh", (BLANK, "a"))


def test_a_crop_becomes_ink_on_zero_paper_at_the_models_height():
    made = tensor(drawn(), GREY)
    assert made.shape[:3] == (1, 1, 32)
    assert made.dtype == np.float32
    assert made.max() == 1.0
    assert np.median(made) == 0.0


def test_light_on_dark_gives_the_same_tensor_as_dark_on_light():
    assert np.abs(tensor(drawn(), GREY) - tensor(255 - drawn(), GREY)).max() < 0.02


@pytest.mark.parametrize("height", [20, 40, 150])
@pytest.mark.parametrize("is_left", [True, False])
def test_heavy_ink_in_the_dark_beside_a_bright_spot_is_still_ink(height, is_left):
    light = 110 + 120 * np.clip(1 - np.linspace(0, 3.5, 5 * height), 0, 1)
    photo = (light if is_left else light[::-1])[None].repeat(height, axis=0)
    for left in range(height // 4, 5 * height, height):  # heavy letters, a third of the paper
        photo[height // 8 : -height // 8, left : left + height // 2] -= 60
    photo = photo.astype(np.uint8)
    assert np.array_equal(dark_on_light(photo), photo)
    assert np.array_equal(dark_on_light(255 - photo), photo)


def test_faint_print_is_stretched_to_full_contrast():
    faint = (200 + drawn() // 8).astype(np.uint8)
    assert np.abs(tensor(drawn(), GREY) - tensor(faint, GREY)).mean() < 0.02


def test_an_empty_crop_stays_empty():
    assert tensor(np.full((30, 90), 251, np.uint8), GREY).max() == 0.0


@pytest.mark.parametrize("width", [1, 31, 32, 33, 320, 513, 1024])
def test_widths_are_rounded_up_to_whole_columns(width):
    found = padded_width(width)
    assert found % COLUMNS == 0
    assert width <= found
    assert found in NARROW or found < width + COLUMNS


def test_padding_is_paper():
    made = normalize_line(drawn(), GREY)
    padded = tensor(drawn(), GREY)
    assert padded.shape[3] == padded_width(made.shape[2])
    assert padded[..., made.shape[2] :].max() == 0.0 or made.shape[2] == padded.shape[3]


def test_every_width_step_is_a_whole_number_of_network_columns():
    assert all(width % 32 == 0 for width in WIDTH_STEPS)
    assert WIDTH_STEPS[-1] == MAX_WIDTH


@pytest.mark.parametrize(
    ("name", "planes"), [("grey-1", 1), ("flat-1", 1), ("binary-1", 1), ("both-1", 2)]
)
def test_each_preprocessing_has_its_planes(name, planes):
    spec = ModelSpec("t", "zh", (BLANK, "a"), preprocessing=name)
    made = normalize_line(drawn(), spec)
    assert made.shape[0] == spec.channels == planes
    if name in ("binary-1", "both-1"):
        assert set(np.unique(made[-1])) <= {0, 255}


def test_uneven_light_is_divided_out():
    flat = ModelSpec("t", "zh", (BLANK, "a"), preprocessing="flat-1")
    shadow = np.linspace(1.0, 0.45, drawn().shape[1])[None]
    shaded = (drawn() * shadow).astype(np.uint8)
    inked = normalize_line(drawn(), flat) > 128
    wrong = [np.mean((normalize_line(shaded, spec) > 128) != inked) for spec in (flat, GREY)]
    assert wrong[0] < 0.03
    assert wrong[1] > 2 * wrong[0]
