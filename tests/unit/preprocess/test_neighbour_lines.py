"""Letters of the lines above and below are left out of a long crop; those of the line stay."""

import cv2
import numpy as np
import pytest

from crnn.preprocess import neighbour_lines
from crnn.preprocess.crop import ink_mask
from crnn.preprocess.deskew import estimate_skew
from crnn.preprocess.prepare_line import prepared

FONT, SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.8
LINES = (
    "Regular and Menthol by the gallon, paid quarterly in July",
    "reduction to the range of 8-10mg. tar. Variations to be: 1)Same",
    "characteristics as current type 100s, judged by a happy group",
)
BASE, PITCH, HEIGHT = 60, 26, 120
OWN = (BASE - 20, BASE + 8)
"""The rows of the middle line, ascenders and descenders and all."""


def page(*, slope: float = 0.0, rules: bool = False, lines: tuple[str, ...] = LINES) -> np.ndarray:
    """Lines one under the other, falling by so many pixels a pixel, the middle one at BASE."""
    sheet = np.full((HEIGHT, 960), 245, np.uint8)
    for n, text in enumerate(lines):
        base = BASE + (n - 1) * PITCH
        cv2.putText(sheet, text, (8, base), FONT, SIZE, 20, 1, cv2.LINE_AA)
        if rules:
            sheet[base + 3 : base + 5, 8:900] = 20
    shear = np.array([[1, 0, 0], [slope, 1, -slope * 480]], np.float32)
    return cv2.warpAffine(sheet, shear, sheet.shape[::-1], borderValue=245)


def alone(text: str = LINES[1]) -> np.ndarray:
    return page(lines=("", text, ""))[BASE - 24 : BASE + 12]


def crowded_crop(**how: object) -> np.ndarray:
    """The middle line with half of each neighbour."""
    return page(**how)[BASE - 34 : BASE + 20]


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """How alike the rows of two crops of a line are, at one height: 1 for the same."""
    profiles = []
    for crop in (one, other):
        held = ink_mask(crop).sum(axis=1).astype(np.float32)
        profiles.append(cv2.resize(held[:, None], (1, 64))[:, 0])
    return float(np.corrcoef(*profiles)[0, 1])


@pytest.mark.parametrize("rules", [False, True], ids=["plain", "underlined"])
@pytest.mark.parametrize("slope", [-0.012, 0.0, 0.012])
def test_a_crowded_crop_is_framed_as_the_line_alone_is(slope, rules):
    found = prepared(crowded_crop(slope=slope, rules=rules))
    assert found.shape[0] < 0.8 * crowded_crop().shape[0]
    assert found.shape[0] >= OWN[1] - OWN[0] - 3
    if not rules:
        assert likeness(found, prepared(alone())) > 0.85


@pytest.mark.parametrize("slope", [-0.02, -0.01, 0.01, 0.02])
def test_the_slope_of_crowded_lines_is_theirs(slope):
    ink = ink_mask(crowded_crop(slope=slope))
    assert estimate_skew(ink) == pytest.approx(slope, abs=0.003)


@pytest.mark.parametrize(
    "text",
    [
        LINES[1],
        "THE TOTAL OF TITLES TO TRY AT TWO OR TEN, THIRTY FOUR IN ALL TOLD",
        "Total Titles To Try: Tea, Toast, Tofu, Tulips, Turnips, Tomatoes",
        "gypsy jaggy piggy yuppy (puppy) foggy quay, gauge, jig, yoyo, pygmy",
        "__-- a = b --- c ___ 123,456.00 == 789.00 -- ~~ e ~~ f . . . . . . g",
    ],
)
@pytest.mark.parametrize("cut", [(20, 9), (24, 12), (34, 22)], ids=["tight", "roomy", "loose"])
def test_nothing_of_a_line_without_neighbours_is_cut(text, cut):
    crop = page(lines=("", text, ""))[BASE - cut[0] : BASE + cut[1]]
    first, end = neighbour_lines.text_line_rows(ink_mask(crop))
    kept = ink_mask(crop)[first:end]
    assert kept.sum() == ink_mask(crop).sum()


@pytest.mark.parametrize("large", ["5.757", "TITEL 757", "1/7 7T 5"])
@pytest.mark.parametrize("rim", [0, 4])
def test_large_figures_beside_small_print_keep_their_tops(large, rim):
    sheet = np.full((90, 900), 245, np.uint8)
    cv2.putText(sheet, "amount in euro to be paid by", (8, 70), FONT, 0.6, 20, 2, cv2.LINE_AA)
    cv2.putText(sheet, large, (420, 70), FONT, 1.7, 20, 3, cv2.LINE_AA)
    rows = np.flatnonzero((sheet < 128).any(axis=1))
    crop = sheet[rows[0] - rim : rows[-1] + 1 + rim]
    assert neighbour_lines.is_long(ink_mask(crop))
    first, end = neighbour_lines.text_line_rows(ink_mask(crop))
    assert ink_mask(crop)[first:end].sum() == ink_mask(crop).sum()


@pytest.mark.parametrize("bars", [(0, 18), (0, 9, 18)], ids=["two", "three"])
def test_signs_of_bars_are_not_cut_apart(bars):
    crop = np.full((26, 400), 245, np.uint8)
    for sign in range(16):
        for n, row in enumerate(bars):
            narrow = 3 * (n % 2) + (2 if n == 0 else 0)
            crop[3 + row : 5 + row, 6 + 24 * sign + narrow : 24 + 24 * sign - narrow] = 20
    ink = ink_mask(crop)
    first, end = neighbour_lines.text_line_rows(ink)
    assert ink[first:end].sum() == ink.sum()


@pytest.mark.parametrize("margin", [0, 2])
def test_level_capitals_cut_to_their_ink_are_level(margin):
    crop = page(lines=("", "TTTT ZZZZ 7777 EEEE FFFF TTTT LLLL IIII", ""))
    rows = np.flatnonzero((crop < 128).any(axis=1))
    assert estimate_skew(ink_mask(crop[rows[0] - margin : rows[-1] + 1 + margin])) == 0.0


def test_a_long_run_at_a_rim_is_a_rule_no_sooner_than_elsewhere():
    ink = np.zeros((30, 300), bool)
    ink[10, :14] = ink[20, 100:114] = ink[15, -14:] = True
    assert not neighbour_lines.rules_of(ink).any()
    ink[5, 40:70] = True
    assert np.flatnonzero(neighbour_lines.rules_of(ink).any(axis=1)).tolist() == [5]
    assert neighbour_lines.rules_of(ink)[5].sum() == 30


@pytest.mark.parametrize("at", [4, 8, 9])
def test_a_line_that_is_struck_through_keeps_both_halves(at):
    crop = page(lines=("", "THE QUICK BROWN FOX 0123 JUMPS THE QUICK BROWN FOX 0123", ""))
    rows = np.flatnonzero((crop < 128).any(axis=1))
    crop = crop[rows[0] : rows[-1] + 1].copy()
    crop[at : at + 3] = 20
    assert neighbour_lines.text_line_rows(ink_mask(crop)) == (0, len(crop))


def test_two_whole_lines_are_left_alone():
    crop = page()[BASE - 20 : BASE + PITCH + 9]
    first, end = neighbour_lines.text_line_rows(ink_mask(crop))
    assert (first, end) == (0, len(crop))


def test_short_crops_say_nothing():
    assert not neighbour_lines.is_long(np.zeros((30, 239), bool))
    assert neighbour_lines.is_long(np.zeros((30, 240), bool))
    crop = crowded_crop(slope=0.01)[:, :200]
    assert prepared(crop).shape[0] > 0.8 * len(crop)


def test_a_blank_crop_has_all_its_rows():
    assert neighbour_lines.text_line_rows(np.zeros((30, 400), bool)) == (0, 30)
    assert estimate_skew(np.zeros((30, 400), bool)) == 0.0
