"""Lines that climb or fall are set level; what is level, short or unclear stays as it is."""

import cv2
import numpy as np
import pytest

from crnn.preprocess import deskew
from crnn.preprocess.crop import ink_mask
from crnn.preprocess.deskew import STEEPEST, estimate_skew
from crnn.preprocess.prepare_line import prepared
from tests.conftest import drawn


def straightened(crop: np.ndarray) -> np.ndarray:
    return deskew.deskew(crop)[0]


TEXT = "0123 4567 89 Office 2026 line 7654 3210"


def askew(slope: float, *, height: int = 60) -> np.ndarray:
    """A drawn line whose text falls `slope` pixels a pixel, on a sheet with room for it."""
    level = drawn(TEXT, height=height)
    room = int(abs(slope) * level.shape[1] / 2) + 4
    wide = np.pad(level, ((room, room), (4, 4)), constant_values=255)
    shear = np.array([[1, 0, 0], [slope, 1, -slope * wide.shape[1] / 2]], np.float32)
    return cv2.warpAffine(wide, shear, wide.shape[::-1], borderValue=255)


@pytest.mark.parametrize("slope", [-0.05, -0.02, 0.02, 0.05])
def test_the_slope_is_found_and_taken_out(slope):
    crop = askew(slope)
    assert estimate_skew(ink_mask(crop)) == pytest.approx(slope, abs=0.006)
    assert abs(estimate_skew(ink_mask(straightened(crop)))) <= 0.005


@pytest.mark.parametrize("slope", [-0.05, 0.05])
def test_a_line_set_level_is_as_tight_as_one_that_always_was(slope):
    level, once_askew = prepared(askew(0.0)), prepared(askew(slope))
    assert once_askew.shape[0] < 1.35 * level.shape[0]
    assert prepared(askew(slope)).shape[0] < 0.8 * askew(slope).shape[0]


def test_a_large_crop_is_set_level_alike():
    small = askew(0.04)
    large = cv2.resize(small, None, fx=8, fy=8)
    assert len(large) > 2 * deskew.ROWS
    assert estimate_skew(ink_mask(large)) == pytest.approx(
        estimate_skew(ink_mask(small)), abs=0.005
    )


def test_light_on_dark_is_set_level_alike():
    crop = askew(0.04)
    assert straightened(255 - crop).shape == straightened(crop).shape != crop.shape
    assert straightened(255 - crop)[0].max() < 60  # new paper is as dark as the old


def test_nothing_moves_along_the_line():
    crop = askew(0.04)
    assert straightened(crop).shape[1] == crop.shape[1]
    before, after = (np.flatnonzero((one < 128).any(axis=0)) for one in (crop, straightened(crop)))
    assert abs(int(before[0]) - int(after[0])) <= 1
    assert abs(int(before[-1]) - int(after[-1])) <= 1


def test_a_level_line_is_itself():
    crop = drawn(TEXT)
    assert straightened(crop) is crop


@pytest.mark.parametrize(
    "text", ["EEEEEEEE ....... aaaaaaaa gggggggg", "----- --- ppppppp lllll TTTT"]
)
def test_tall_letters_at_one_end_are_no_slope(text):
    crop = drawn(text, height=36)
    assert straightened(crop) is crop


@pytest.mark.parametrize("slope", [-0.03, 0.03])
def test_a_level_rule_under_a_falling_line_does_not_hold_it(slope):
    crop = askew(slope)
    crop[-5:-2] = 30
    assert estimate_skew(ink_mask(crop)) == pytest.approx(slope, abs=0.006)


@pytest.mark.parametrize("slope", [-0.03, 0.03])
def test_a_line_cut_above_and_below_is_set_level(slope):
    crop = askew(slope)
    middle = len(crop) // 2
    assert estimate_skew(ink_mask(crop[middle - 16 : middle + 22])) == pytest.approx(
        slope, abs=0.008
    )


def test_a_short_one_is_itself():
    crop = askew(0.05)[:, :250]
    assert straightened(crop) is crop


def test_steeper_than_any_scan_is_left_alone():
    assert estimate_skew(ink_mask(askew(2 * STEEPEST))) == 0.0


@pytest.mark.parametrize("ink", [np.zeros((40, 400), bool), np.eye(10, 400, dtype=bool)])
def test_no_ink_says_nothing(ink):
    assert estimate_skew(ink) == 0.0


def test_a_crop_without_contrast_is_itself():
    crop = np.full((40, 400), 240, np.uint8)
    assert straightened(crop) is crop
