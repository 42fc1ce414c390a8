"""Fonts that are kept for judging are never trained on, and lines in them can be written."""

import shutil
from functools import partial
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from charset import Charset
from crnn.evaluate.labelled_set import labelled
from crnn.train.data import held_out
from crnn.train.data.fetch import pack_strokes
from crnn.train.recipe import DataChoices, Recipe, Stage
from crnn.train.synth.fonts.glyphs import HELD_OUT, HELD_OUT_LATIN, load_faces
from crnn.train.synth.handwriting.writers import setter
from crnn.train.synth.text.text_sources import Texts, sources

MOUTH = "\u53e3"
FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
JUDGED, PRINT, TRAINED = "yomogi", "karla-500", "caveat"
LATIN = partial(held_out.in_fonts, kind=HELD_OUT_LATIN)


@pytest.fixture
def recipe(tmp_path) -> Recipe:
    fonts = tmp_path / "sources/fonts"
    fonts.mkdir(parents=True)
    for name in (JUDGED, PRINT, TRAINED):
        shutil.copy(FONT, fonts / f"{name}.ttf")
    # even where a recipe asks for what is held out
    kinds = {"latin-hand": 1.0, HELD_OUT: 1.0, HELD_OUT_LATIN: 1.0}
    data = DataChoices({}, kinds, str(tmp_path / "sources"), str(tmp_path / "glyphs"))
    return Recipe("x", data, (Stage(0, 64, 96, 0.2),), charset="digits")


def test_no_recipe_trains_on_a_font_that_is_kept_for_judging(recipe):
    data, charset = recipe.data, Charset.load("digits")
    faces = load_faces(Path(data.sources) / "fonts", Path(data.glyph_cache), charset)
    kinds = {face.name: face.kind for face in faces}
    assert kinds == {JUDGED: HELD_OUT, PRINT: HELD_OUT_LATIN, TRAINED: "latin-hand"}
    assert {face.name for face in setter(recipe)._all} == {TRAINED}


def test_the_same_texts_are_written_in_running_hand(recipe, tmp_path):
    square = [
        [[100, 700], [100, 100]],
        [[100, 700], [800, 700], [800, 100]],
        [[100, 100], [800, 100]],
    ]
    (tmp_path / "sources/ink").mkdir(parents=True)
    pack_strokes({MOUTH: square}, tmp_path / "sources/ink/hanzi_strokes.npz")
    charset = Charset.load("zh")
    full, fast = (made(recipe, charset) for made in (held_out.in_strokes, held_out.in_running_hand))
    differ = 0
    for seed in range(20):
        text = f"{MOUTH}Box {MOUTH}{MOUTH} 12{MOUTH}"
        one, other = (draw(np.random.default_rng(seed), text, 400) for draw in (full, fast))
        assert one.text == other.text
        differ += one.ink.shape != other.ink.shape or bool((one.ink != other.ink).any())
    assert differ > 10


@pytest.mark.parametrize(
    "make", [held_out.in_fonts, LATIN, held_out.in_strokes, held_out.in_running_hand]
)
def test_lines_to_judge_by_say_what_their_labels_say(recipe, make, tmp_path):
    charset = Charset.load("digits")
    texts = Texts(sources(tmp_path, charset), {"pen_numbers": 1.0})
    folders = [tmp_path / "once", tmp_path / "again"]
    for folder in folders:
        lines = held_out.drawn_lines(make(recipe, charset), texts)
        held_out.write_lines(folder, lines, charset, 5)
    once, again = ([*labelled(folder)] for folder in folders)
    assert len(once) == 5
    assert [text for _, text in once] == [text for _, text in again]
    assert [p.read_bytes() for p, _ in once] == [p.read_bytes() for p, _ in again]
    assert all(len(text) >= held_out.SHORTEST for _, text in once)
