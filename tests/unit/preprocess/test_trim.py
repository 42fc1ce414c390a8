"""Paper around a line or a character is cut off, ink never."""

import cv2
import numpy as np
import pytest

from crnn.options import ReadOptions
from crnn.preprocess.prepare_line import prepare_line, prepared
from crnn.preprocess.trim import END, KEPT, MARGIN, trim_ends, trim_whitespace
from tests.conftest import drawn

PAPER = 240


def padded(crop: np.ndarray, top: int, right: int, bottom: int, left: int) -> np.ndarray:
    return np.pad(crop, ((top, bottom), (left, right)), constant_values=PAPER)


def comb(tall: int = 20, wide: int = 120) -> np.ndarray:
    """Something like a line: strokes that stand, (H, W)."""
    crop = np.full((tall, wide), PAPER, np.uint8)
    for left in range(0, wide - 3, 10):
        crop[:, left : left + 4] = 20
    crop[:4] = 20
    return crop


@pytest.mark.parametrize("flip", [False, True])
def test_paper_around_a_line_is_cut_off_but_for_a_little(flip):
    crop = padded(comb(), 60, 50, 40, 70)
    found = trim_whitespace(255 - crop if flip else crop)
    above, beside = np.ceil(MARGIN * 22), np.ceil(END * 22)  # a pixel of blur on either side
    assert found.grey.shape == pytest.approx((22 + 2 * above, 122 + 2 * beside), abs=2)
    assert found.left == pytest.approx(70 - 1 - beside, abs=1)
    assert found.left + found.grey.shape[1] + found.right == crop.shape[1]
    inner = crop[:, found.left : crop.shape[1] - found.right]
    assert np.count_nonzero(inner < 100) == np.count_nonzero(crop < 100)


def test_a_crop_that_has_little_paper_is_left_as_it_is():
    crop = padded(comb(), 3, 4, 3, 4)
    assert trim_whitespace(crop).grey is crop


def test_a_stroke_that_lies_is_a_character_and_keeps_its_paper():
    crop = np.full((64, 64), PAPER, np.uint8)
    cv2.line(crop, (4, 36), (59, 28), 20, 4)
    assert trim_whitespace(crop).grey.shape == (64, 64)


def test_a_character_in_a_wide_field_of_paper_keeps_a_quarter_of_its_size_around_it():
    digit = np.full((20, 14), PAPER, np.uint8)
    cv2.ellipse(digit, (7, 10), (5, 8), 0, 0, 360, 20, 3)
    found = trim_whitespace(padded(digit, 60, 80, 60, 80)).grey
    assert len(found) == pytest.approx(20 * (1 + 2 * KEPT), abs=4)
    assert found.shape[1] >= len(found)  # a narrow one keeps what makes it as wide as high


def test_faint_ink_at_the_end_of_a_line_is_kept():
    crop = padded(comb(), 2, 60, 2, 60)
    crop[8:16, 196:202] = PAPER - 32  # beside ink of 220
    tight, left = trim_ends(crop)
    assert left > 0
    assert left + tight.shape[1] >= 202
    crop[8:16, 196:202] = PAPER - 12  # a shade of the paper
    assert trim_ends(crop)[0].shape[1] < tight.shape[1]


@pytest.mark.parametrize("size", [12, 14, 20])
def test_dots_of_small_print_behind_a_line_are_kept(size):
    crop = padded(cv2.resize(comb(), (6 * size, size), interpolation=cv2.INTER_AREA), 2, 40, 2, 9)
    dot = slice(9 + 6 * size + size // 2, 11 + 6 * size + size // 2)
    crop[size - 1 : size + 1, dot] = 60
    tight, left = trim_ends(crop)
    assert left + tight.shape[1] >= dot.stop
    assert tight.shape[1] < crop.shape[1]


def test_paper_that_is_no_paper_is_left_as_it_is():
    noise = np.random.default_rng(2).integers(0, 256, (40, 300), np.uint8)
    assert trim_ends(noise)[0].shape == noise.shape
    assert trim_whitespace(noise).grey.shape == noise.shape
    blank = np.full((40, 300), PAPER, np.uint8)
    assert trim_whitespace(blank).grey is blank
    assert trim_ends(blank)[0] is blank


def test_what_is_shown_of_a_line_does_not_depend_on_the_paper_around_it():
    line = drawn("Invoice No. 20260917")
    plain = prepared(line)
    for sides in ((0, 40, 0, 40), (60, 0, 60, 0), (100, 60, 20, 90)):
        found = prepared(padded(line, *sides))
        assert found.shape == pytest.approx(plain.shape, abs=2)


def test_columns_of_a_crop_are_found_again_in_what_is_shown():
    line = drawn("20260917")
    for left in (0, 30, 90):
        crop = padded(line, 40, 20, 40, left)
        shown, added = prepare_line(crop)
        first = int(np.flatnonzero((shown < 128).any(axis=0))[0])
        assert first - added == pytest.approx(left + 13, abs=2)


@pytest.mark.parametrize("text", ["Invoice No. 20260917", "20260917", "Total 1250"])
@pytest.mark.parametrize(
    "sides", [(0, 60, 0, 60), (60, 20, 60, 20), (90, 0, 90, 0), (60, 9, 9, 60)]
)
def test_a_loose_crop_is_read_as_a_tight_one(zh_reader, text, sides):
    (tight,) = zh_reader.read(drawn(text), ReadOptions("line")).lines
    (line,) = zh_reader.read(padded(drawn(text), *sides), ReadOptions("line")).lines
    assert line.text == tight.text == text
    for found, plain in zip(line.chars, tight.chars, strict=True):
        assert found.start == pytest.approx(plain.start + sides[3], abs=5)


@pytest.mark.parametrize("level", [190, 205])
def test_faint_words_beside_dark_ones_are_read(zh_reader, level):
    dark, faint = drawn("TOTAL"), drawn("12345").astype(np.float32)
    pale = (250 - (250 - faint) * (250 - level) / 230).astype(np.uint8)
    for pair in ((dark, pale), (pale, dark)):
        crop = padded(np.concatenate(pair, axis=1), 20, 60, 20, 60)
        (line,) = zh_reader.read(crop, ReadOptions("line")).lines
        assert "12345" in line.text
        assert "TOTAL" in line.text


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_line_on_end_amid_paper_is_turned(zh_reader, quarters):
    crop = padded(drawn("Invoice 20260917"), 120, 350, 120, 350)
    turned = np.ascontiguousarray(np.rot90(crop, quarters))
    (line,) = zh_reader.read(turned, ReadOptions("line")).lines
    assert line.text == "Invoice 20260917"


def test_a_loose_line_on_its_head_and_its_characters_are_found(zh_reader):
    crop = np.ascontiguousarray(padded(drawn("Invoice No. 20260917"), 50, 30, 50, 90)[::-1, ::-1])
    (line,) = zh_reader.read(crop, ReadOptions("line")).lines
    assert line.text == "Invoice No. 20260917"
    assert line.chars[0].end == pytest.approx(crop.shape[1] - 90 - 12, abs=8)
