import contextlib
import time

import cv2
import numpy as np
import pytest

from crnn.errors import ImageTooLarge
from crnn.layout.line_crops import (
    find_boxes,
    find_lines,
    group_rows,
    is_single_line,
    only_line,
    survey,
)
from tests.conftest import drawn


def page(rows: int = 6, *, ruled: bool = False) -> np.ndarray:
    canvas = np.full((rows * 60 + 40, 640), 245, np.uint8)
    for row in range(rows):
        cv2.putText(
            canvas, f"Line {row} of text", (40, 60 * row + 60), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 20, 2
        )
        if ruled:
            cv2.rectangle(canvas, (20, 60 * row + 24), (620, 60 * row + 80), 0, 2)
    return canvas


def test_lines_are_found_in_reading_order():
    boxes = [crop.box for crop in find_lines(page())]
    assert len(boxes) == 6
    assert [box[1] for box in boxes] == sorted(box[1] for box in boxes)


def test_ruled_boxes_round_the_lines_do_not_join_or_hide_them():
    assert len(find_lines(page(ruled=True))) == 6


def test_cells_side_by_side_are_lines_of_their_own():
    canvas = page(1)
    cv2.line(canvas, (330, 0), (330, 99), 0, 2)
    cv2.putText(canvas, "right", (350, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 20, 2)
    assert len(find_lines(canvas)) == 2


def test_light_print_on_dark_paper_is_found_too():
    assert len(find_lines(255 - page())) == 6


def test_an_empty_page_has_no_lines():
    assert find_lines(np.full((300, 300), 240, np.uint8)) == []


def test_a_crop_of_one_line_is_known_from_a_page_even_on_end():
    line = drawn("amount 1,234.50")
    turned = np.ascontiguousarray(np.rot90(line))
    assert is_single_line(turned, find_boxes(turned))
    assert is_single_line(line, find_boxes(line))
    assert not is_single_line(page(), find_boxes(page()))


def amid_paper(text: np.ndarray, around: int = 200) -> np.ndarray:
    return np.pad(text, around, constant_values=250)


def test_one_line_amid_paper_is_a_line_and_stands_where_its_ink_is():
    crop = np.pad(drawn("Invoice No. 20260917"), ((90, 60), (80, 70)), constant_values=250)
    line = only_line(crop, survey(crop))
    assert line is not None
    left, top, right, bottom = line.box
    rows, columns = np.nonzero(crop < 128)
    assert left < columns.min() < left + 20
    assert right - 20 < columns.max() < right
    assert top < rows.min() < top + 20
    assert bottom - 20 < rows.max() < bottom
    assert np.array_equal(line.grey, crop[top:bottom, left:right])


@pytest.mark.parametrize("rows", [0, 2, 3])
def test_several_lines_amid_paper_are_a_page_and_so_is_paper_alone(rows):
    text = page(rows)[40:-40] if rows else np.full((60, 640), 245, np.uint8)
    canvas = amid_paper(text, 300)
    assert only_line(canvas, survey(canvas)) is None


def test_a_heading_and_small_print_below_it_are_a_page():
    heading = cv2.resize(drawn("INVOICE"), None, fx=3, fy=3)
    small = drawn("No. 2026-113", scale=0.8)
    below = np.pad(small, ((0, 0), (0, heading.shape[1] - small.shape[1])), constant_values=250)
    canvas = amid_paper(np.concatenate([heading, below]))
    assert only_line(canvas, survey(canvas)) is None


def two_boxes(size: int = 90) -> np.ndarray:
    """吕 in an image of its own."""
    canvas = np.full((size, size), 250, np.uint8)
    for box in ((0.28, 0.06, 0.72, 0.38), (0.18, 0.54, 0.82, 0.95)):
        left, top, right, bottom = (round(side * size) for side in box)
        cv2.rectangle(canvas, (left, top), (right, bottom), 30, max(3, size // 18))
    return canvas


def test_one_character_in_parts_is_a_line_where_it_is_read_as_one_and_a_page_else():
    canvas = two_boxes()
    assert len(find_boxes(canvas)) == 2
    assert only_line(canvas, survey(canvas), lambda _: True).grey is canvas
    assert only_line(canvas, survey(canvas), lambda _: False) is None
    assert only_line(canvas, survey(canvas)) is None


@pytest.mark.parametrize("size", [64, 90, 120])
def test_one_character_in_parts_is_read(zh_reader, size):
    page = zh_reader.read(two_boxes(size))
    assert (page.mode, [line.text for line in page.lines]) == ("line", ["吕"])


def test_short_lines_below_each_other_in_a_small_image_are_a_page(zh_reader):
    canvas = np.concatenate([drawn(text)[4:36, :58] for text in ("OK", "No")])
    looked = []
    assert only_line(canvas, survey(canvas), lambda grey: looked.append(grey) or False) is None
    assert looked
    page = zh_reader.read(canvas)
    assert (page.mode, len(page.lines)) == ("page", 2)


def test_a_character_in_parts_amid_paper_has_its_place():
    canvas = np.pad(two_boxes(100), 60, constant_values=250)
    line = only_line(canvas, survey(canvas), lambda _: True)
    rows, columns = np.nonzero(canvas < 128)
    left, top, right, bottom = line.box
    assert 0 < left < columns.min() < columns.max() < right < 220
    assert 0 < top < rows.min() < rows.max() < bottom < 220


def test_nobody_is_asked_whether_an_image_of_many_parts_or_a_large_one_is_a_character():
    def never(_: np.ndarray) -> bool:
        raise AssertionError

    large = cv2.resize(two_boxes(), (300, 300))
    assert only_line(large, survey(large), never) is None
    rows = [drawn(text)[:, :50] for text in ("OK", "No", "Go", "Be", "Do")]
    many = np.concatenate([row[8:34] for row in rows])
    many = np.concatenate([many, many], axis=1)
    assert only_line(many, survey(many), never) is None


def test_columns_far_apart_amid_paper_are_a_page():
    gap = np.full((40, 700), 250, np.uint8)
    canvas = amid_paper(np.concatenate([drawn("Invoice"), gap, drawn("Page 1")], axis=1))
    assert only_line(canvas, survey(canvas)) is None


def test_a_line_askew_amid_paper_is_a_page():
    canvas = amid_paper(drawn("Invoice No. 20260917 paid"), 250)
    middle = (canvas.shape[1] / 2, canvas.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(middle, 8, 1)
    askew = cv2.warpAffine(canvas, matrix, canvas.shape[::-1], borderValue=250)
    assert only_line(np.asarray(askew), survey(np.asarray(askew))) is None


def test_a_field_of_dots_amid_paper_is_no_line_and_no_error():
    canvas = np.full((6000, 6000), 255, np.uint8)
    for row in range(2000, 3200, 16):
        for column in range(2000, 3200, 16):
            canvas[row : row + 5, column : column + 5] = 0
    assert only_line(canvas, survey(canvas)) is None


def test_boxes_at_one_level_make_a_row_from_left_to_right():
    rows = group_rows([(50, 0, 90, 20), (0, 2, 40, 22), (0, 40, 40, 60)])
    assert rows == [[(0, 2, 40, 22), (50, 0, 90, 20)], [(0, 40, 40, 60)]]


def test_a_box_holds_the_ink_it_stands_for_and_no_more():
    canvas = page(1)
    rows, columns = np.nonzero(canvas < 128)
    ((left, top, right, bottom),) = find_boxes(canvas)
    assert abs(left - columns.min()) <= 2
    assert abs(right - columns.max() - 1) <= 2
    assert abs(top - rows.min()) <= 2
    assert abs(bottom - rows.max() - 1) <= 2


def test_a_field_of_dots_is_refused_soon_rather_than_read_for_minutes():
    dots = np.full((1800, 1800), 255, np.uint8)
    dots[::16, ::16] = 0
    dots = cv2.erode(dots, np.ones((6, 6), np.uint8))
    started = time.process_time()
    with pytest.raises(ImageTooLarge, match="may have 3000"):
        find_boxes(dots)
    assert time.process_time() - started < 3


def test_many_pieces_are_put_together_in_good_time():
    dots = np.full((560, 560), 255, np.uint8)
    dots[5::12, 5::12] = 0
    dots = cv2.erode(dots, np.ones((6, 6), np.uint8))
    started = time.process_time()
    with contextlib.suppress(ImageTooLarge):
        find_boxes(dots)
    assert time.process_time() - started < 3
