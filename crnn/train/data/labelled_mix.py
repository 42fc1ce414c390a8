"""Labelled lines among synthetic ones, so that a new hand is learned and none forgotten.

A batch has the width of one of the labelled lines. A share of it are such lines, most of them
through the damage that rendered lines go through; the others are rendered, or come from a replay
set: lines rendered beforehand, for a place that has no fonts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from charset import Charset, normalize
from crnn.evaluate.labelled_set import LABELS, part
from crnn.inputs.image import ImageLimits, grey_image
from crnn.preprocess.normalize import WIDTH_STEPS, dark_on_light, ink, normalize_line, scaled_width
from crnn.preprocess.prepare_line import prepared
from crnn.spec import ModelSpec
from crnn.train.data.samples import MAX_SQUEEZE, Batch, Renderer, Sample, collate
from crnn.train.recipe import Recipe, RecipeError
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.handwriting.writers import BORNE
from crnn.train.synth.text.text_sources import Rng

Grey = NDArray[np.uint8]

AS_IT_IS = 0.3
"""The share of labelled lines that are shown without further damage."""
WORN = 0.6
"""The most damage of the others, for a line that was scanned has some already."""
NARROWER = 64
"""Lines of a batch are at most so many pixels narrower than the one that gives it its width."""
MAX_WIDTH = 768
NOTHING = "nothing"
FINE_TUNE_LR = {
    "lr": 3e-4,
    "pixels_per_batch": 3072,
    "fixed_norm": True,
    "frozen": ("classes",),
    "warmup": 100,
    "ema": 0.98,
    "cnn_only_until": 0,
    "ctc_ramp": 0,
    "centre_weight": 0.0,
    "validate_minutes": 1000.0,
}
"""Choices for minutes of learning from a network that reads already; labels know no centres.

What a hand changes is how characters look, not which there are: the class matrix stays as it is, or
the rows of characters that a few lines hold no example of would be moved by them all the same.
"""


@dataclass(frozen=True)
class Mix:
    """What is learned from beside the recipe. share: of labelled lines in each batch."""

    folders: tuple[Path, ...]
    replay: tuple[Path, ...] = ()
    share: float = 0.4


@dataclass(frozen=True)
class Labelled:
    """A line to learn from. grey: (H, W), framed as in reading; width: of its strip."""

    grey: Grey
    text: str
    width: int


def fine_tune_recipe(recipe: Recipe) -> Recipe:
    """The recipe for going on from its own weights for a few minutes."""
    return replace(recipe, train=replace(recipe.train, **FINE_TUNE_LR))


def has_sources(recipe: Recipe) -> bool:
    """Whether lines of the recipe can be rendered here."""
    fonts = Path(recipe.data.sources) / "fonts"
    return fonts.is_dir() and any(fonts.iterdir())


def lines(folders: Iterable[Path], spec: ModelSpec) -> list[Labelled]:
    """The lines of folders that may be learned from and that the charset can spell.

    Raises: FileNotFoundError, ReadError.
    """
    charset, results = spec.alphabet(), []
    for folder in folders:
        for path, truth in part(folder, held_out=False):
            grey = prepared(grey_image(path.read_bytes(), ImageLimits()))
            line = Labelled(grey, normalize(truth), scaled_width(*grey.shape, spec))
            if _can_be_learned(line, charset, spec):
                results.append(line)
    return results


def target_width_of(width: int) -> int:
    """The least of WIDTH_STEPS that holds that many pixels; the greatest where none does."""
    return next((step for step in WIDTH_STEPS if width <= step), WIDTH_STEPS[-1])


def _can_be_learned(line: Labelled, charset: Charset, spec: ModelSpec) -> bool:
    steps = spec.steps(target_width_of(line.width))
    is_spelled = all(char in charset for char in line.text)
    return 0 < len(line.text) <= steps and is_spelled and line.width <= MAX_WIDTH


class Mixed:
    """Batches of labelled lines and others, by number, as `Renderer` gives them."""

    def __init__(self, recipe: Recipe, spec: ModelSpec, mix: Mix) -> None:
        self.recipe, self.spec, self.mix = recipe, spec, mix
        self.charset = spec.alphabet()
        self._lines = lines(mix.folders, spec)
        if not self._lines:
            folders = ", ".join(map(str, mix.folders))
            raise RecipeError(f"no line of {folders} can be learned from: {LABELS} names too few")
        self._widths = _widths(self._lines)
        self._replay = lines(mix.replay, spec)
        self._replay_widths = _widths(self._replay)
        renders = not self._replay and has_sources(recipe)
        self._renderer = Renderer(recipe, spec) if renders else None

    @property
    def others(self) -> str:
        """What the labelled lines are mixed with."""
        if self._renderer:
            return "rendered lines"
        return f"{len(self._replay)} replayed lines" if self._replay else NOTHING

    def __len__(self) -> int:
        return len(self._lines)

    def batch(self, number: int) -> Batch:
        """Batch `number` of the recipe's seed."""
        rng = np.random.default_rng((self.recipe.seed, number))
        first = self._lines[int(rng.integers(len(self._lines)))]
        width = target_width_of(first.width)
        count = max(8, self.recipe.train.pixels_per_batch // width)
        share = self.mix.share if self._renderer or self._replay else 1.0
        labelled = max(1, round(share * count))
        samples = [
            self._real(rng, width) if n < labelled else self._other(rng, width)
            for n in range(count)
        ]
        return collate(samples, self.spec, width)

    def _real(self, rng: Rng, width: int) -> Sample:
        """A labelled line, worn as paper wears, that fits into that width."""
        for _ in range(20):
            line = self._lines[_near(rng, self._widths, width)]
            image = normalize_line(self._worn(rng, line), self.spec)
            if image.shape[2] <= width * MAX_SQUEEZE:
                return self._sample(image, line.text, width)
        return self._sample(normalize_line(line.grey, self.spec), line.text, width)

    def _worn(self, rng: Rng, line: Labelled) -> Grey:
        if rng.random() < AS_IT_IS:
            return line.grey
        bright = ink(dark_on_light(line.grey))
        drawn = Drawn(bright, line.text, np.zeros(len(line.text), np.float32))
        return scan(rng, drawn, BORNE * float(rng.uniform(0, WORN)))[0]

    def _other(self, rng: Rng, width: int) -> Sample:
        if self._renderer:
            severity = self.recipe.curriculum[-1].severity
            return self._renderer.sample(rng, width, severity)
        line = self._replay[_near(rng, self._replay_widths, width)]
        return self._sample(normalize_line(line.grey, self.spec), line.text, width)

    def _sample(self, image: Grey, text: str, width: int) -> Sample:
        if image.shape[2] > width:
            image = np.stack([cv2.resize(plane, (width, self.spec.height)) for plane in image])
        return Sample(image, self.charset.encode(text), np.zeros(len(text), np.float32))


def _widths(result: Sequence[Labelled]) -> NDArray[np.int64]:
    return np.array([line.width for line in result], np.int64)


def _near(rng: Rng, widths: NDArray[np.int64], width: int) -> int:
    """One of the lines that nearly fill a width; the one nearest to it where there is none."""
    fits = np.flatnonzero((widths <= width * 1.1) & (widths > width - NARROWER))
    if not fits.size:
        return int(np.abs(widths - width).argmin())
    return int(fits[rng.integers(fits.size)])


def write_replay(recipe: Recipe, spec: ModelSpec, out: Path, count: int) -> None:
    """A labels.tsv folder of rendered lines, for machines that cannot render.

    Lossy WebP: a thousand lines take some two megabytes.
    """
    renderer, rows = Renderer(recipe, spec), []
    low, high, severity = recipe.curriculum_at(1 << 40)
    (out / "images").mkdir(parents=True)
    for number in range(count):
        rng = np.random.default_rng((recipe.seed, 5, number))
        width = int(np.exp(rng.uniform(np.log(low), np.log(high))))
        sample = renderer.sample(rng, width, severity)
        name = f"images/{number:05}.webp"
        picture = cv2.bitwise_not(sample.strip[0])
        cv2.imwrite(str(out / name), picture, (cv2.IMWRITE_WEBP_QUALITY, 80))
        rows.append(f"{name}\t{renderer.charset.decode(sample.labels)}\n")
    (out / LABELS).write_text("".join(rows), "utf-8")
    (out / "recipe.json").write_text(json.dumps({"recipe": recipe.name, "lines": count}), "utf-8")
