"""Distillation: lines of one width make a batch, and the teacher is followed where it is right."""

import numpy as np
import pytest
import torch

from charset import BLANK, Charset
from crnn.train.data.feature_cache import Cache, CachedLine, fits
from crnn.train.distill import reads_right

CHARSET = Charset("t", (BLANK, "a", "b"))


def line(steps: int, label: int) -> CachedLine:
    columns = np.full((steps, 3), label, np.float16)
    return CachedLine(columns, np.zeros((steps, 2), np.float16), [label], None)


def test_a_batch_has_lines_of_one_width_and_a_pass_has_every_line_once():
    lines = [line(4 + number % 3, number) for number in range(60)]
    batches = Cache(lines).batches(np.random.default_rng(1), 20)
    seen: list[int] = []
    while len(seen) < len(lines):
        batch = next(batches)
        assert len({len(one.vectors) for one in batch}) == 1
        seen += [one.labels[0] for one in batch]
    assert sorted(seen) == list(range(60))


def test_a_cache_without_lines_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="feature_cache"):
        Cache.open(tmp_path, CHARSET, with_images=False)


def test_files_are_read_back_and_lines_that_cannot_be_said_are_left_out(tmp_path):
    texts, steps = ["ab", "aa", "x", "ba"], [2, 2, 2, 3]
    np.savez(
        tmp_path / "lines.1.0.npz",
        I=np.arange(48 * 72, dtype=np.uint8).reshape(48, 72),
        F=np.arange(27, dtype=np.float16).reshape(9, 3),
        Z=np.zeros((9, 2), np.float16),
        n=steps,
        w=[16, 16, 16, 24],
        T=np.array(texts),
    )
    cache = Cache.open(tmp_path, CHARSET, with_images=True)
    assert [one.labels for one in cache.lines] == [[1, 2], [2, 1]]
    assert cache.lines[1].image.shape == (48, 24)
    assert cache.lines[1].columns[0].tolist() == [18, 19, 20]


@pytest.mark.parametrize(
    ("text", "steps", "is_sayable"), [("ab", 2, True), ("aa", 2, False), ("", 5, False)]
)
def test_ctc_needs_a_step_between_equal_characters(text, steps, is_sayable):
    assert fits(text, steps) is is_sayable


def test_a_teacher_is_right_where_its_greedy_reading_is_the_label():
    best = torch.tensor([[0, 1, 1, 0, 2], [1, 0, 1, 1, 0], [2, 0, 0, 0, 0]])
    found = reads_right(best, torch.tensor([1, 2, 1, 1, 1]), torch.tensor([2, 2, 1]))
    assert found.tolist() == [1, 1, 0]
