"""Print is taken away, writing stays; boxes are ticked, empty, or for a person."""

import cv2
import numpy as np
import pytest

from crnn.forms import checkbox
from crnn.forms.blank_subtraction import crop, subtracted
from crnn.forms.registration.blank_features import Print
from tests.fixtures import drawn_forms

BOX = (860, 150, 1180, 210)


def ink_of(mask: np.ndarray) -> int:
    return int(np.count_nonzero(mask))


def test_an_empty_form_has_no_writing():
    blank = drawn_forms.blank()
    paler = cv2.GaussianBlur(blank, (0, 0), 0.8).astype(int) * 0.9 + 10
    writing = subtracted(paler.astype(np.uint8), Print(blank))
    assert ink_of(writing.mask) == 0
    assert crop(writing, BOX) is None


def test_an_empty_form_that_lies_a_pixel_off_has_hardly_any():
    blank = drawn_forms.blank()
    for shift in ((1, 0), (0, 1), (-1, 1)):
        writing = subtracted(np.roll(blank, shift, (0, 1)), Print(blank))
        assert ink_of(writing.mask) < 0.01 * ink_of(blank < 128)
        assert crop(writing, BOX) is None


def test_writing_stays_as_it_was_where_it_crosses_rules():
    blank = drawn_forms.blank()
    alone = np.full_like(blank, 255)
    cv2.putText(alone, "2026 gypq", (870, 222), drawn_forms.FONT, 1.3, 40, 3, cv2.LINE_AA)
    both = np.minimum(blank, alone)
    writing = subtracted(both, Print(blank))
    written = alone < 150
    kept = ink_of(writing.mask[written]) / ink_of(written)
    assert kept > 0.93
    crossing = written & (blank < 128)
    assert ink_of(crossing) > 100
    assert ink_of(writing.mask[crossing]) > 0.6 * ink_of(crossing)
    around = cv2.dilate(written.astype(np.uint8), np.ones((5, 5)))
    foreign = ink_of(writing.mask[around == 0])
    assert foreign < 0.06 * ink_of(written)


def test_a_crop_follows_its_writing_and_leaves_its_neighbours():
    blank = drawn_forms.blank()
    page = blank.copy()
    cv2.putText(page, "gyp", (900, 212), drawn_forms.FONT, 1.2, 40, 3)
    written = np.flatnonzero((page != blank).any(1))
    cv2.putText(page, "A", (900, 148), drawn_forms.FONT, 1.0, 40, 3)
    writing = subtracted(page, Print(blank))
    cut = crop(writing, BOX)
    assert cut is not None
    rows = np.flatnonzero((cut < 128).any(1))
    assert abs((rows[-1] - rows[0]) - (written[-1] - written[0])) < 5
    assert crop(writing, (620, 150, 860, 210)) is None


@pytest.mark.parametrize("x", [262, 462])
def test_boxes_are_ticked_or_empty(x):
    blank = drawn_forms.blank()
    box = (x, 246, x + 24, 270)
    empty = checkbox.chance_ticked(subtracted(blank, Print(blank)), box)
    assert checkbox.state(empty) == "empty"
    for draw in (tick, cross, fill):
        page = blank.copy()
        draw(page, x, 246)
        chance = checkbox.chance_ticked(subtracted(page, Print(blank)), box)
        assert checkbox.state(chance) == "ticked", draw.__name__


def tick(page: np.ndarray, x: int, y: int) -> None:
    points = np.array([[x + 4, y + 12], [x + 10, y + 20], [x + 30, y - 6]])
    cv2.polylines(page, [points], False, 60, 2)


def cross(page: np.ndarray, x: int, y: int) -> None:
    cv2.line(page, (x + 3, y + 3), (x + 21, y + 21), 60, 2)
    cv2.line(page, (x + 21, y + 3), (x + 3, y + 21), 60, 2)


def fill(page: np.ndarray, x: int, y: int) -> None:
    cv2.rectangle(page, (x + 2, y + 2), (x + 22, y + 22), 60, -1)


def test_a_dot_in_a_box_is_for_a_person_to_say():
    blank = drawn_forms.blank()
    page = blank.copy()
    cv2.circle(page, (274, 258), 3, 60, -1)
    chance = checkbox.chance_ticked(subtracted(page, Print(blank)), (262, 246, 286, 270))
    assert checkbox.state(chance) == "unsure"
