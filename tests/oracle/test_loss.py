"""The training loss against plain CTC, and the greedy decoder against brute force."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from crnn.decode import greedy, log_softmax
from crnn.train import loss


def batch(classes: int = 50):
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([3, 3, 9, 20, 41])
    lengths = torch.tensor([3, 2])
    features = torch.randn(2, 12, 8, generator=generator)
    matrix = torch.nn.Linear(8, classes)
    return generator, labels, lengths, features, matrix


@pytest.mark.parametrize("negatives", [0, 44, 1000])
def test_with_every_class_in_the_sample_the_loss_is_plain_ctc(negatives):
    generator, labels, lengths, features, matrix = batch()
    sample = loss.sample_classes(labels, 50, negatives, generator)
    ours = loss.ctc(loss.scores(features, matrix, sample), sample.labels, lengths)
    plain = F.ctc_loss(
        matrix(features).log_softmax(-1).transpose(0, 1),
        labels,
        torch.tensor([12, 12]),
        lengths,
        reduction="none",
    )
    if negatives != 44:
        assert torch.allclose(ours, (plain / lengths).mean(), atol=1e-4)
    else:
        assert len(sample.ids) == 50 - 2 or torch.allclose(ours, (plain / lengths).mean(), atol=0.2)


def test_a_sample_holds_the_blank_first_and_every_label_once():
    generator, labels, *_ = batch()
    sample = loss.sample_classes(labels, 50, 10, generator)
    assert sample.ids[0] == 0
    assert len(set(sample.ids.tolist())) == len(sample.ids) == 1 + 4 + 10
    assert torch.equal(sample.ids[sample.labels], labels)


def test_the_sampled_normaliser_has_the_full_ones_expectation():
    generator, labels, _, features, matrix = batch(400)
    full = matrix(features).exp().sum(-1)
    drawn = torch.zeros_like(full)
    for _ in range(300):
        sample = loss.sample_classes(labels, 400, 60, generator)
        raw = F.linear(
            features, matrix.weight[sample.ids], matrix.bias[sample.ids] + sample.log_weight
        )
        drawn += raw.exp().sum(-1) / 300
    assert torch.allclose(drawn, full, rtol=0.05)


def test_centres_pick_the_step_under_each_character():
    steps = torch.arange(2 * 10).reshape(2, 10, 1)
    found = loss.at_centres(steps, torch.tensor([2, 1]), torch.tensor([0.0, 39.9, 13.0]), 4)
    assert found.squeeze(1).tolist() == [0, 9, 13]


def test_greedy_is_the_best_single_path_by_brute_force():
    rng = np.random.default_rng(5)
    for _ in range(20):
        log_probs = log_softmax(rng.normal(size=(4, 3)).astype(np.float32) * 2)
        paths = itertools.product(range(3), repeat=4)
        best = max(paths, key=lambda path: sum(log_probs[t, c] for t, c in enumerate(path)))
        spelled = [c for t, c in enumerate(best) if c and (t == 0 or best[t - 1] != c)]
        assert [c.text for c in greedy(log_probs, "\0ab")] == ["\0ab"[c] for c in spelled]


def test_log_softmax_sums_to_one_even_for_huge_scores():
    found = log_softmax(np.array([[1e4, 1e4, -1e4]], np.float32))
    assert math.isclose(np.exp(found).sum(), 1.0, rel_tol=1e-6)


def test_the_classes_most_like_a_label_are_in_the_sample_for_certain():
    generator, labels, _, _, matrix = batch(400)
    near = loss.nearest(labels, matrix, 3)
    likeness = matrix.weight[labels] @ matrix.weight.T + matrix.bias
    for row in likeness:
        assert set(row.topk(3).indices.tolist()) <= set(near.tolist())
    sample = loss.sample_classes(labels, 400, 60, generator, near)
    assert set(near.tolist()) <= set(sample.ids.tolist())
    assert torch.equal(sample.ids[sample.labels], labels)
    certain = {0, *labels.tolist(), *near.tolist()}
    for class_id, weight in zip(sample.ids.tolist(), sample.log_weight.tolist(), strict=True):
        assert (weight == 0) == (class_id in certain)
    assert len(sample.ids) == len(certain) + 60


def test_a_line_that_says_nothing_counts_as_much_as_its_length_has_characters():
    scores = torch.full((1, 30, 4), math.log(0.25))
    silent = loss.ctc(scores, torch.zeros(0, dtype=torch.long), torch.tensor([0]))
    assert silent.item() == pytest.approx(30 * math.log(4) / (30 / loss.STEPS_A_CHARACTER))
