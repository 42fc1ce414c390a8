"""All lines come to have the same little paper; single characters have their own measure."""

import numpy as np
import pytest

from crnn.preprocess.crop import LONG_ASPECT, LONG_MARGIN, MARGIN, PADDING, crop_to_ink, pad_margin


def line(height: int, top: int, bottom: int, width: int = 300) -> np.ndarray:
    """Bars of ink from row top to row bottom on white paper."""
    made = np.full((height, width), 250, np.uint8)
    for left in range(20, width - 20, 14):
        made[top:bottom, left : left + 6] = 10
    return made


def test_paper_above_and_below_is_left_out():
    tight = crop_to_ink(line(100, 40, 70))
    assert 30 < tight.shape[0] <= 30 * (1 + 2 * MARGIN) + 6
    assert tight.shape[1] == 300
    assert (tight < 100).any(axis=1).sum() == 30


@pytest.mark.parametrize(("top", "bottom"), [(40, 70), (4, 96), (0, 100)])
def test_a_long_line_keeps_or_is_given_less_paper(top, bottom):
    tall = bottom - top
    short, long = (
        crop_to_ink(line(100, top, bottom, round(tall * aspect)))
        for aspect in (LONG_ASPECT - 1, LONG_ASPECT + 1)
    )
    assert tall + 2 <= long.shape[0] <= tall * (1 + 2 * LONG_MARGIN) + 3 < short.shape[0] + 3
    assert (long < 100).any(axis=1).sum() == tall


def test_a_crop_with_that_much_paper_is_itself():
    crop = line(100, 7, 93)
    assert np.array_equal(crop_to_ink(crop), crop)


@pytest.mark.parametrize(("top", "bottom"), [(0, 100), (0, 93), (7, 100)])
@pytest.mark.parametrize("is_dark", [False, True])
def test_a_crop_cut_to_its_edges_is_given_that_paper(top, bottom, is_dark):
    crop = line(100, top, bottom)
    crop = 255 - crop if is_dark else crop
    made = crop_to_ink(crop)
    above, below = (
        round(MARGIN * (bottom - top)) if cut else 0 for cut in (top == 0, bottom == 100)
    )
    assert made.shape == (100 + above + below, 300)
    assert np.array_equal(made[above : above + 100], crop)
    assert (made[:above] == crop[50, 2]).all() and (made[above + 100 :] == crop[50, 2]).all()


def test_a_rule_at_the_foot_does_not_count_as_writing():
    crop = line(100, 30, 70)
    crop[95:98, 5:295] = 0
    assert crop_to_ink(crop).shape[0] < 60
    crop[48:51, 5:295] = 0  # a strike through the middle does
    assert crop_to_ink(crop).shape[0] < 60


@pytest.mark.parametrize(("rows", "is_cut"), [((0, 6), True), ((94, 100), True), ((0, 12), False)])
def test_what_was_cut_off_other_lines_at_the_rim_is_left_out(rows, is_cut):
    crop = line(100, 30, 70)
    for left in range(40, 260, 10):
        crop[slice(*rows), left : left + 3] = 10
    assert (crop_to_ink(crop).shape[0] < 50) == is_cut


def test_dots_that_do_not_touch_the_rim_belong_to_the_line():
    crop = line(100, 30, 70)
    crop[16:21, 40:260:14] = 10
    assert (crop_to_ink(crop)[:8] < 100).any()


def test_light_on_dark_is_tightened_alike():
    crop = line(100, 40, 70)
    assert crop_to_ink(255 - crop).shape == crop_to_ink(crop).shape


def test_one_character_keeps_the_paper_that_says_how_high_it_is():
    crop = line(64, 30, 36, width=64)
    assert crop_to_ink(crop) is crop


def test_empty_paper_and_noise_are_left_alone():
    assert crop_to_ink(np.full((50, 400), 240, np.uint8)).shape == (50, 400)
    noise = np.random.default_rng(0).integers(0, 256, (50, 400)).astype(np.uint8)
    assert np.array_equal(crop_to_ink(noise)[3:53], noise)  # but for the paper of any line


def test_a_line_with_much_paper_reads_as_without(zh_reader):
    from crnn.options import ReadOptions
    from tests.golden.test_golden import SET, cv2

    grey = cv2.imread(str(SET[1][0]), cv2.IMREAD_GRAYSCALE)
    loose = np.pad(grey, ((60, 40), (0, 0)), constant_values=int(np.median(grey[0])))
    read = [zh_reader.read(g, ReadOptions("line")).lines[0] for g in (grey, loose)]
    assert read[0].text == read[1].text
    ends = [line.chars[-1].end for line in read]
    assert ends[0] == pytest.approx(ends[1], rel=0.05)


def test_a_character_cut_to_its_edges_is_given_paper_and_only_that():
    crop = np.full((60, 60), 245, np.uint8)
    crop[:, 26:34] = 30
    crop[26:34] = 30
    made, added = pad_margin(crop)
    above = round(PADDING[0] * 60)
    assert added == round(PADDING[1] * 60)
    assert np.array_equal(made[above:-above, added:-added], crop)
    assert made[:above].min() == made[:, :added].min() == 245


def test_a_character_with_paper_around_it_and_a_line_need_none():
    lone = np.full((60, 60), 245, np.uint8)
    lone[15:45, 20:40] = 30
    assert pad_margin(lone)[0] is lone
    wide = line(60, 0, 60)
    assert pad_margin(wide)[0] is wide


def test_the_side_of_a_box_beside_a_label_is_painted_over():
    crop = np.full((60, 200), 250, np.uint8)
    crop[20:40, 20:90:2] = 20  # a label
    crop[2:58, 190:194] = 20  # a box begins
    found = crop_to_ink(crop)
    assert found.shape[0] < 30
    assert found[:, 180:].min() > 200
    assert found[:, 20:90].min() < 50


def test_a_tall_letter_near_others_is_no_side_of_a_box():
    crop = np.full((60, 200), 250, np.uint8)
    crop[2:58, 10:14] = 20
    crop[25:58, 24:90:2] = 20
    found = crop_to_ink(crop)
    above = (found.shape[0] - 60) // 2
    assert np.array_equal(found[above : above + 60], crop)


def rows_of_ink(crop: np.ndarray) -> int:
    return int((crop < 100).any(axis=1).sum())


def test_what_lies_beyond_a_rule_belongs_to_another_line():
    crop = line(100, 45, 75)
    crop[36:39] = 10  # a rule, and the feet of the line above it
    crop[0:26, 40:260:9] = 10
    assert rows_of_ink(crop_to_ink(crop)) == 30


def test_a_line_struck_through_is_whole():
    crop = line(100, 20, 80)
    crop[48:51] = 10
    assert rows_of_ink(crop_to_ink(crop)) == 60


def test_letters_keep_the_feet_with_which_they_stand_on_a_rule():
    crop = line(100, 30, 70)
    crop[70:73] = 10
    kept = rows_of_ink(crop_to_ink(crop))
    assert 40 < kept <= 40 + 5


@pytest.mark.parametrize("at", [3, 150, 292])
def test_sides_of_cells_do_not_make_a_line_high(at):
    crop = line(60, 20, 50)
    crop[:, at : at + 3] = 10
    found = crop_to_ink(crop)
    assert rows_of_ink(found) == 30
    assert (found[0] > 200).all()


def test_a_high_letter_among_high_ones_is_no_side():
    crop = line(60, 6, 54)
    crop[:, 148:151] = 10
    found = crop_to_ink(crop)
    assert (found[:, 149] < 100).sum() >= 60


def test_where_the_edges_of_a_photograph_are_dark_a_stem_is_no_side():
    crop = line(60, 18, 42)
    crop[:, 148:151] = 10
    for row in (*range(14), *range(46, 60)):
        crop[row, ::5] = 10  # dark here and there all along, and more so at the rim
        crop[row, 1::5] = 10
        crop[row, 2::5] = 10
    assert (crop_to_ink(crop)[:, 149] < 100).all()


def test_an_arc_at_the_rim_is_not_the_line_and_a_comma_is():
    crop = line(60, 20, 44)
    crop[52:60, 30:36] = 10  # less high than half of it, and next to no ink
    assert rows_of_ink(crop_to_ink(crop)) == 24
    crop[46:58, 200:206] = 10
    crop[52:60, 30:36] = 250
    assert rows_of_ink(crop_to_ink(crop)) > 30


def test_words_of_six_rows_are_still_words():
    assert crop_to_ink(line(20, 8, 14, 120)).shape[0] < 12
