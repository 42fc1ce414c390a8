"""Batches by number: batch k of a seed is always the same bytes, whoever renders it.

Lines are set level and made tight as the Reader does it before the network sees them.

Batches come by the shelf: lines of several rooms, drawn from the curriculum's range of width steps,
are put in order of what they came out as once damaged and framed, and taken off in batches of about
one width, so that little is padded and few lines are thrown away.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, pairwise
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from crnn.preprocess.normalize import WIDTH_STEPS, empty_level, normalize_line
from crnn.preprocess.prepare_line import prepare_line
from crnn.spec import ModelSpec
from crnn.train.recipe import Recipe
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.handwriting.writers import Writers
from crnn.train.synth.text.text_sources import Rng

COARSE_HANDS = 0.3
"""Handwriting stands on coarse pages so much less often than print."""

MAX_SQUEEZE = 1.2
"""A line wider than may be is squeezed by this much at most, else drawn anew."""

TOO_WIDE = 2.0
"""A line so many times as wide as its room is drawn anew: shares are meant for rooms."""

COLUMNS = 16
"""A batch is a multiple of so many pixels wide: half a step of those that lines are served in."""

ROTATION_INVARIANT = frozenset(
    "0125689oOsSxXzZHINlnu-_=+/%.:,;'\"|—·。、○一二三十口日田中王工干士回目申且丰"
)
"""Characters that are one turned upside down, or nearly."""


def has_orientation(text: str) -> bool:
    """Whether a line of it upside down is seen to be so: 1961 is not."""
    turned = sum(char not in ROTATION_INVARIANT and char != " " for char in text)
    return turned >= 1 and len(text) >= 3 and turned >= len(text) / 4


@dataclass(frozen=True)
class Sample:
    """One line. strip: (K, h, w) uint8; labels and their centre columns: (L,)."""

    strip: NDArray[np.uint8]
    labels: list[int]
    centres: NDArray[np.float32]


@dataclass(frozen=True)
class Scanned:
    """A line as a scanner gives it, before anything is framed.

    crop: (H, W) uint8; text: what was written; is_turned: whether it stands on its head; centres:
    (L,) columns of its characters, were it not turned.
    """

    crop: NDArray[np.uint8]
    text: str
    centres: NDArray[np.float32]
    is_turned: bool


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
        self._writers = Writers(recipe, self.charset)
        self._bucket: tuple[int, list[Batch]] = (-1, [])

    def sample(self, rng: Rng, width: int, severity: float) -> Sample:
        """One line that fills a strip of that width."""
        return self._line(rng, width, severity, width)

    def _line(self, rng: Rng, target_width: int, severity: float, widest: int) -> Sample:
        """A line that was set in a room, in a strip as wide as it came out, up to the widest."""
        allowed = min(widest * MAX_SQUEEZE, target_width * TOO_WIDE)
        while True:
            line = self.scanned(rng, target_width, severity)
            said = "" if line.is_turned else line.text
            crop, added = prepare_line(line.crop)
            centres = line.centres + np.float32(added)
            image = normalize_line(crop, self.spec)
            centres = centres * np.float32(image.shape[2] / crop.shape[1])
            if image.shape[2] > allowed:
                continue
            if image.shape[2] > widest:
                centres *= np.float32(widest / image.shape[2])
                image = np.stack([cv2.resize(plane, (widest, self.spec.height)) for plane in image])
            return Sample(image, self.charset.encode(said), centres[: len(said)])

    def scanned(self, rng: Rng, target_width: int, severity: float) -> Scanned:
        """One line that was set in a room so many pixels wide, at the height of the network's."""
        data = self.recipe.data
        while True:
            drawn, harm, is_print = self._writers.draw(
                rng, target_width / self.spec.height, severity
            )
            if drawn.text and not self.charset.missing(drawn.text):
                break
        if rng.random() >= data.heavy_damage_prob:
            harm *= float(rng.uniform(0.1, 1.0))
        coarse = data.coarse * (1.0 if is_print else COARSE_HANDS)
        crop, centres = scan(rng, drawn, harm, coarse, data.labels if is_print else 0.0)
        stands = not is_print or rng.random() >= data.upside_down
        is_turned = not stands and has_orientation(drawn.text)
        if is_turned:
            crop = np.ascontiguousarray(crop[::-1, ::-1])
        return Scanned(crop, drawn.text, centres, is_turned)

    def batch(self, number: int) -> Batch:
        """Batch `number` of the recipe's seed."""
        bucket, place = divmod(number, self.recipe.train.bucket_batches)
        if self._bucket[0] != bucket:
            self._bucket = bucket, self._filled(bucket)
        return self._bucket[1][place]

    def _filled(self, bucket: int) -> list[Batch]:
        """The batches of a shelf, in an order that has nothing to do with their widths."""
        recipe, parts = self.recipe, self.recipe.train.bucket_batches
        rng = np.random.default_rng((recipe.seed, bucket))
        low, high, severity = recipe.curriculum_at(bucket * parts)
        choices = [width for width in WIDTH_STEPS if low <= width <= high]
        lines: list[Sample] = []
        for _ in range(parts):
            target_width = choices[int(rng.integers(len(choices)))]
            if recipe.data.narrow and rng.random() < recipe.data.narrow:
                target_width = choices[0]
            many = max(8, recipe.train.pixels_per_batch // target_width)
            lines += [self._line(rng, target_width, severity, choices[-1]) for _ in range(many)]
        lines.sort(key=lambda line: line.strip.shape[2])
        widths = [-(-line.strip.shape[2] // COLUMNS) * COLUMNS for line in lines]
        ends = split_by_width(widths, parts)
        batches = []
        for start, end in pairwise((0, *ends)):
            mixed = [lines[start + int(k)] for k in rng.permutation(end - start)]
            batches.append(collate(mixed, self.spec, widths[end - 1]))
        return [batches[int(k)] for k in rng.permutation(len(batches))]


def split_by_width(widths: Sequence[int], parts: int) -> list[int]:
    """Where lines end that are cut into so many batches, the widest batch as small as can be.

    widths: the lines', ascending, at least as many as parts. A batch takes its number of lines
    times the width of its last one.
    """
    low, high = widths[-1], widths[-1] * len(widths)
    while low < high:
        most = (low + high) // 2
        low, high = (low, most) if len(_ends(widths, most)) <= parts else (most + 1, high)
    ends = _ends(widths, low)
    while len(ends) < parts:
        start, end = max(pairwise((0, *ends)), key=lambda batch: batch[1] - batch[0])
        ends = sorted((*ends, (start + end) // 2))
    return ends


def _ends(widths: Sequence[int], most: int) -> list[int]:
    """Where batches end that take in lines as long as they take `most` at most."""
    ends, start = [], 0
    for number, width in enumerate(widths):
        if (number + 1 - start) * width > most:
            ends.append(number)
            start = number
    return [*ends, len(widths)]


def collate(samples: Sequence[Sample], spec: ModelSpec, width: int) -> Batch:
    """A batch of samples, each at the left of a strip of that width."""
    shape = (len(samples), spec.channels, spec.height, width)
    images = np.full(shape, empty_level(spec), np.uint8)
    for n, sample in enumerate(samples):
        images[n, :, :, : sample.strip.shape[2]] = sample.strip
    return Batch(
        images,
        np.array([label for sample in samples for label in sample.labels], np.int64),
        np.array([len(sample.labels) for sample in samples], np.int64),
        np.concatenate([sample.centres for sample in samples]),
    )


class Buckets(IterableDataset[list[Batch]]):
    """Batches from `start` on, by the shelf, so that no two workers fill the same one."""

    def __init__(self, make: Callable[[], Batcher], start: int, bucket: int) -> None:
        self.make, self.start, self.bucket_batches = make, start, bucket

    def __iter__(self) -> Iterator[list[Batch]]:
        info = get_worker_info()
        first, stride = (info.id, info.num_workers) if info else (0, 1)
        batcher = self.make()
        for bucket in count(self.start // self.bucket_batches + first, stride):
            numbers = range(
                max(self.start, bucket * self.bucket_batches), (bucket + 1) * self.bucket_batches
            )
            yield [batcher.batch(number) for number in numbers]


def loader(
    recipe: Recipe, spec: ModelSpec, start: int, make: Callable[[], Batcher] | None = None
) -> Iterator[Batch]:
    """Batches from number `start` on, made ahead in `recipe.train.workers` processes.

    make: what gives batches there, in place of the recipe's renderer.
    """
    workers = recipe.train.workers
    return chain.from_iterable(
        DataLoader(
            Buckets(make or partial(Renderer, recipe, spec), start, recipe.train.bucket_batches),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=2 if workers else None,
            collate_fn=_same,
            generator=torch.Generator(),  # its own: the global one belongs to dropout
            worker_init_fn=_alone if workers else None,
        )
    )


def _same(bucket: list[Batch]) -> list[Batch]:
    return bucket


def _alone(_: int) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the trainer hears it too, and ends its workers
