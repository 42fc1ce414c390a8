"""CTC over the classes of a batch and a sample of the others, and the warm start by known centres.

The class matrix of a Chinese recogniser is most of its training cost, and most classes are in no
line of a batch. Scores are made for the classes that are, the blank, and a uniform sample of the
rest, whose scores are raised by the log of how many each stands for, so that the normaliser keeps
its expectation (Jean 2015, arXiv:1412.2007, section 3). Classes that the network could take a
batch's for (己 for 已) are in the sample for certain: left to chance they would be met one time in
six, and then with six times the weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from charset import BLANK_ID

STEPS_A_CHARACTER = 6.0
"""How many steps of the network a character takes, about."""


@dataclass(frozen=True)
class ClassSample:
    """A subset of classes. ids: (S,), the blank first; log_weight: (S,); labels: remapped to it."""

    ids: Tensor
    log_weight: Tensor
    labels: Tensor


def sample_classes(
    labels: Tensor,
    classes: int,
    negatives: int,
    generator: torch.Generator,
    near: Tensor | None = None,
) -> ClassSample:
    """The classes of labels (L,), the blank, and `negatives` others; all where that is as many.

    near: classes that are taken for certain, beside those of the labels.
    """
    blank = labels.new_zeros(1)
    known = [blank, labels] if near is None else [blank, labels, near]
    present = torch.unique(torch.cat(known))  # sorted, the blank first
    mask = torch.ones(classes, dtype=torch.bool)
    mask[present.cpu()] = False
    others = mask.nonzero().squeeze(1)
    if negatives <= 0 or negatives >= len(others):
        ids = torch.arange(classes, device=labels.device)
        return ClassSample(ids, torch.zeros(classes, device=labels.device), labels)
    chosen = others[torch.randperm(len(others), generator=generator)[:negatives]].to(labels.device)
    log_weight = torch.zeros(len(present) + len(chosen), device=labels.device)
    log_weight[len(present) :] = math.log(len(others) / len(chosen))
    return ClassSample(
        torch.cat([present, chosen]), log_weight, torch.searchsorted(present, labels)
    )


@torch.no_grad()
def nearest(labels: Tensor, matrix: nn.Linear, count: int) -> Tensor:
    """The `count` classes most like each of labels (L,), by the class matrix itself: (M,)."""
    rows = matrix.weight.float()
    mine = rows[torch.unique(labels)]
    likeness = mine @ rows.T + matrix.bias  # what each class scores where one is seen as it should
    return torch.unique(likeness.topk(min(count + 1, len(rows))).indices)


def scores(features: Tensor, matrix: nn.Linear, sample: ClassSample) -> Tensor:
    """Log-probabilities over the sampled classes. (..., B) -> (..., S)."""
    whole = len(sample.ids) == matrix.out_features
    weight = matrix.weight if whole else matrix.weight[sample.ids]
    bias = matrix.bias if whole else matrix.bias[sample.ids]
    return F.log_softmax(F.linear(features.float(), weight, bias + sample.log_weight), dim=-1)


def ctc(log_probs: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """Mean over lines of CTC loss per character (Graves 2006). log_probs: (N, T, S).

    A line that says nothing counts as if it had a character in STEPS_A_CHARACTER steps.
    """
    count, steps, _ = log_probs.shape
    widths = torch.full((count,), steps, dtype=torch.long, device=log_probs.device)
    losses = F.ctc_loss(
        log_probs.transpose(0, 1), labels, widths, lengths, BLANK_ID, "none", zero_infinity=True
    )
    unsaid = steps / STEPS_A_CHARACTER
    return (losses / torch.where(lengths > 0, lengths, max(1.0, unsaid))).mean()


def at_centres(steps: Tensor, lengths: Tensor, centres: Tensor, stride: int) -> Tensor:
    """What stands under each character's centre. (N, T, X), centres (L,) in pixels -> (L, X)."""
    line = torch.repeat_interleave(torch.arange(len(lengths), device=steps.device), lengths)
    step = (centres / stride).long().clamp(0, steps.shape[1] - 1)
    return steps[line, step]


def centre(log_probs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of characters at the steps under their centres: CTC's alignment, given away.

    log_probs: (L, S). A warm start only: rendering knows where it put a character, so the network
    need not spend its first hour finding out.
    """
    return F.nll_loss(log_probs, labels)
