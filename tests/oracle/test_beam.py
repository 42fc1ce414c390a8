"""The fast beam search against brute force over all paths and against its readable twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crnn.decode import log_softmax
from crnn.decode.beam import beam
from crnn.decode.constraints import DEAD, EXACT, DecodingConstraints
from tests.oracle.slow_beam import accepted, brute_force, prior, slow_beam

QUIET = settings(max_examples=60, deadline=None)


class Bigrams:
    """A language whose state is the label before; the blank's row is the start."""

    start = 0

    def __init__(self, classes: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.table = log_softmax(rng.normal(size=(classes, classes)).astype(np.float32))

    def advance(self, states, classes):
        ahead = np.broadcast_to(classes, (len(states), len(classes))).astype(np.int32)
        return ahead, self.table[states[:, None], classes[None, :]]

    def ends(self, states):
        return self.table[states, 0]


class Even:
    """Texts of an even number of labels, none of them class 2: a constraint without `arcs`."""

    start = 0

    def advance(self, states, classes):
        ahead = np.where(states == DEAD, DEAD, 1 - states)[:, None]
        return np.where(classes[None, :] == 2, DEAD, ahead).astype(np.int32)

    def accepts(self, states):
        return states == 0


@st.composite
def small_scores(draw, steps=5, classes=4) -> np.ndarray:
    shape = (draw(st.integers(1, steps)), draw(st.integers(2, classes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(scale=draw(st.sampled_from([0.5, 2.0, 6.0])), size=shape).astype(np.float32)


STEERINGS = [
    DecodingConstraints(),
    DecodingConstraints(length_bonus=0.7),
    DecodingConstraints(language=Bigrams(5), language_weight=0.8),
    DecodingConstraints(constraint=Even()),
    DecodingConstraints(constraint=Even(), language=Bigrams(5), length_bonus=-0.3),
]


@QUIET
@given(scores=small_scores(), steering=st.sampled_from(STEERINGS))
def test_a_wide_beam_is_brute_force_over_all_paths(scores, steering):
    log_probs = log_softmax(scores).astype(np.float64)
    every = {
        text: (log_prob, log_prob + prior(text, steering, ended=True))
        for text, log_prob in brute_force(log_probs).items()
        if accepted(text, steering)
    }
    found = beam(scores, width=10_000, n_best=10_000, constraints=steering, pruning=EXACT)
    assert {hypothesis.labels for hypothesis in found} == set(every)
    for hypothesis in found:
        expected = every[hypothesis.labels]
        assert (hypothesis.log_prob, hypothesis.score) == pytest.approx(expected, abs=1e-4)


@QUIET
@given(
    scores=small_scores(steps=12, classes=5),
    steering=st.sampled_from(STEERINGS),
    width=st.integers(1, 6),
)
def test_the_fast_beam_is_its_readable_twin(scores, steering, width):
    expected = slow_beam(log_softmax(scores).astype(np.float64), width, steering)
    found = beam(scores, width=width, n_best=width, constraints=steering, pruning=EXACT)
    assert [h.labels for h in found] == [text for text, _ in expected]
    assert [h.score for h in found] == pytest.approx([s for _, s in expected], abs=1e-4)


@QUIET
@given(scores=small_scores(steps=12, classes=5), width=st.integers(1, 9))
def test_the_n_best_are_sorted_distinct_and_their_probabilities_below_one(scores, width):
    found = beam(scores, width=width, n_best=width)
    ranks = [hypothesis.score for hypothesis in found]
    assert ranks == sorted(ranks, reverse=True)
    assert len({hypothesis.labels for hypothesis in found}) == len(found)
    assert np.exp([hypothesis.log_prob for hypothesis in found]).sum() < 1 + 1e-4


@QUIET
@given(scores=small_scores(steps=10, classes=5), width=st.integers(1, 20))
def test_only_texts_that_the_constraint_accepts_come_out(scores, width):
    steering = DecodingConstraints(constraint=Even())
    for hypothesis in beam(scores, width=width, n_best=width, constraints=steering):
        assert accepted(hypothesis.labels, steering)


@QUIET
@given(scores=small_scores(steps=12, classes=5))
def test_spans_follow_one_another_and_cover_their_labels(scores):
    for hypothesis in beam(scores, width=4, n_best=4):
        assert len(hypothesis.spans) == len(hypothesis.labels)
        edges = [edge for span in hypothesis.spans for edge in span]
        assert edges == sorted(edges)
        assert all(start < end for start, end in hypothesis.spans)
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(scores))
