"""Validation while training: greedy CER on labels.tsv folders or on held-out synthetic lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crnn.decode import text_of
from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, score
from crnn.inputs.image import ImageLimits, grey_image
from crnn.preprocess.normalize import normalize_line
from crnn.preprocess.prepare_line import prepare_line
from crnn.recognize import tiling
from crnn.spec import ModelSpec
from crnn.train.data.samples import Renderer
from crnn.train.models.crnn import Crnn

Grey = NDArray[np.uint8]

HELD_OUT = 1 << 30
"""Batch numbers from here on are never trained on."""

OF_A_BATCH = 8
"""Lines of a batch are of one width; of many batches they are of all."""


@dataclass(frozen=True)
class ValidationSet:
    """Strips (K, H, w) as reading makes them, with what they say."""

    name: str
    strips: list[Grey]
    truths: list[str]


def from_folder(folder: Path, spec: ModelSpec, limit: int) -> ValidationSet:
    """At most `limit` lines of a labels.tsv folder, evenly spaced: sets come sorted by kind.

    Raises: FileNotFoundError, ReadError.
    """
    rows = list(labelled(folder))
    if not rows:
        raise FileNotFoundError(f"{folder} holds no labelled lines")
    return from_rows(folder.name, rows, spec, limit)


def from_rows(
    name: str, rows: Sequence[tuple[Path, str]], spec: ModelSpec, limit: int
) -> ValidationSet:
    """At most `limit` of these lines, evenly spaced. Raises: ReadError."""
    chosen = rows[:: max(1, -(-len(rows) // limit))]
    greys = (grey_image(path.read_bytes(), ImageLimits()) for path, _ in chosen)
    return ValidationSet(
        name,
        [normalize_line(prepare_line(g)[0], spec) for g in greys],
        [text for _, text in chosen],
    )


def from_renderer(renderer: Renderer, limit: int) -> ValidationSet:
    """Held-out synthetic lines of the recipe's own kind, OF_A_BATCH of each batch."""
    strips: list[Grey] = []
    truths: list[str] = []
    number = HELD_OUT
    while len(strips) < limit:
        batch, start = renderer.batch(number), 0
        kept = zip(batch.images[:OF_A_BATCH], batch.lengths[:OF_A_BATCH], strict=True)
        for image, length in kept:
            strips.append(image)
            truths.append(renderer.charset.decode(batch.labels[start : start + length].tolist()))
            start += length
        number += 1
    return ValidationSet("synthetic", strips[:limit], truths[:limit])


@torch.inference_mode()
def validate(model: Crnn, spec: ModelSpec, result: ValidationSet, device: torch.device) -> Score:
    """The greedy score of a set, read as serving reads; the model is left in evaluation mode."""
    model.eval()

    def run(array: NDArray[np.float32]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = model(torch.from_numpy(array).to(device))[0].cpu().numpy()
        return scores  # (T, C)

    total = Score()
    for image, truth in zip(result.strips, result.truths, strict=True):
        total += score(text_of(tiling.scores(image, spec, run), spec.classes), truth)
    return total
