"""Strokes become a picture, and a picture is cut to its ink."""

import numpy as np
import pytest

from service.drawing.rasterize import (
    APART,
    LEAST_HEIGHT,
    MOST_SIDE,
    rendered,
    spaced,
    trimmed,
)
from tests.conftest import drawn

SEVEN = [[[10, 10], [60, 10], [30, 90]]]


def test_strokes_are_dark_on_white_with_smooth_edges():
    picture = rendered(SEVEN)
    assert picture.dtype == np.uint8
    assert picture.min() == 0
    assert set(picture[0]) == set(picture[:, 0]) == {255}
    assert len(np.unique(picture)) > 20
    assert 0.02 < (picture < 128).mean() < 0.4


def test_where_and_how_large_it_was_drawn_makes_no_difference():
    small = rendered(SEVEN)
    moved = [[[x * 0.01 + 7, y * 0.01 - 3] for x, y in stroke] for stroke in SEVEN]
    there = rendered(moved)
    assert abs(there.shape[0] - LEAST_HEIGHT) < 60
    ink = [(picture < 128).mean() for picture in (small, there)]
    assert ink[0] == pytest.approx(ink[1], rel=0.25)


@pytest.mark.parametrize("size", [1e-3, 1.0, 300.0, 5000.0, 1e5])
def test_no_canvas_makes_a_picture_too_large(size):
    for stroke in ([[0, 0], [size, size]], [[0, 0], [size, 0]], [[0, 0], [0, size]], [[0, 0]]):
        picture = rendered([stroke])
        assert max(picture.shape) < 2 * MOST_SIDE
        assert picture.min() < 128


def test_pressure_widens_a_stroke():
    line = [[0, 0], [50, 0], [100, 0], [100, 50]]
    ink = [
        (rendered([[[x, y, pressure] for x, y in line]], pen=4) < 128).sum()
        for pressure in (0.0, 0.5, 1.0)
    ]
    plain = (rendered([line], pen=4) < 128).sum()
    assert ink[0] < ink[1] < ink[2]
    assert plain == pytest.approx(ink[1], rel=0.05)


@pytest.mark.parametrize("pen", [0.0, 0.001, 1000.0])
def test_no_pressure_and_no_pen_is_too_much(pen):
    line = [[0, 0], [50, 0], [100, 50]]
    for told, meant in ((1e5, 1.0), (-1e5, 0.0)):
        odd, plain = (rendered([[[*p, force] for p in line]], pen) for force in (told, meant))
        assert np.array_equal(odd, plain)


def test_nothing_drawn_is_white_paper():
    for strokes in ([], [[]]):
        assert set(np.unique(rendered(strokes))) == {255}


@pytest.mark.parametrize("inverted", [False, True])
def test_a_picture_is_cut_to_its_ink_whatever_its_polarity(inverted):
    board = np.full((300, 300), 255, np.uint8)
    digit = drawn("7")
    board[40 : 40 + digit.shape[0], 30 : 30 + digit.shape[1]] = digit
    cut = trimmed(255 - board if inverted else board)
    assert cut is not None
    assert max(cut.shape) < 90
    assert cut[0].min() > 200
    assert cut.min() < 60


def test_a_blank_picture_has_no_ink():
    assert trimmed(np.full((50, 50), 200, np.uint8)) is None


def test_signs_side_by_side_get_room_and_those_that_overlap_stay_together():
    crossed = [[[0, 0], [10, 100]], [[0, 100], [10, 0]]]
    near = [[[12, 0, 0.7], [12, 100, 0.2]]]
    one, other, moved = spaced([*near, *crossed])
    assert [one, other] == crossed
    assert moved == [[10 + APART * 100, 0, 0.7], [10 + APART * 100, 100, 0.2]]


def test_signs_with_room_between_them_stay_where_they_are():
    strokes = [[[0, 0], [0, 100]], [[60, 0], [60, 100]]]
    assert spaced(strokes) == strokes
    assert spaced([]) == spaced([[]]) == []
