"""A piece of a rule at a crop's end is painted over; what a line says there is not."""

import numpy as np
import pytest

from crnn.preprocess.crop import crop_to_ink, ink_mask
from crnn.preprocess.rule_fragments import remove_rule_fragments

TOP, END = 8, 28


def line(*extra: tuple[slice, slice], dark: int = 20) -> np.ndarray:
    """Letters as bars between rows TOP and END of a crop (36, 160), with more ink."""
    crop = np.full((36, 160), 235, np.uint8)
    for left in range(8, 130, 14):
        crop[TOP:END, left : left + 5] = 20
    for rows, columns in extra:
        crop[rows, columns] = dark
    return crop


def painted(crop: np.ndarray) -> np.ndarray:
    """Where the crop is not as it was."""
    made, ink = remove_rule_fragments(crop, ink_mask(crop), TOP, END)
    assert not (ink & ~ink_mask(crop)).any()
    return made != crop


REMNANTS = {
    "at the right": (slice(26, 29), slice(152, 160)),
    "at the left": (slice(26, 29), slice(0, 5)),
    "below the letters": (slice(31, 33), slice(150, 160)),
}
OTHERS = {
    "a full stop before the crop ends": (slice(25, 28), slice(148, 151)),
    "a dash": (slice(17, 19), slice(148, 160)),
    "a letter": (slice(TOP, END), slice(154, 160)),
    "a quotation mark": (slice(TOP, 13), slice(156, 160)),
    "a rule under everything": (slice(30, 33), slice(0, 160)),
}


@pytest.mark.parametrize("piece", REMNANTS.values(), ids=REMNANTS)
@pytest.mark.parametrize("negative", [False, True])
def test_a_remnant_is_painted_over_and_nothing_else(piece, negative):
    crop = line(piece)
    changed = painted(255 - crop if negative else crop)
    assert changed[piece].all()
    changed[piece[0].start - 3 : piece[0].stop + 3, piece[1]] = False
    assert np.count_nonzero(changed[:, 12:144]) == 0


@pytest.mark.parametrize("piece", OTHERS.values(), ids=OTHERS)
def test_what_is_written_stays(piece):
    assert not painted(line(piece)).any()


def test_what_fades_before_the_crop_ends_stays():
    crop = line((slice(25, 28), slice(153, 159)))
    crop[25:28, 157:] = (170, 215, 233)
    assert not painted(crop).any()


def test_paper_with_a_pattern_has_no_remnants():
    assert not painted(line(*((slice(y, y + 2), slice(154, 160)) for y in (20, 25, 30)))).any()


def test_a_line_without_ink_is_left_alone():
    empty = np.full((36, 160), 200, np.uint8)
    made, _ = remove_rule_fragments(empty, ink_mask(empty), 0, 0)
    assert made is empty


def test_the_reader_is_shown_the_line_without_it():
    piece = REMNANTS["below the letters"]
    assert np.array_equal(crop_to_ink(line(piece)), crop_to_ink(line()))
