"""What stands on paper beside the writing never hides it; damage keeps centres in the line."""

import numpy as np
import pytest

from crnn.train.synth.damage import augment, background
from crnn.train.synth.fonts.typeset import Drawn

THINGS = (
    background.rules,
    background.underline,
    background.halftone,
    background.box,
    background.squares,
    background.security_lines,
    background.stamp,
    background.bleed,
    background.strike,
)


@pytest.fixture
def ink() -> np.ndarray:
    """Three blocks of ink."""
    made = np.zeros((40, 160), np.uint8)
    for left in (20, 70, 120):
        made[10:30, left : left + 15] = 255
    return made


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("seed", range(5))
def test_things_on_paper_add_ink_and_leave_most_of_the_paper(ink, thing, seed):
    before = ink.copy()
    marked = thing(np.random.default_rng(seed), ink)
    assert np.array_equal(ink, before)  # the line that was handed in is not drawn on
    assert marked.shape == ink.shape and marked.dtype == np.uint8
    assert (marked[before == 255] >= 80).all()
    assert marked[before == 0].mean() < 140


@pytest.mark.parametrize("seed", range(30))
def test_an_underline_is_at_the_foot_of_the_writing_or_below(ink, seed):
    marked = background.underline(np.random.default_rng(seed), ink)
    added = np.flatnonzero((marked > ink).any(axis=1))
    assert added.size == 0 or added.min() >= 26  # the ink ends in row 29, a rule is up to 3 high
    assert added.size <= 8


def test_underlines_run_under_all_under_some_and_under_none_of_the_writing(ink):
    covered = []
    for seed in range(200):
        marked = background.underline(np.random.default_rng(seed), ink)
        ruled = (marked > ink).any(axis=0)
        covered.append(float(ruled[ink.any(axis=0)].mean()))
    assert min(covered) < 0.05 and max(covered) > 0.95
    assert sum(0.1 < share < 0.9 for share in covered) > 20


def test_blank_paper_is_not_underlined():
    blank = np.zeros((40, 160), np.uint8)
    assert not background.underline(np.random.default_rng(0), blank).any()


def test_specks_are_few(ink):
    for seed in range(20):
        marked = background.specks(np.random.default_rng(seed), ink)
        assert (marked != ink).mean() < 0.12


@pytest.mark.parametrize("seed", range(40))
def test_centres_stay_inside_the_scan(ink, seed):
    rng = np.random.default_rng(seed)
    drawn = Drawn(ink, "abc", np.array([27.0, 77.0, 127.0], np.float32))
    grey, centres = augment.scan(rng, drawn, 1.0)
    assert grey.dtype == np.uint8 and min(grey.shape) >= 4
    assert (np.diff(centres) > 0).all()
    assert centres[0] > 0 and centres[-1] < grey.shape[1]


def test_without_severity_there_is_no_clutter(ink):
    rng = np.random.default_rng(0)
    assert all(background.clutter(rng, ink, 0.0) is ink for _ in range(50))


@pytest.mark.parametrize(("text", "least", "most"), [("abc", 11, 26), ("中文", 14, 34)])
def test_lines_of_a_coarse_page_are_low_whatever_the_damage(ink, text, least, most):
    centres = np.array([27.0, 127.0], np.float32)[: len(text)]
    drawn = Drawn(ink, text, centres)
    for severity in (0.0, 1.0):
        rng = np.random.default_rng(1)
        heights = [augment.scan(rng, drawn, severity, 1.0)[0].shape[0] for _ in range(200)]
        assert least <= min(heights) and np.quantile(heights, 0.95) <= most


def test_so_many_lines_are_of_a_coarse_page(ink):
    drawn = Drawn(ink, "abc", np.array([27.0, 77.0, 127.0], np.float32))
    rng = np.random.default_rng(2)
    heights = [augment.scan(rng, drawn, 0.0, 0.3)[0].shape[0] for _ in range(400)]
    assert 0.2 < np.mean(np.array(heights) < 28) < 0.4  # undamaged ones are 28 and more


def test_a_fax_loses_strokes_along_its_rows_rather_than_those_across():
    """Its columns are up to twice as fine as its rows."""
    ink = np.zeros((48, 120), np.uint8)
    ink[22:24, 10:50] = 255
    ink[8:40, 80:82] = 255
    ink[4:44, 100:112] = 255  # something black, which says how dark ink is
    rng = np.random.default_rng(0)
    found = [augment.facsimile(rng, ink, 12.0) for _ in range(400)]
    assert {one.shape for one in found} == {ink.shape}
    along = np.mean([one[14:32, 20:40].max(0).mean() > 128 for one in found])
    across = np.mean([one[16:32, 70:92].max(1).mean() > 128 for one in found])
    assert along < 0.75 * across
    levels = [np.mean((one < 26) | (one > 229)) for one in found]
    assert np.median(levels) > 0.9  # two levels, or nearly


def test_hanzi_have_more_rows_of_a_fax_than_letters(monkeypatch):
    rows = {}
    for text in ("电流", "ab"):
        asked = []
        monkeypatch.setattr(augment, "facsimile", lambda _, ink, n, a=asked: (a.append(n), ink)[1])
        drawn = Drawn(np.full((32, 60), 200, np.uint8), text, np.zeros(2, np.float32))
        rng = np.random.default_rng(1)
        for _ in range(300):
            augment.scan(rng, drawn, 1.0, 1.0)
        rows[text] = asked
    assert 0.08 * 300 < len(rows["ab"]) < 0.25 * 300
    assert min(rows["电流"]) > max(rows["ab"])
