"""What the published weights read on pictures that we rendered: exact texts, mistakes pinned too.

`pytest tests/golden --update-golden` writes the readings down again after new weights; the change
is then seen in review. The floor below does not move with them.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, score
from crnn.options import ReadOptions

LINES = Path(__file__).parent / "lines"
READINGS = Path(__file__).parent / "readings.json"
SET = list(labelled(LINES))
LINE = ReadOptions(mode="line")


def test_every_golden_picture_has_its_reading(request, zh_reader):
    found = {path.name: zh_reader.read(path.read_bytes(), LINE).text for path, _ in SET}
    if request.config.getoption("--update-golden"):
        READINGS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert found == json.loads(READINGS.read_text("utf-8"))


def test_golden_lines_are_read_with_few_errors(zh_reader):
    total = sum((score(zh_reader.read(p.read_bytes(), LINE).text, t) for p, t in SET), Score())
    assert total.cer < 0.08


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    """The golden lines one below the other on one sheet."""
    crops = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path, _ in SET[:6]]
    crops = [cv2.resize(c, (c.shape[1] * 36 // c.shape[0], 36)) for c in crops]
    sheet = np.full((90 * len(crops) + 60, max(c.shape[1] for c in crops) + 120), 255, np.uint8)
    for row, crop in enumerate(crops):
        sheet[60 + 90 * row : 96 + 90 * row, 60 : 60 + crop.shape[1]] = crop
    return sheet


def test_a_sheet_of_lines_reads_as_its_lines_do(zh_reader, page):
    read = zh_reader.read(page)
    assert read.mode == "page"
    assert len(read.lines) >= 6
    truth = "".join(text for _, text in SET[:6])
    assert score(read.text, truth).cer < 0.10


def test_light_on_dark_reads_the_same(zh_reader):
    path, truth = SET[0]
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert zh_reader.read(255 - grey, LINE).text == zh_reader.read(grey, LINE).text == truth


@pytest.mark.parametrize("turns", [1, 3])
def test_a_line_that_stands_on_end_is_turned(zh_reader, turns):
    path, truth = SET[1]
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert zh_reader.read(np.rot90(grey, turns), LINE).text == zh_reader.read(grey, LINE).text


def test_a_line_upside_down_is_read_the_right_way_up(zh_reader):
    path, _ = SET[1]
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    (upright,) = zh_reader.read(grey, LINE).lines
    (turned,) = zh_reader.read(np.rot90(grey, 2), LINE).lines
    assert turned.text == upright.text
    starts = [char.start for char in turned.chars]
    assert starts == sorted(starts, reverse=True)  # where they stand in the picture as it came


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6, 9])
def test_two_hundred_characters_read_as_well_as_twenty(zh_reader, number):
    """Lines that the network is sure of: what differs is what tiles and joints do."""
    grey = cv2.imread(str(SET[number][0]), cv2.IMREAD_GRAYSCALE)
    once = zh_reader.read(grey, LINE).text
    times = 1 + 190 // len(once)
    long = zh_reader.read(np.tile(grey, (1, times)), LINE).text
    assert len(long) > 180
    assert score(long, once * times).cer < 0.01


def test_characters_stand_where_they_are_drawn(zh_reader):
    path, _ = SET[1]
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    (line,) = zh_reader.read(grey, LINE).lines
    middles = [(char.start + char.end) / 2 for char in line.chars]
    assert middles == sorted(middles)
    pitch = np.diff(middles)
    assert 0.4 * np.median(pitch) < pitch.min()
    assert middles[-1] < grey.shape[1]
