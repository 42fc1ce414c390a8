"""A photographed label is a picture of its text: legible in the mean, of any size, never empty."""

import cv2
import numpy as np
import pytest

from crnn.train.synth.damage import augment, label_photo
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.text.terminal_labels import terminal


@pytest.fixture
def ink() -> np.ndarray:
    """Bars of ink, four of them, on 44 rows."""
    made = np.zeros((44, 150), np.uint8)
    for left in (12, 48, 84, 120):
        made[8:36, left : left + 12] = 255
    return made


@pytest.mark.parametrize(
    ("text", "may"),
    [("X10:2:1", True), ("-QF105", True), ("", False), ("开关", False), ("A" * 19, False)],
)
def test_labels_are_short_and_latin(text, may):
    assert label_photo.can_be(text) is may


@pytest.mark.parametrize("seed", range(40))
def test_a_photograph_keeps_the_line_in_sight(ink, seed):
    grey = label_photo.photograph(np.random.default_rng(seed), ink)
    assert grey.dtype == np.uint8 and grey.ndim == 2
    assert label_photo.HEIGHT[2] <= grey.shape[0] <= label_photo.HEIGHT[3]
    assert np.ptp(grey) >= 12


def test_a_photograph_shows_the_bars_it_was_taken_of(ink):
    told = 0
    for seed in range(60):
        grey = label_photo.photograph(np.random.default_rng((1, seed)), ink)
        middle = cv2.resize(grey, (150, 40))[16:24].mean(axis=0)
        level = (middle.max() + middle.min()) / 2
        edges = np.count_nonzero(np.diff((middle < level).astype(int)))
        told += 7 <= edges <= 9
    assert told >= 36


def test_a_tube_draws_the_rows_at_its_edges_together():
    rows = np.repeat(np.array([255, 0] * 20, np.uint8), 4)[:, None].repeat(30, 1)  # 160 rows
    middle, edges = [], []
    for seed in range(20):
        seen = label_photo._round_a_tube(np.random.default_rng(seed), rows)[:, 15] > 127
        lengths = np.diff(np.flatnonzero(np.diff(seen.astype(int))))
        middle.append(lengths[len(lengths) // 2])
        edges += [lengths[0], lengths[-1]]
    assert np.mean(middle) > np.mean(edges) + 0.5


def test_the_share_of_labels_is_kept_to(ink, monkeypatch):
    taken = []
    monkeypatch.setattr(label_photo, "photograph", lambda rng, drawn: taken.append(1) or drawn)
    drawn = Drawn(ink, "Q105", np.array([18.0, 54.0, 90.0, 126.0], np.float32))
    rng = np.random.default_rng(5)
    for _ in range(300):
        augment.scan(rng, drawn, 0.5, labels=0.4)
    assert 90 <= len(taken) <= 150
    augment.scan(rng, Drawn(ink, "电流", drawn.centres[:2]), 0.5, labels=1.0)
    assert len(taken) <= 150


def test_terminals_are_what_stands_on_wires():
    rng = np.random.default_rng(0)
    said = [terminal(rng) for _ in range(2000)]
    assert all(0 < len(text) <= 14 and text.isascii() and " " not in text for text in said)
    assert len(set(said)) > 1500
    for sign in ":-_":
        assert sum(sign in text for text in said) > 30
