"""Batches by number: batch k of a seed is always the same bytes, whoever renders it.

Lines are set level and made tight as the Reader does it before the network sees them.

A batch has one width, drawn from the curriculum's range of width steps, and every line in it is set
to fill that width, so that nothing is padded beyond what serving pads.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from crnn.read.straight import as_shown
from crnn.read.tensor import WIDTH_STEPS, strip
from crnn.spec import ModelSpec
from crnn.train.augment import scan
from crnn.train.pens import Pens
from crnn.train.recipe import Recipe
from crnn.train.text import Rng

COARSE_HANDS = 0.3
"""Handwriting stands on coarse pages so much less often than print."""

MAX_SQUEEZE = 1.2
"""A line wider than its batch is squeezed by this much at most, else drawn anew."""


EITHER_WAY_UP = frozenset(
    "0125689oOsSxXzZHINlnu-_=+/%.:,;'\"|—·。、○一二三十口日田中王工干士回目申且丰"
)
"""Characters that are one turned upside down, or nearly."""


def has_a_right_way_up(text: str) -> bool:
    """Whether a line of it upside down is seen to be so: 1961 is not."""
    turned = sum(char not in EITHER_WAY_UP and char != " " for char in text)
    return turned >= 1 and len(text) >= 3 and turned >= len(text) / 4


@dataclass(frozen=True)
class Sample:
    """One line. strip: (K, h, w) uint8; labels and their centre columns: (L,)."""

    strip: NDArray[np.uint8]
    labels: list[int]
    centres: NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """N lines of one width.

    images: (N, K, H, W) uint8; labels, centres: all lines' joined; lengths: (N,).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    lengths: NDArray[np.int64]
    centres: NDArray[np.float32]


class Batcher(Protocol):
    """Gives batch k, the same one every time."""

    def batch(self, number: int) -> Batch:
        """Batch `number`."""
        ...


class Renderer:
    """Lines of a recipe: texts, pens and damage brought together."""

    def __init__(self, recipe: Recipe, spec: ModelSpec) -> None:
        self.recipe, self.spec = recipe, spec
        self.charset = spec.alphabet()
        self._pens = Pens(recipe, self.charset)

    def sample(self, rng: Rng, width: int, severity: float) -> Sample:
        """One line that fills a strip of that width."""
        while True:
            drawn, harm, is_print = self._pens.draw(rng, width / self.spec.height, severity)
            known = [char for char in drawn.text if char in self.charset]
            if not drawn.text or len(known) != len(drawn.text):
                continue
            if rng.random() >= self.recipe.data.worst:
                harm *= float(rng.uniform(0.1, 1.0))
            coarse = self.recipe.data.coarse * (1.0 if is_print else COARSE_HANDS)
            labels = self.recipe.data.labels if is_print else 0.0
            crop, centres = scan(rng, drawn, harm, coarse, labels)
            said = drawn.text
            stands = not is_print or rng.random() >= self.recipe.data.upside_down
            if not stands and has_a_right_way_up(said):
                crop, said = np.ascontiguousarray(crop[::-1, ::-1]), ""
            crop, added = as_shown(crop)
            centres = centres + np.float32(added)
            image = strip(crop, self.spec)
            centres = centres * np.float32(image.shape[2] / crop.shape[1])
            if image.shape[2] > width * MAX_SQUEEZE:
                continue
            if image.shape[2] > width:
                centres *= np.float32(width / image.shape[2])
                image = np.stack([cv2.resize(plane, (width, self.spec.height)) for plane in image])
            return Sample(image, self.charset.encode(said), centres[: len(said)])

    def batch(self, number: int) -> Batch:
        """Batch `number` of the recipe's seed."""
        recipe = self.recipe
        rng = np.random.default_rng((recipe.seed, number))
        low, high, severity = recipe.curriculum_at(number)
        choices = [width for width in WIDTH_STEPS if low <= width <= high]
        width = choices[int(rng.integers(len(choices)))]
        if recipe.data.narrow and rng.random() < recipe.data.narrow:
            width = choices[0]
        count = max(8, recipe.train.pixels_per_batch // width)
        samples = [self.sample(rng, width, severity) for _ in range(count)]
        return joined(samples, self.spec, width)


def joined(samples: Sequence[Sample], spec: ModelSpec, width: int) -> Batch:
    """A batch of samples, each at the left of a strip of that width."""
    images = np.zeros((len(samples), spec.channels, spec.height, width), np.uint8)
    for n, sample in enumerate(samples):
        images[n, :, :, : sample.strip.shape[2]] = sample.strip
    return Batch(
        images,
        np.array([label for sample in samples for label in sample.labels], np.int64),
        np.array([len(sample.labels) for sample in samples], np.int64),
        np.concatenate([sample.centres for sample in samples]),
    )


class Batches(IterableDataset[Batch]):
    """Batches from `start` on, shared out among loader workers without changing their order."""

    def __init__(self, make: Callable[[], Batcher], start: int) -> None:
        self.make, self.start = make, start

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        first, stride = (info.id, info.num_workers) if info else (0, 1)
        renderer = self.make()
        number = self.start + first
        while True:
            yield renderer.batch(number)
            number += stride


def loader(
    recipe: Recipe, spec: ModelSpec, start: int, make: Callable[[], Batcher] | None = None
) -> Iterator[Batch]:
    """Batches from number `start` on, made ahead in `recipe.train.workers` processes.

    make: what gives batches there, in place of the recipe's renderer.
    """
    workers = recipe.train.workers
    return iter(
        DataLoader(
            Batches(make or partial(Renderer, recipe, spec), start),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=6 if workers else None,
            collate_fn=_same,
            generator=torch.Generator(),  # its own: the global one belongs to dropout
            worker_init_fn=_alone if workers else None,
        )
    )


def _same(batch: Batch) -> Batch:
    return batch


def _alone(_: int) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the trainer hears it too, and ends its workers
