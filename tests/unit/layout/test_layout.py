"""Pages drawn with known lines: skewed, turned, shaded, ruled, stamped, in columns."""

import cv2
import numpy as np
import pytest

from crnn.inputs.image import ImageLimits, grey_image
from crnn.inputs.stamp_removal import stamps
from crnn.layout.analysis import dewarped, reading_order, survey
from crnn.layout.binarize import dark_ink, labelled, text_height
from crnn.layout.dewarp import on_side, paper_corners, straightening
from crnn.layout.image_coordinates import around, as_page, in_image, mapped
from crnn.layout.line_crops import is_single_line
from crnn.layout.orientation import turned, turned_back
from crnn.layout.reading_order import in_order
from crnn.layout.ruled_lines import find_rules, lifted
from crnn.page import Char, Line
from tests.conftest import png
from tests.fixtures.papers import sheet

TEXT = cv2.FONT_HERSHEY_SIMPLEX


def page(rows: int = 12, size: tuple[int, int] = (900, 700)) -> np.ndarray:
    """Lines of words, the paper wider than they are."""
    canvas = np.full(size, 246, np.uint8)
    for row in range(rows):
        words = " ".join(("pump", "valve", "report", "office")[(row + k) % 4] for k in range(5))
        cv2.putText(canvas, words, (60, 90 + 60 * row), TEXT, 0.9, 20, 2)
    return canvas


def table() -> np.ndarray:
    """Three columns, four rows, a word in each cell; the last row is one cell."""
    canvas = np.full((420, 640), 250, np.uint8)
    for row in range(4):
        for column in range(3 if row < 3 else 1):
            text = f"r{row}c{column}"
            cv2.putText(canvas, text, (60 + 180 * column, 100 + 80 * row), TEXT, 0.9, 20, 2)
    for y in range(50, 371, 80):
        cv2.line(canvas, (40, y), (580, y), 0, 2)
    for x in range(40, 581, 180):
        cv2.line(canvas, (x, 50), (x, 370 if x in (40, 580) else 290), 0, 2)
    return canvas


def leaning(canvas: np.ndarray, degrees: float) -> np.ndarray:
    height, width = canvas.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(canvas, matrix, (width, height), borderValue=246)


@pytest.mark.parametrize("degrees", [-5, -2, 3, 6])
def test_a_skewed_page_is_laid_level_and_its_lines_keep_their_places(degrees):
    skewed = leaning(page(), degrees)
    found = dewarped(survey(skewed))
    assert len(found.boxes) == 12
    assert found.to_image is not None
    for box in found.boxes:
        middle = mapped(box, found.to_image).mean(axis=0)
        x, y = (int(value) for value in middle)
        assert (skewed[max(0, y - 14) : y + 14, max(0, x - 60) : x + 60] < 128).any()
    again = survey(found.grey)
    assert again.ink is not None
    assert straightening(again.ink) is None


def test_a_level_page_is_left_as_it_is():
    found = survey(page())
    assert dewarped(found) is found


def test_lines_that_fan_out_under_a_camera_are_laid_level():
    flat = page()
    height, width = flat.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    aslant = np.array([(0, 0), (width, 60), (width, height - 60), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, aslant)
    seen = cv2.warpPerspective(flat, matrix, (width, height), borderValue=246)
    found = dewarped(survey(seen))
    assert len(found.boxes) == 12
    assert all(bottom - top < 45 for _, top, _, bottom in found.boxes)


def test_a_sheet_on_a_desk_is_cut_out_and_the_edge_of_a_shadow_is_none():
    desk = np.full((1100, 900), 70, np.uint8)
    desk[90:990, 90:790] = page()
    corners = paper_corners(desk)
    assert corners is not None
    assert np.abs(corners - [(90, 90), (790, 90), (790, 990), (90, 990)]).max() < 12
    assert len(dewarped(survey(desk)).boxes) == 12
    shaded = page()
    shaded[:, 300:] = shaded[:, 300:] // 2
    found = dewarped(survey(shaded))
    assert found.grey.shape == shaded.shape
    assert len(found.boxes) == 12


def test_quarter_turns_are_undone_by_the_surer_reading():
    upright = page()
    upright[:, 280:] = 246
    for row in range(12):
        upright[70 + 60 * row : 92 + 60 * row, 30:52] = 20
    for turns in range(4):
        found = turned(survey(np.ascontiguousarray(np.rot90(upright, turns))), begins_black)
        assert (found.turns + turns) % 4 == 0
        assert len(found.boxes) == 12


def begins_black(crop: np.ndarray) -> float:
    """How surely a line is upright whose first sign is the blackest; on end it is not one."""
    height, width = crop.shape
    return 0.9 if width > height and (crop[:, : height // 2] < 128).mean() > 0.4 else 0.2


def test_lying_and_standing_lines_are_told_apart():
    found = survey(page())
    assert found.ink is not None
    assert on_side(found.ink, found.height) is False
    assert on_side(np.ascontiguousarray(np.rot90(found.ink)), found.height) is True


def test_turning_back_is_what_rot90_did():
    image = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9)
    for turns in (1, 2, 3):
        moved = np.rot90(image, turns)
        for y, x in np.ndindex(moved.shape):
            centre = np.array([[[x + 0.5, y + 0.5]]])
            at = cv2.perspectiveTransform(centre, turned_back(turns, image.shape))[0, 0]
            assert image[int(at[1]), int(at[0])] == moved[y, x]


def test_shadows_hide_no_line():
    shaded = page().astype(np.float32)
    shaded *= np.linspace(1.0, 0.35, shaded.shape[1])[None, :]
    assert len(survey(shaded.astype(np.uint8)).boxes) == 12


def test_specks_a_dark_rim_and_punched_holes_are_no_lines():
    noisy = page()
    rng = np.random.default_rng(3)
    noisy[:, :14] = 20
    cv2.circle(noisy, (34, 300), 16, 30, -1)
    for _ in range(80):
        noisy[tuple(rng.integers(0, 690, 2))] = 40
    assert len(survey(noisy).boxes) == 12


def test_a_little_ink_on_a_page_is_no_negative():
    assert [len(survey(sheet(*texts)).boxes) for texts in (("77", "345"), ("21", "22"))] == [2, 2]
    dark = 255 - sheet("77", "345")
    assert np.array_equal(dark_ink(dark), 255 - dark)


def test_large_and_small_print_are_lines_on_one_page():
    canvas = np.full((700, 900), 250, np.uint8)
    cv2.putText(canvas, "HEAD LINE", (60, 130), TEXT, 3.2, 20, 8)
    for row in range(8):
        cv2.putText(canvas, "usual print of a letter", (60, 220 + 40 * row), TEXT, 0.8, 20, 2)
    cv2.putText(canvas, "a small remark at the foot", (60, 620), TEXT, 0.45, 20, 1)
    boxes = survey(canvas).boxes
    assert len(boxes) == 10
    assert max(boxes, key=lambda box: box[3] - box[1])[2] > 400


def test_rules_are_lifted_and_the_strokes_that_cross_them_stay():
    ink = np.zeros((120, 400), np.uint8)
    ink[60:63, 10:390] = 255
    ink[40:80, 100:104] = 255
    found = labelled(ink)
    strokes = ink & ~find_rules(ink, found, 20).both
    gone = lifted(ink, strokes, find_rules(ink, found, 20))
    assert gone[61, 50] == 255
    assert not gone[60:63, 100:104].any()


def test_strokes_of_a_large_character_are_no_rules():
    ink = np.zeros((400, 400), np.uint8)
    for row in range(4):
        cv2.putText(ink, "usual print", (20, 40 + 50 * row), TEXT, 0.9, 255, 2)
    cv2.putText(ink, "T", (200, 380), TEXT, 4, 255, 8)
    found = labelled(ink)
    height = text_height(found)
    assert height < 30
    assert not find_rules(ink, found, height).both[220:].any()


def test_a_ruled_table_is_told_cell_by_cell():
    found = survey(table())
    (grid,) = found.grids
    assert (grid.rows, grid.columns) == (4, 3)
    assert [cell.column_span for cell in grid.cells if cell.row == 3] == [3]
    lines = [Line(f"text {n}", 1.0, box) for n, box in enumerate(reading_order(found))]
    told = as_page(found, lines, found.grey.shape).tables[0]
    assert told.rows()[0] == ["text 0", "text 1", "text 2"]
    assert told.rows()[3] == ["text 9", "", ""]


def test_cells_are_read_row_by_row_even_where_a_cell_holds_two_lines():
    canvas = table()
    cv2.rectangle(canvas, (230, 55), (380, 125), 250, -1)
    cv2.putText(canvas, "up", (240, 80), TEXT, 0.7, 20, 2)
    cv2.putText(canvas, "low", (240, 118), TEXT, 0.7, 20, 2)
    found = survey(canvas)
    lefts = [box[0] for box in reading_order(found)[:4]]
    assert lefts == sorted(lefts)


def test_columns_of_prose_are_read_one_after_the_other_and_short_cells_by_row():
    left = [(50, 40 * n, 350, 40 * n + 24) for n in range(8)]
    right = [(400, 40 * n + 3, 700, 40 * n + 27) for n in range(8)]
    head = (50, -80, 700, -30)
    assert in_order([*right, head, *left]) == [head, *left, *right]
    labels = [(50, 40 * n, 120, 40 * n + 24) for n in range(8)]
    values = [(400, 40 * n, 480, 40 * n + 24) for n in range(8)]
    assert in_order(labels + values)[:2] == [labels[0], values[0]]


def test_a_stamp_is_lifted_and_what_it_lay_over_stays():
    plain = np.repeat(page()[:, :, None], 3, axis=2)
    stamped = plain.copy()
    ring = np.zeros(plain.shape[:2], np.uint8)
    cv2.circle(ring, (300, 600), 90, 255, 8)
    stamped[ring > 0] = np.minimum(stamped[ring > 0], (60, 50, 210))  # BGR
    assert len(stamps(stamped[:, :, ::-1])) == 1
    for sent in (stamped, png(stamped)):
        grey = grey_image(sent, ImageLimits()).astype(int)
        assert np.abs(grey - grey_image(plain, ImageLimits()))[ring > 0].max() < 40


def test_red_print_is_no_stamp():
    letterhead = np.full((600, 800, 3), 250, np.uint8)
    cv2.putText(letterhead, "RED LETTERHEAD", (60, 100), TEXT, 2.0, (40, 40, 200), 6)
    assert stamps(letterhead[:, :, ::-1]) == []
    assert (grey_image(letterhead, ImageLimits()) < 128).any()


def test_lines_go_back_to_the_image_with_their_characters():
    matrix = turned_back(2, (100, 200))
    line = Line("ab", 1.0, (10, 20, 50, 40), (Char("a", 1.0, 10, 30), Char("b", 1.0, 30, 50)))
    told = in_image(line, matrix, (200, 100))
    assert told.box == (150, 60, 190, 80)
    assert told.corners[0] == (190.0, 80.0)
    assert [(c.start, c.end) for c in told.chars] == [(170, 190), (150, 170)]
    assert around(np.array([(-5.0, 2.0), (300.0, 90.5)]), (200, 100)) == (0, 2, 200, 91)


def test_writing_beside_the_rim_is_not_smeared_into_it():
    page = np.full((300, 420), 255, np.uint8)
    for left in range(40, 380, 30):
        page[120:160, left : left + 18] = 20
    (box,) = survey(page).boxes
    assert box[0] >= 38 and box[2] <= 392


def test_one_character_alone_is_a_line():
    seven = np.full((126, 126), 255, np.uint8)
    seven[20:29, 35:90] = 0
    seven[20:106, 82:90] = 0
    assert is_single_line(seven, survey(seven).boxes)
    cut = np.ascontiguousarray(seven[20:106, 35:90])
    assert is_single_line(cut, survey(cut).boxes)
