"""The exact score of a text against torch's CTC loss, and alignments against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from crnn.decode import log_softmax
from crnn.decode.ctc_score import ctc_log_prob, log_total, spans
from crnn.decode.greedy import greedy
from tests.oracle.slow_beam import collapse

QUIET = settings(max_examples=60, deadline=None)
TEXTS = st.lists(st.lists(st.integers(1, 5), max_size=6), min_size=1, max_size=5)


@QUIET
@given(texts=TEXTS, steps=st.integers(1, 14), seed=st.integers(0, 2**32 - 1))
def test_the_score_of_texts_of_all_lengths_is_torchs_ctc_loss(texts, steps, seed):
    scores = np.random.default_rng(seed).normal(scale=3, size=(steps, 6)).astype(np.float32)
    lengths = torch.tensor([len(text) for text in texts])
    padded = torch.zeros((len(texts), 6), dtype=torch.long)
    for row, text in zip(padded, texts, strict=True):
        row[: len(text)] = torch.tensor(text)
    log_probs = torch.from_numpy(scores).double().log_softmax(-1)
    expected = -F.ctc_loss(
        log_probs[:, None].expand(-1, len(texts), -1),
        padded,
        torch.full((len(texts),), steps),
        lengths,
        reduction="none",
    )
    assert ctc_log_prob(scores, texts) == pytest.approx(expected.numpy(), abs=1e-4)


def test_many_texts_are_scored_in_turns_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(20, 9)).astype(np.float32)
    texts = [rng.integers(1, 9, rng.integers(0, 8)).tolist() for _ in range(40)]
    at_once = ctc_log_prob(scores, texts)
    monkeypatch.setattr("crnn.decode.ctc_score.MAX_TRELLIS_CELLS", 1000)
    assert np.allclose(ctc_log_prob(scores, texts), at_once)


def test_a_line_of_no_steps_says_only_the_empty_text():
    nothing = np.zeros((0, 4), np.float32)
    assert ctc_log_prob(nothing, [[], [1]]).tolist() == [0.0, -np.inf]
    assert ctc_log_prob(nothing, []).shape == (0,)
    assert spans(nothing, []) == spans(nothing, [1]) == []


def test_totals_are_what_a_softmax_takes_away():
    scores = np.random.default_rng(1).normal(scale=9, size=(21, 50)).astype(np.float32)
    assert np.allclose(scores - log_total(scores)[:, None], log_softmax(scores), atol=1e-5)
    assert np.allclose(log_total(np.asfortranarray(scores)), log_total(scores), atol=1e-6)
    assert np.allclose(log_total(scores.astype(np.float64)), log_total(scores), atol=1e-4)
    assert log_total(scores[:0]).shape == (0,)


@pytest.mark.parametrize("apart", [-1000.0, -61.0, -40.0, 59.0, 61.0, 1000.0])
def test_totals_of_scores_far_from_nothing_are_the_same_so_far_away(apart):
    scores = np.random.default_rng(1).normal(size=(9, 50)).astype(np.float32)
    assert np.allclose(log_total(scores + np.float32(apart)) - apart, log_total(scores), atol=2e-4)


@pytest.mark.parametrize("peak", [-30.0, 20.0, 40.0, 59.0, 90.0])
def test_no_character_is_surer_than_sure(peak):
    scores = np.full((40, 8), -60.0, np.float32)
    scores[:, 3] = peak + np.linspace(0, 1, 40)
    (char,) = greedy(scores, "-abcdefg")
    assert 0.999 < char.confidence <= 1


@QUIET
@given(text=st.lists(st.integers(1, 3), max_size=3), seed=st.integers(0, 2**32 - 1))
def test_spans_lie_on_the_best_of_all_alignments(text, seed):
    scores = np.random.default_rng(seed).normal(scale=3, size=(6, 4)).astype(np.float32)
    paths = [p for p in itertools.product(range(4), repeat=6) if collapse(p) == tuple(text)]
    best = max(paths, key=lambda path: sum(scores[t, c] for t, c in enumerate(path)), default=None)
    if best is None:
        assert spans(scores, text) == []
        return
    starts = [t for t, c in enumerate(best) if c and (t == 0 or best[t - 1] != c)]
    ends = [t + 1 for t, c in enumerate(best) if c and (t == 5 or best[t + 1] != c)]
    assert spans(scores, text) == list(zip(starts, ends, strict=True))
