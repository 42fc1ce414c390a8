"""Which pen writes a line; where that is asked, a character alone is mostly a hanzi."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from charset import Charset
from crnn.train.data.fetch import pack_strokes
from crnn.train.data.samples import Renderer
from crnn.train.recipe import DataChoices, Recipe, Stage
from crnn.train.synth.handwriting import writers as made
from crnn.train.synth.handwriting.writers import Writers

HANZI = {"一": [[[100, 400], [900, 400]]], "十": [[[100, 400], [900, 400]], [[500, 800], [500, 0]]]}


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """Nine lines of ten real digits, one of strokes; no fonts are there."""
    ink = tmp_path / "ink"
    ink.mkdir()
    pack_strokes(HANZI, ink / "hanzi_strokes.npz")
    bars = np.zeros((10, 28, 28), np.uint8)
    bars[:, 4:24, 12:16] = 255
    np.savez(ink / "mnist.npz", x_train=bars, y_train=np.arange(10))
    data = DataChoices({"numbers": 1.0}, {}, str(tmp_path), writers={"digits": 0.9, "strokes": 0.1})
    stages = (Stage(1000, 64, 96, 0.2), Stage(0, 32, 512, 0.2))
    return Recipe("x", data, stages)


def asking(recipe: Recipe, **choices: float) -> Recipe:
    return replace(recipe, data=replace(recipe.data, **choices))


def said(recipe: Recipe, ems: float) -> list[str]:
    """What 200 lines with that room say."""
    pens, rng = Writers(recipe, Charset.load("zh")), np.random.default_rng(3)
    return [pens.draw(rng, ems, 0.5)[0].text for _ in range(200)]


def digits(texts: list[str]) -> int:
    return sum(text[:1].isdigit() for text in texts)


def test_with_room_for_one_it_is_a_hanzi_where_that_is_asked(recipe):
    assert digits(said(recipe, 1.0)) > 150
    alone = asking(recipe, hanzi_alone=1.0)
    assert digits(said(alone, 1.0)) < 10  # a sign now and then
    assert digits(said(alone, 6.0)) > 100


def test_a_second_digit_stands_beside_one_where_that_is_asked(recipe):
    one = replace(recipe, data=replace(recipe.data, writers={"digits": 1.0}, alone=1.0))
    assert {len(text) for text in said(one, 1.0)} == {1}
    two = [text for text in said(asking(one, beside=1.0), 1.0) if len(text) == 2]
    assert len(two) > 190  # some are too wide for the room
    assert 90 < sum("1" in text for text in two) < 150  # asked for in half, by chance in others


def test_narrow_batches_come_more_often_where_that_is_asked(recipe):
    def rooms(one: Recipe) -> list[int]:
        one = replace(one, train=replace(one.train, bucket_batches=1))
        renderer = Renderer(one, one.spec())
        renderer._line = lambda rng, room, *_: (_ for _ in ()).throw(Room(room))  # type: ignore[method-assign]
        found = []
        for number in range(2000, 2300):
            with pytest.raises(Room) as told:
                renderer.batch(number)
            found.append(told.value.args[0])
        return found

    before, after = rooms(recipe).count(32), rooms(asking(recipe, narrow=0.5)).count(32)
    assert before < 40 and 140 < after < 220


class Room(Exception):
    """Tells the room that a line was to be set in."""


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 70, 130), (1.0, 200, 200)])
def test_so_many_lines_are_in_running_hand_as_a_recipe_says(
    recipe, monkeypatch, share, least, most
):
    hands = []

    class Overheard:
        def write(self, rng, text, hand, budget):
            hands.append(hand)
            return found.write(rng, text, hand, budget)

    found = made.writer(Path(recipe.data.sources), Charset.load("zh"))
    monkeypatch.setattr(made, "writer", lambda *_: Overheard())
    pens = Writers(asking(recipe, writers={"strokes": 1.0}, running=share), Charset.load("zh"))
    rng = np.random.default_rng(8)
    for _ in range(200):
        pens.draw(rng, 3.0, 0.5)
    assert least <= sum(hand.running > 0 for hand in hands) <= most
