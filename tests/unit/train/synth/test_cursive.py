"""Running hand: which strokes are a part, what is written in their place, and by which hand."""

import tomllib
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from charset import Charset, count_hanzi
from crnn.train.synth.handwriting import cursive
from crnn.train.synth.handwriting.cursive import TABLE, Cursive, _form, _slice
from crnn.train.synth.handwriting.strokes import STEPS, Strokes, curve
from crnn.train.synth.handwriting.style import new_hand, running
from crnn.train.synth.handwriting.synthesis import Writer
from tests.fixtures.pen_tracks import HANZI

MOUTH, TREE = "口", "木"
ABOVE, BESIDE = "吕", "杏"
"""Written below: a small mouth over a large one, a wide tree over a flat mouth."""


def of(char):
    return np.stack([curve(row.split()) for row in HANZI[char]])


def put(strokes, left, top, width, height):
    low, high = strokes.min((0, 1)), strokes.max((0, 1))
    return (strokes - low) / (high - low) * [width, height] + [left, top]


@pytest.fixture(scope="module")
def strokes(tmp_path_factory) -> Strokes:
    drawn = {
        MOUTH: of(MOUTH),
        TREE: of(TREE),
        ABOVE: np.concatenate(
            [put(of(MOUTH), 0.3, 0.1, 0.3, 0.2), put(of(MOUTH), 0.2, 0.5, 0.6, 0.3)]
        ),
        BESIDE: np.concatenate(
            [put(of(TREE), 0.0, 0.1, 0.9, 0.4), put(of(MOUTH), 0.3, 0.6, 0.5, 0.2)]
        ),
    }
    counts = [len(found) for found in drawn.values()]
    points = np.concatenate([found.reshape(-1, 2) for found in drawn.values()]) * 1024
    points[:, 1] = 900 - points[:, 1]
    path = tmp_path_factory.mktemp("strokes") / "hanzi.npz"
    np.savez(
        path,
        chars=np.array(list(drawn)),
        points=points.round().astype(np.int16),
        stroke_offsets=np.arange(sum(counts) + 1, dtype=np.int32) * STEPS,
        char_offsets=np.cumsum([0, *counts]).astype(np.int32),
    )
    return Strokes(path, list(drawn))


def parts(strokes, char):
    found = Cursive(strokes).parts(char, strokes.forms(char)[0].strokes)
    return [(part.name, part.start, part.stop) for part in found]


def test_a_part_is_found_whatever_its_size_and_proportions(strokes):
    assert parts(strokes, MOUTH) == [(MOUTH, 0, 3)]
    assert parts(strokes, ABOVE) == [(MOUTH, 0, 3), (MOUTH, 3, 6)]
    assert parts(strokes, BESIDE) == [(TREE, 0, 4), (MOUTH, 4, 7)]


def test_other_strokes_are_no_part(strokes):
    turned = strokes.forms(MOUTH)[0].strokes[:, ::-1]  # each stroke from its end to its beginning
    assert Cursive(strokes).parts("turned", turned) == ()


def test_one_stroke_that_differs_makes_another_part(strokes, monkeypatch):
    other = strokes.forms(TREE)[0].strokes.copy()
    other[3] += [-0.2, 0.0]  # beside the stem, not from it; the others are where they were
    assert Cursive(strokes).parts("other", other) == ()
    monkeypatch.setattr(cursive, "WORST", 1.0)
    assert [part.name for part in Cursive(strokes).parts("other", other)] == [TREE]


def test_characters_told_from_a_part_by_little_are_written_in_full(strokes):
    writer = Cursive(strokes)
    writer._others[MOUTH] = "x"
    mouth = strokes.forms(MOUTH)[0].strokes
    assert writer.parts("x", mouth) == () and writer.parts("y", mouth)
    assert "曰" in tomllib.loads(TABLE.read_text("utf-8"))["日"]["others"]


def test_a_part_is_written_in_its_own_box_and_the_rest_as_it_was(strokes):
    writer, full = Cursive(strokes), strokes.forms(BESIDE)[0].strokes
    rng = np.random.default_rng(0)
    ways = len(tomllib.loads(TABLE.read_text("utf-8"))[MOUTH]["forms"])
    seen = set()
    for _ in range(60):
        written, held = writer.write(rng, BESIDE, full, 1.0, {TREE: -1})
        if not np.array_equal(written[:4], full[:4]):
            continue  # the tree strayed into running hand
        mouth, low, high = written[4:], full[4:].min((0, 1)), full[4:].max((0, 1))
        slack = 0.12 * (high - low)  # a smooth curve swings beyond the points it passes
        assert (mouth >= low - slack).all() and (mouth <= high + slack).all()
        assert not held[-1] and not held[:4].any()
        for stroke, after, on in zip(mouth[:-1], mouth[1:], held[4:-1], strict=True):
            assert np.allclose(stroke[-1], after[0], atol=1e-5) == on
        seen.add(mouth.tobytes())
    assert len(seen) == ways


def test_a_hand_keeps_to_its_way_of_writing_a_part(strokes):
    writer, full = Cursive(strokes), strokes.forms(MOUTH)[0].strokes
    rng = np.random.default_rng(4)
    chosen: dict[str, int] = {}
    written = [writer.write(rng, MOUTH, full, 1.0, chosen)[0].tobytes() for _ in range(200)]
    commonest = max(written.count(one) for one in set(written))
    assert commonest > 150
    assert len(set(written)) > 3


def test_who_writes_no_running_hand_writes_every_stroke(strokes):
    writer, full = Cursive(strokes), strokes.forms(ABOVE)[0].strokes
    written, held = writer.write(np.random.default_rng(1), ABOVE, full, 0.0, {})
    assert np.array_equal(written, full)
    assert not held.any()


def test_a_line_in_running_hand_is_another_line_of_the_same_text(strokes):
    hand = replace(new_hand(np.random.default_rng(2), 0.3), join=0.0, smoothing=0)
    lines = [
        Writer(strokes).write(np.random.default_rng(3), ABOVE + BESIDE, made, 400)
        for made in (hand, replace(hand, running=1.0))
    ]
    assert [line.text for line in lines] == [ABOVE + BESIDE] * 2
    assert all(len(line.centres) == 2 for line in lines)
    assert lines[0].ink.shape != lines[1].ink.shape or (lines[0].ink != lines[1].ink).any()


def test_running_changes_nothing_else_of_a_hand():
    hand = new_hand(np.random.default_rng(5), 1.0)
    assert hand.running == 0.0
    assert running(np.random.default_rng(6), hand) == replace(
        hand, running=running(np.random.default_rng(6), hand).running
    )
    assert 0.1 <= running(np.random.default_rng(7), hand).running <= 1.0


def test_a_form_lifts_the_pen_where_it_says_and_turns_corners_where_it_says():
    made, held = _form("09 00 | 09 99! 90")
    assert held.tolist() == [False, True, False]
    assert np.allclose(made[:, 0], [[0, 0], [0, 0], [1, 0]], atol=1e-6)
    assert np.allclose(made[:, -1], [[0, 1], [1, 0], [1, 1]], atol=1e-6)
    assert (_slice(""), _slice(":3"), _slice("-3:"), _slice("1:4")) == (
        slice(None),
        slice(3),
        slice(-3, None),
        slice(1, 4),
    )


def test_every_part_of_the_table_has_models_and_several_ways():
    for name, entry in tomllib.loads(TABLE.read_text("utf-8")).items():
        assert set(entry) - {"others"} == {"models", "forms"}, name
        assert entry["models"] and len(set(entry["forms"])) > 1, name
        for text in entry["forms"]:
            made, held = _form(text)
            assert not any(
                part.split()[at].endswith("!") for part in text.split("|") for at in (0, -1)
            )
            assert made.shape[1:] == (STEPS, 2) and len(held) == len(made), (name, text)
            assert np.ptp(made.reshape(-1, 2), axis=0).max() > 0.5, (name, text)


@pytest.fixture(scope="module")
def office(val_dir) -> Strokes:
    """Strokes of the hanzi of GB 2312."""
    data = val_dir.parent / "hanzi_strokes.npz"
    if not data.exists():
        pytest.skip(f"no {data}: hanzi in running hand are not compared")
    chars = [c for c in Charset.load("zh").classes if len(c.encode("gb2312", "ignore")) == 2]
    return Strokes(data, [char for char in chars if count_hanzi(char)])


def test_no_two_hanzi_that_differ_become_alike(office, monkeypatch):
    monkeypatch.setattr(cursive, "STRAY", 0.0)
    writer, dice = Cursive(office), np.random.default_rng(0)
    chars = [c for c in Charset.load("zh").classes if count_hanzi(c) and c in office]
    full = {char: office.forms(char)[0].strokes for char in chars}
    for way in (0, 1):
        chosen = {name: min(way, len(ways) - 1) for name, ways in writer._forms.items()}
        written = {c: writer.write(dice, c, full[c], 0.0, chosen)[0] for c in chars}
        alike = pairs_within(written, 0.09)
        assert [pair for pair in alike if apart(*(full[char] for char in pair)) > 0.15] == []


def boxed(strokes):
    low, high = strokes.min((0, 1)), strokes.max((0, 1))
    return (strokes - low) / np.maximum(high - low, cursive.LEAST)


def apart(one, other):
    """How far the strokes are that differ most; characters of unlike strokes differ."""
    if len(one) != len(other):
        return np.inf
    return np.linalg.norm(boxed(one) - boxed(other), axis=-1).mean(-1).max()


def pairs_within(written, distance):
    """Pairs of characters of equally many strokes none of which is farther than that."""
    by_count = defaultdict(list)
    for char, strokes in written.items():
        by_count[len(strokes)].append(char)
    for chars in by_count.values():
        stack = np.stack([boxed(written[char])[:, ::4] for char in chars])
        for at, char in enumerate(chars):
            far = np.linalg.norm(stack[at + 1 :] - stack[at], axis=-1).mean(-1).max(-1)
            yield from ((char, chars[at + 1 + k]) for k in np.flatnonzero(far < distance))
