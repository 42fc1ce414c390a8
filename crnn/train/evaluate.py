"""Validation while training: greedy CER on labels.tsv folders or on held-out synthetic lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from charset import BLANK_ID
from crnn.metrics import Score, score
from crnn.model import Crnn
from crnn.read.tensor import as_input, tensor
from crnn.sets import labelled
from crnn.spec import ModelSpec
from crnn.train.samples import Renderer

Grey = NDArray[np.uint8]

HELD_OUT = 1 << 30
"""Batch numbers from here on are never trained on."""


@dataclass(frozen=True)
class ValidationSet:
    """Inputs ready for the network, each (1, K, H, W), with what they say."""

    name: str
    inputs: list[NDArray[np.float32]]
    truths: list[str]


def from_folder(folder: Path, spec: ModelSpec, limit: int) -> ValidationSet:
    """At most `limit` lines of a labels.tsv folder, evenly spaced: sets come sorted by kind."""
    rows = list(labelled(folder))
    chosen = rows[:: max(1, -(-len(rows) // limit))]
    greys = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path, _ in chosen]
    known = [
        (grey, text) for grey, (_, text) in zip(greys, chosen, strict=True) if grey is not None
    ]
    inputs = [tensor(np.asarray(grey, np.uint8), spec) for grey, _ in known]
    return ValidationSet(folder.name, inputs, [text for _, text in known])


def from_renderer(renderer: Renderer, limit: int) -> ValidationSet:
    """Held-out synthetic lines of the recipe's own kind."""
    inputs, truths, number = [], [], HELD_OUT
    while len(inputs) < limit:
        batch, start = renderer.batch(number), 0
        for image, length in zip(batch.images, batch.lengths, strict=True):
            labels = batch.labels[start : start + length]
            start += length
            inputs.append(as_input(image))
            truths.append(renderer.charset.decode(labels.tolist()))
        number += 1
    return ValidationSet("synthetic", inputs[:limit], truths[:limit])


@torch.inference_mode()
def validate(model: Crnn, spec: ModelSpec, found: ValidationSet, device: torch.device) -> Score:
    """The greedy score of a set; the model is left in evaluation mode."""
    model.eval()
    alphabet, total = spec.alphabet(), Score()
    for array, truth in zip(found.inputs, found.truths, strict=True):
        best = model(torch.from_numpy(array).to(device))[0].argmax(-1)  # (T,)
        runs = torch.unique_consecutive(best).tolist()
        total += score(alphabet.decode([i for i in runs if i != BLANK_ID]), truth)
    return total
