"""Thorough reading: a doubtful line is looked at several times, and the looks vote."""

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from crnn.decode.factory import Decoded, DecodeOptions
from crnn.errors import UnknownOption
from crnn.evaluate.evaluation import read_folder
from crnn.fields import Grammar
from crnn.layout.line_crops import all_of
from crnn.options import ReadOptions
from crnn.page import Char
from crnn.preprocess.trim import trim_whitespace
from crnn.recognize import character_tta, tta
from crnn.recognize.hypothesis import Hypothesis, in_crop
from crnn.recognize.tta import (
    AUGMENTATIONS,
    DOUBTFUL,
    ENOUGH,
    MOST_ROWS,
    larger,
    looser,
    softer,
    thinner,
    vote,
    wider,
)
from tests.conftest import drawn, png

CROP = np.full((40, 120), 240, np.uint8)


def seen(text: str, sure: float, turns: int = 0) -> Hypothesis:
    chars = tuple(Char(char, sure, n, n + 1) for n, char in enumerate(text))
    return Hypothesis(turns, CROP, 0, np.zeros((30, 2), np.float32), Decoded(chars))


def sureness(one: Hypothesis) -> float:
    return one.decoded.chars[0].confidence if one.decoded.chars else 0.0


def asked(first: Hypothesis, *others: tuple[str, float]) -> tuple[str, float, int]:
    """What a line says whose further looks say these, how surely, and how many were taken."""
    answers = iter(others)
    shown = []

    def read(grey: np.ndarray) -> Hypothesis:
        shown.append(grey.shape)
        return seen(*next(answers))

    found = vote(first, CROP, read, sureness)
    return "".join(char.text for char in found.decoded.chars), sureness(found), len(shown)


def test_a_sure_line_is_looked_at_once():
    assert asked(seen("N114", DOUBTFUL)) == ("N114", DOUBTFUL, 0)


def test_a_line_that_says_nothing_is_not_asked_again():
    assert asked(seen("", 0.0)) == ("", 0.0, 0)


def test_the_text_with_the_most_sureness_behind_it_is_believed_and_its_surest_look_stands_for_it():
    doubts = [("NII4", 0.5), ("N114", 0.45), ("N114", 0.4), ("N1I4", 0.3), ("", 0.0)]
    assert asked(seen("NII4", 0.2), *doubts) == ("N114", 0.45, len(AUGMENTATIONS))


def test_a_line_is_believed_by_how_much_of_the_weight_is_behind_it():
    doubts = iter([("N114", 0.4), ("x", 0.2), ("N114", 0.2), ("y", 0.1), ("", 0.0)])
    found = vote(seen("NII4", 0.3), CROP, lambda _: seen(*next(doubts)), sureness)
    behind, in_all = 0.4**2 + 0.2**2, 0.3**2 + 0.4**2 + 0.2**2 + 0.2**2 + 0.1**2
    assert found.vote_share == pytest.approx(behind / in_all)
    assert vote(seen("N114", DOUBTFUL), CROP, seen, sureness).vote_share == 1


def test_a_reader_tells_a_line_no_surer_than_its_looks_agree(zh_reader, monkeypatch):
    blurred = np.asarray(cv2.GaussianBlur(drawn("8B0OQ5S"), (0, 0), 3.4), np.uint8)
    thorough = zh_reader.with_effort("thorough")
    told = thorough.read_line(all_of(blurred)).confidence
    monkeypatch.setattr(tta, "vote", lambda *args: replace(vote(*args), vote_share=1.0))
    assert 0 < told < thorough.read_line(all_of(blurred)).confidence


def test_one_sure_look_outweighs_several_unsure_ones():
    doubts = [("NII4", 0.3), ("NII4", 0.3), ("N114", 0.75), ("NII4", 0.2), ("x", 0.1)]
    assert asked(seen("NII4", 0.3), *doubts) == ("N114", 0.75, len(AUGMENTATIONS))


def test_no_further_look_is_taken_once_one_is_sure_enough():
    assert asked(seen("NII4", 0.3), ("N1I4", 0.2), ("N114", ENOUGH)) == ("N114", ENOUGH, 2)


def test_a_line_upside_down_is_looked_at_upright():
    lying = np.arange(120, dtype=np.uint8)[None].repeat(40, axis=0)
    shown = []

    def read(grey: np.ndarray) -> Hypothesis:
        shown.append(grey)
        return seen("N114", 0.9)

    found = vote(seen("NII4", 0.3, turns=2), lying, read, sureness)
    assert found.turns == 2
    assert shown[0][20, 0] > shown[0][20, -1]


def surest_of(reader, grey: np.ndarray, first: Hypothesis) -> Hypothesis:
    """What is believed of a crop where any further look is surer than the first."""
    read = partial(reader._upright, turns=())
    return vote(first, grey, read, lambda one: 0.1 if one is first else ENOUGH)


@pytest.mark.parametrize("height", [40, 300])
@pytest.mark.parametrize("turns", [0, 2])
@pytest.mark.parametrize("look", AUGMENTATIONS)
def test_characters_stand_where_they_stood_whatever_the_look(
    look, turns, height, zh_reader, monkeypatch
):
    monkeypatch.setattr(tta, "AUGMENTATIONS", (look,))
    line = cv2.copyMakeBorder(drawn("0123456789"), 2, 2, 9, 30, cv2.BORDER_REPLICATE)
    scale = height / len(line)
    line = np.ascontiguousarray(np.rot90(cv2.resize(line, None, fx=scale, fy=scale), turns))
    first = zh_reader._hypothesis(trim_whitespace(line), turns)
    other = surest_of(zh_reader, line, first)
    assert other is not first
    mine, theirs = (
        in_crop(one, line.shape[1], zh_reader.spec, "lines").chars for one in (first, other)
    )
    assert [char.text for char in theirs] == list("0123456789")
    for a, b in zip(mine, theirs, strict=True):
        assert (b.start + b.end) / 2 == pytest.approx((a.start + a.end) / 2, abs=8 * scale)


def test_a_character_that_a_grammar_finds_in_another_look_stands_in_its_crop(
    zh_reader, monkeypatch
):
    monkeypatch.setattr(tta, "AUGMENTATIONS", (larger,))
    monkeypatch.setattr(character_tta, "DOUBTFUL", 1.1)  # whatever the weights make of it
    crop = np.asarray(cv2.GaussianBlur(drawn("S", height=60), (0, 0), 3), np.uint8)
    first = zh_reader._upright(crop, ())
    other = surest_of(zh_reader, crop, first)
    assert other.others  # looked at several times as a character, too
    decode = zh_reader.decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "[0-9]"})))
    for one in other.others:
        seen = replace(one, decoded=decode(one.scores))
        (char,) = in_crop(seen, crop.shape[1], zh_reader.spec, "lines").chars
        middle = (char.start + char.end) / 2 / crop.shape[1]
        assert 0.2 < middle < 0.8


def test_a_photograph_is_looked_at_no_larger_than_looks_are_of_use():
    sizes = []

    def read(grey: np.ndarray) -> Hypothesis:
        sizes.append(grey.shape)
        return seen("x", 0.1)

    vote(seen("y", 0.1), np.full((1200, 9000), 240, np.uint8), read, sureness)
    assert max(height for height, _ in sizes) == 2 * MOST_ROWS
    assert max(width for _, width in sizes) == 2 * 9000 * MOST_ROWS // 1200


@pytest.mark.parametrize(
    ("look", "size", "stretch", "left"),
    [
        (thinner, (80, 240), 2, 0),
        (wider, (40, 144), 1.2, 0),
        (softer, (40, 120), 1, 0),
        (looser, (44, 124), 1, 2),
        (larger, (80, 240), 2, 0),
    ],
)
def test_what_a_look_does_to_the_size_of_a_line(look, size, stretch, left):
    taken = look(CROP)
    assert taken.grey.shape == size
    assert (taken.stretch, taken.left) == (pytest.approx(stretch), left)
    assert taken.grey.dtype == np.uint8


@pytest.mark.parametrize("look", AUGMENTATIONS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (300, 1), (2, 3)])
def test_any_crop_can_be_looked_at(look, shape):
    assert look(np.full(shape, 128, np.uint8)).grey.size


def test_a_reader_asked_for_thoroughness_reads_a_doubtful_line_again(zh_reader, monkeypatch):
    asked: list[tuple[int, ...]] = []
    run = zh_reader._run

    def counting(tensor):
        asked.append(tensor.shape)
        return run(tensor)

    monkeypatch.setattr(zh_reader, "_run", counting)
    blurred = np.asarray(cv2.GaussianBlur(drawn("8B0OQ5S"), (0, 0), 3.4), np.uint8)
    line = zh_reader.read_line(all_of(blurred))
    quick, clear = len(asked), drawn("0123456789")
    assert 0 < line.confidence < DOUBTFUL  # else this test shows nothing
    zh_reader.read(blurred, ReadOptions("line", effort="thorough"))
    assert len(asked) > 2 * quick
    asked.clear()
    assert zh_reader.read(clear, ReadOptions("line", effort="thorough")).text == "0123456789"
    assert len(asked) == 1


def test_an_unknown_effort_is_refused(zh_reader):
    with pytest.raises(UnknownOption, match="effort"):
        ReadOptions(effort="utmost")
    with pytest.raises(UnknownOption, match="effort"):
        zh_reader.with_effort("utmost")


def test_a_thorough_reader_stays_so(zh_reader):
    assert zh_reader.with_effort("quick") is zh_reader
    thorough = zh_reader.with_effort("thorough")
    assert thorough is not zh_reader
    assert thorough.with_effort("quick") is thorough


def test_labelled_lines_are_judged_with_the_effort_that_is_asked_for(tmp_path, zh_reader):
    blurred = np.asarray(cv2.GaussianBlur(drawn("8B0OQ5S"), (0, 0), 3.4), np.uint8)
    (tmp_path / "a.png").write_bytes(png(blurred))
    (tmp_path / "labels.tsv").write_text("a.png\t8B0OQ5S\n", "utf-8")
    (quick,) = read_folder(zh_reader, tmp_path)
    (thorough,) = read_folder(zh_reader, tmp_path, options=ReadOptions(effort="thorough"))
    assert quick.line == zh_reader.read(blurred, ReadOptions("line")).lines[0]
    wanted = zh_reader.read(blurred, ReadOptions("line", effort="thorough")).lines[0]
    assert thorough.line == wanted != quick.line
