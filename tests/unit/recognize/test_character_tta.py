"""A doubtful single character is looked at again, and the looks vote."""

import cv2
import numpy as np
import pytest

from crnn.decode.factory import DecodeOptions
from crnn.fields import Grammar
from crnn.layout.line_crops import LineCrop
from crnn.reader import Reader
from crnn.recognize import character_tta
from crnn.recognize.hypothesis import Hypothesis
from crnn.recognize.session import Session
from tests.fixtures.tiny import onnx_bytes
from tests.unit.recognize.test_hypothesis import seen


def said(text: str, sure: float) -> Hypothesis:
    return seen(text, sure, width=32)


@pytest.mark.parametrize(
    ("text", "sure", "width", "again"),
    [
        ("永", 0.5, 32, True),
        ("永", 0.95, 32, False),
        ("", 0.0, 32, False),  # an empty cell is not asked until it says something
        ("永", 0.5, 60, False),  # a line
        ("11", 0.5, 48, True),
    ],
)
def test_only_what_may_be_one_doubtful_character_is_looked_at_again(text, sure, width, again):
    assert character_tta.is_doubtful_character(seen(text, sure, width)) is again


def assert_says(found: Hypothesis, readings: list[Hypothesis], at: int) -> None:
    assert found.decoded is readings[at].decoded
    assert found.others == (*readings[:at], *readings[at + 1 :])


def test_what_the_looks_are_surest_of_together_is_said():
    readings = [said("太", 0.6), said("大", 0.4), said("大", 0.5), said("犬", 0.3)]
    assert_says(character_tta.vote(readings), readings, 1)


def test_one_sure_look_outweighs_two_that_guess():
    readings = [said("太", 0.9), said("大", 0.3), said("大", 0.4)]
    assert_says(character_tta.vote(readings), readings, 0)


def test_the_first_look_is_kept_where_others_say_as_much():
    readings = [said("太", 0.5), said("大", 0.5), said("", 0.0)]
    assert_says(character_tta.vote(readings), readings, 0)


@pytest.mark.parametrize("paper", [0, 250])
def test_looks_are_of_the_crop_s_shape_and_on_its_paper(paper):
    crop = np.full((40, 36), paper, np.uint8)
    cv2.line(crop, (18, 8), (18, 32), 250 - paper, 4)
    looks = list(character_tta.augmentations(crop))
    assert [look.shape for look in looks] == [crop.shape] * len(character_tta.AUGMENTATIONS)
    for look in looks:
        rim = np.concatenate([look[0], look[-1], look[:, 0], look[:, -1]])
        assert (rim == paper).all()
    whole, smaller, left, right = (
        np.abs(look.astype(int) - paper) > 125 for look in (crop, *looks)
    )
    heights = [np.count_nonzero(ink.any(axis=1)) for ink in (whole, smaller)]
    assert 0.85 * heights[0] < heights[1] < 0.95 * heights[0]
    leans = [
        int(np.flatnonzero(look[10]).mean() - np.flatnonzero(look[30]).mean())
        for look in (left, right)
    ]
    assert leans[0] < 0 < leans[1]  # anticlockwise: the head to the left


@pytest.fixture
def answering(monkeypatch):
    """A reader whose network answers as it is told, one answer a look: a character and how sure."""
    reader = Reader(Session(onnx_bytes()))
    classes = reader.spec.classes

    def answer(*answers: tuple[str, float]) -> tuple[Reader, list[tuple[int, int]]]:
        left, looked_at = iter(answers), []

        def scores(shown):
            looked_at.append(shown.shape)
            text, sure = next(left)
            found = np.full((8, len(classes)), -30.0, np.float32)
            found[:, 0] = 0.0
            found[3] = np.log((1 - sure) / (len(classes) - 1))
            found[3, classes.index(text)] = np.log(sure)
            return found

        monkeypatch.setattr(reader, "scores", scores)
        return reader, looked_at

    return answer


def crop(width: int, figures: int = 1) -> LineCrop:
    grey = np.full((40, width), 250, np.uint8)
    for n in range(figures):
        cv2.circle(grey, ((2 * n + 1) * width // (2 * figures), 20), 12, 0, 3)
    return LineCrop(grey, (0, 0, width, 40))


def test_a_reader_says_what_the_looks_at_a_character_agree_on(answering):
    reader, looked_at = answering(("6", 0.7), ("0", 0.6), ("0", 0.6), ("8", 0.6))
    assert reader.read_line(crop(36), turns=()).text == "0"
    assert len(looked_at) == 1 + len(character_tta.AUGMENTATIONS)


def test_a_reader_looks_once_at_what_is_sure_and_at_a_line(answering):
    reader, looked_at = answering(("6", 0.95))
    assert reader.read_line(crop(36), turns=()).text == "6"
    assert len(looked_at) == 1
    reader, looked_at = answering(("6", 0.5))
    assert reader.read_line(crop(100, figures=3), turns=()).text == "6"
    assert len(looked_at) == 1


def test_a_character_amid_paper_is_looked_at_again_as_one(answering):
    reader, looked_at = answering(("6", 0.5), ("0", 0.8), ("0", 0.4), ("6", 0.3))
    assert reader.read_line(crop(100), turns=()).text == "0"
    assert len(looked_at) == 1 + len(character_tta.AUGMENTATIONS)
    assert len(set(looked_at)) == 1


def test_a_grammar_decides_what_each_look_says(answering):
    reader, _ = answering(("/", 0.5), ("/", 0.4), ("1", 0.7), ("1", 0.6))
    digit = reader.decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "[0-9]"})))
    assert reader.read_line(crop(36), digit, turns=()).text == "1"
