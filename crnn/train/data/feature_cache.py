"""Lines drawn once and kept with what a teacher makes of them, for distillation.

    python -m crnn.train.data.feature_cache RECIPE OUT --minutes 20 --workers 2

A file holds some two thousand lines: their pictures side by side, the columns of the teacher's CNN
and the vectors before its class matrix in half precision, their widths and texts. Lines are
stretched to whole steps, so that lines of one width make a batch without padding.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from charset import Charset
from crnn.preprocess.normalize import WIDTH_STEPS, as_input, normalize_line
from crnn.preprocess.prepare_line import prepare_line
from crnn.recognize.session import TeacherSession
from crnn.spec import ModelSpec
from crnn.train import recipe as recipes
from crnn.train.data.samples import Renderer
from crnn.train.models import pretrained
from crnn.train.recipe import Recipe
from crnn.train.synth.text.text_sources import Rng

LINES_A_FILE = 2000
ROOMS = tuple(width for width in WIDTH_STEPS if 64 <= width <= 704)
"""Widths that lines are set for, in pixels at 48 rows."""
WIDEST = 1000
"""Pixels of the widest line that is kept: BiLSTM and memory have to bear a batch of them."""
SEVERITIES = (0.6, 1.0)

STANDARD_LINES = 2000
"""Lines whose columns say what mean and variance are."""


@dataclass(frozen=True)
class CachedLine:
    """One line. columns: (T, D), vectors: (T, B) half precision; image: (H, W) where loaded."""

    columns: NDArray[np.float16]
    vectors: NDArray[np.float16]
    labels: list[int]
    image: NDArray[np.uint8] | None


class Cache:
    """Lines of a folder, by width."""

    def __init__(self, lines: list[CachedLine]) -> None:
        self.lines = lines
        self._by_steps: defaultdict[int, list[int]] = defaultdict(list)
        for number, line in enumerate(lines):
            self._by_steps[len(line.vectors)].append(number)

    @classmethod
    def open(cls, folder: Path, charset: Charset, *, with_images: bool) -> Cache:
        """All lines whose text fits their steps, and the charset."""
        lines: list[CachedLine] = []
        for file in sorted(folder.glob("lines.*.npz")):
            lines += _read(file, charset, with_images)
        if not lines:
            raise FileNotFoundError(
                f"{folder} holds no lines.*.npz; see crnn.train.data.feature_cache"
            )
        return cls(lines)

    def some_columns(self) -> NDArray[np.float16]:
        """Columns (M, D) of some lines of all files."""
        every = max(1, len(self.lines) // STANDARD_LINES)
        return np.concatenate([line.columns for line in self.lines[::every]])

    def batches(self, rng: Rng, columns: int) -> Iterator[list[CachedLine]]:
        """Batches of one width without end; each pass has every line once, in another order."""
        while True:
            batches = []
            for steps, members in self._by_steps.items():
                order = rng.permutation(members)
                many = max(4, columns // steps)
                batches += [order[at : at + many] for at in range(0, len(order), many)]
            for number in rng.permutation(len(batches)):
                yield [self.lines[int(one)] for one in batches[int(number)]]


def _read(file: Path, charset: Charset, with_images: bool) -> Iterator[CachedLine]:
    with np.load(file) as members:
        columns, vectors, texts = members["F"], members["Z"], members["T"]
        images = members["I"] if with_images else None
        ends, right = np.cumsum(members["n"]), np.cumsum(members["w"])
    starts, left = np.concatenate([[0], ends]), np.concatenate([[0], right])
    for number, text in enumerate(texts.tolist()):
        if charset.missing(text) or not fits(text, int(ends[number] - starts[number])):
            continue
        part = slice(starts[number], ends[number])
        image = None if images is None else images[:, left[number] : left[number + 1]]
        yield CachedLine(columns[part], vectors[part], charset.encode(text), image)


def fits(text: str, steps: int) -> bool:
    """Whether CTC can say a text in so many steps: a repeated character needs one between."""
    repeated = sum(a == b for a, b in zip(text, text[1:], strict=False))
    return 0 < len(text) + repeated <= steps


def drawn(recipe: Recipe, spec: ModelSpec, seed: int) -> Iterator[tuple[NDArray[np.uint8], str]]:
    """Strips (H, W) as the network sees them, with what they say, without end."""
    renderer = Renderer(recipe, spec)
    rng = np.random.default_rng(seed)
    while True:
        room = int(rng.choice(ROOMS))
        line = renderer.scanned(rng, room, float(rng.uniform(*SEVERITIES)))
        if line.is_turned:
            continue
        image = normalize_line(prepare_line(line.crop)[0], spec)[0]
        if image.shape[1] <= WIDEST:
            yield image, line.text


def write(recipe: Recipe, out: Path, minutes: float, seed: int) -> int:
    """Draw and keep lines for so many minutes; how many."""
    cv2.setNumThreads(1)
    spec = recipe.spec()
    file = pretrained.fetch(Path(recipe.data.sources))
    session = TeacherSession(pretrained.teacher(file).SerializeToString())
    end, total = time.monotonic() + minutes * 60, 0
    lines = drawn(recipe, spec, seed)
    for number in range(1 << 30):
        images, columns, vectors, texts = [], [], [], []
        while len(texts) < LINES_A_FILE and time.monotonic() < end:
            image, text = next(lines)
            seen = np.repeat(as_input(image[None], spec), 3, axis=1)  # (1, 3, H, W)
            made, before = session.run(seen)
            columns.append(made[0, :, 0].T.astype(np.float16))
            vectors.append(before[0].astype(np.float16))
            images.append(image)
            texts.append(text)
        if texts:
            np.savez(
                out / f"lines.{seed}.{number}.npz",
                I=np.concatenate(images, axis=1),
                F=np.concatenate(columns),
                Z=np.concatenate(vectors),
                n=[len(one) for one in vectors],
                w=[one.shape[1] for one in images],
                T=np.array(texts, dtype=np.str_),
            )
        total += len(texts)
        if time.monotonic() >= end:
            break
    return total


def main(argv: list[str] | None = None) -> int:
    """Draw lines on several cores."""
    parser = argparse.ArgumentParser(
        prog="python -m crnn.train.data.feature_cache", description=__doc__
    )
    parser.add_argument("recipe", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the first worker")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    recipe = recipes.load(args.recipe)
    pretrained.fetch(Path(recipe.data.sources))
    seeds = range(args.seed, args.seed + args.workers)
    with ProcessPoolExecutor(args.workers) as workers:
        counts = workers.map(partial(write, recipe, args.out, args.minutes), seeds)
        print(f"{sum(counts)} lines in {args.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
