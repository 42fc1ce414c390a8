"""Tiles against a twin network without training: a step per stride, a class per grey level."""

import numpy as np
import pytest

from charset import BLANK
from crnn.preprocess.normalize import MAX_WIDTH
from crnn.recognize import tiling
from crnn.spec import ModelSpec

SPEC = ModelSpec("t", "zh", (BLANK, "a", "b", "c"))


def network(tensor: np.ndarray) -> np.ndarray:
    """Scores that say of each step which quarter of the grey range its middle column is in."""
    columns = tensor[0, 0, 0, 2::4]
    return (np.eye(4, dtype=np.float32)[np.round(columns * 3).astype(int)] * 12).astype(np.float32)


def strip_of(levels: np.ndarray) -> np.ndarray:
    return np.repeat(np.repeat(levels.astype(np.uint8)[None] * 85, 4, axis=1)[None], 32, axis=1)


def test_a_short_strip_is_run_once_and_its_padding_left_out():
    levels = np.array([0, 1, 0, 2, 0, 3, 0])
    assert np.array_equal(tiling.scores(strip_of(levels), SPEC, network).argmax(1), levels)


def test_a_long_line_in_tiles_reads_as_it_would_whole():
    rng = np.random.default_rng(3)
    levels = rng.integers(0, 4, 5000)
    found = tiling.scores(strip_of(levels), SPEC, network)
    assert np.array_equal(found.argmax(1), levels)


def test_every_length_around_the_tile_size_keeps_every_step():
    for width in range(MAX_WIDTH - 8, MAX_WIDTH + 12, 4):
        levels = np.arange(width // 4) % 4
        assert np.array_equal(tiling.scores(strip_of(levels), SPEC, network).argmax(1), levels)


@pytest.mark.parametrize("joint", [12, 20, 35])
def test_a_joint_is_made_where_blank_is_surest_whatever_scores_exceed_log_probabilities_by(joint):
    rng = np.random.default_rng(joint)
    steps = tiling.pixels(tiling.OVERLAP, SPEC) // SPEC.stride
    said = np.tile(np.array([1, 5, 0, 0], np.float32), (steps, 1))
    said[joint] = [5, 1, 0, 0]
    left, right = (said + rng.normal(0, 50, (steps, 1)).astype(np.float32) for _ in range(2))
    parts = [left]
    rest = tiling.join(parts, right, SPEC)
    assert len(parts[0]) == joint
    assert len(rest) == steps - joint
