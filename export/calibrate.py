"""Fitting a calibration: held-out lines through the Reader, five numbers out of it.

They are read as they are in serving: framed and tried upside down. Rendered lines of every
severity, half of them in fonts that training left out where the recipe leaves some out; labelled
folders of real lines beside them where they are given. Fit on what may be shipped, never on a set
that is measured on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charset import Charset, fold
from crnn.calibration import Calibration, char_evidence, line_evidence
from crnn.evaluate.labelled_set import labelled, part
from crnn.evaluate.text_alignment import verdicts
from crnn.preprocess.normalize import WIDTH_STEPS
from crnn.reader import Reader
from crnn.recognize import confidence
from crnn.recognize.hypothesis import without_extra_spaces
from crnn.recognize.session import Session
from crnn.train.data.samples import Renderer
from crnn.train.recipe import Recipe
from crnn.train.synth.fonts.glyphs import load_faces
from crnn.train.validate import HELD_OUT

Array = NDArray[np.float64]

LINES = 1600
SEVERITIES = (0.25, 0.5, 0.75, 1.0)
WIDTHS = (WIDTH_STEPS[1], 700)
"""Pixels of a rendered line, the logarithm drawn evenly: short fields are as many as long lines."""
RIDGE = 1e-3
"""Pull of slopes towards 0, as if each line of evidence were this much weaker."""


@dataclass(frozen=True)
class Evidence:
    """A line read without calibration. right: per character, None where it folds to nothing."""

    peaks: list[float]
    visible: list[bool]
    right: list[bool | None]
    ln_complete: float
    exact: bool


def calibrate(session: Session, recipe: Recipe, folders: Sequence[Path] = ()) -> Calibration:
    """The calibration of a model by rendered lines, and by folders of real ones beside them."""
    reader = Reader(session)
    lines = [
        *rendered(reader, recipe),
        *(one for folder in folders for one in real(reader, folder)),
    ]
    return fit(lines)


def rendered(reader: Reader, recipe: Recipe, count: int = LINES) -> Iterator[Evidence]:
    """Lines of the recipe's kind that no training, quantisation or parity check ever saw."""
    renderers = [Renderer(recipe, reader.spec)]
    if unseen := only_held_out(recipe):
        renderers.append(Renderer(unseen, reader.spec))
    for number in range(count):
        rng = np.random.default_rng((recipe.seed, HELD_OUT * 3 + number))
        width = round(float(np.exp(rng.uniform(*np.log(WIDTHS)))))
        renderer = renderers[number % len(renderers)]
        line = renderer.scanned(rng, width, SEVERITIES[number // 2 % len(SEVERITIES)])
        yield evidence(reader, line.crop, line.text)


def only_held_out(recipe: Recipe) -> Recipe | None:
    """The recipe with the fonts it holds out and no others; None where it holds out none."""
    held = set(recipe.data.held_out_fonts)
    if not held:
        return None
    fonts, cache = Path(recipe.data.sources) / "fonts", Path(recipe.data.glyph_cache)
    names = {face.name for face in load_faces(fonts, cache, Charset.load(recipe.charset))}
    others = tuple(sorted(names - held))
    if len(others) == len(names):
        return None
    return replace(recipe, data=replace(recipe.data, held_out_fonts=others))


def real(reader: Reader, folder: Path, *, held_out: bool = False) -> Iterator[Evidence]:
    """The lines of a labels.tsv folder, or only those that are never learned from."""
    for path, truth in part(folder, held_out=True) if held_out else labelled(folder):
        yield evidence(reader, path.read_bytes(), truth)


def evidence(reader: Reader, image: bytes | NDArray[np.uint8], truth: str) -> Evidence:
    """What reading the picture of a line gives, before any calibration."""
    ((_, hypothesis),) = reader.hypotheses(image, "line")
    raw, classes = hypothesis.decoded.chars, reader.spec.classes
    chars = without_extra_spaces(raw)
    texts = [char.text for char in chars]
    return Evidence(
        [char.confidence for char in chars],
        [text != " " for text in texts],
        verdicts(texts, truth),
        confidence.ln_complete(hypothesis.scores, raw, classes),
        fold("".join(texts)) == fold(truth),
    )


def fit(lines: Sequence[Evidence]) -> Calibration:
    """Two logistic regressions: characters first, then lines by what the characters became."""
    rows = [
        (*features, float(right))
        for line in lines
        for features, right in zip(char_evidence(line.peaks), line.right, strict=True)
        if right is not None
    ]
    table = np.array(rows, np.float64)  # (M, 3)
    first = Calibration(logistic_fit(table[:, :2], table[:, 2]), (0.0, 1.0))
    results = [
        (line_evidence(visible(first, line), line.ln_complete), line.exact) for line in lines
    ]
    spread = np.array(results, np.float64)  # (N, 2)
    return replace(first, line=logistic_fit(spread[:, :1], spread[:, 1]))


def visible(calibration: Calibration, line: Evidence) -> list[float]:
    """Calibrated confidences of a line's visible characters."""
    pairs = zip(calibration.chars(line.peaks), line.visible, strict=True)
    return [one for one, hypothesis in pairs if hypothesis]


def logistic_fit(features: Array, truth: Array) -> tuple[float, ...]:
    """Bias and slopes of a logistic regression, no slope below 0. features: (M, F), truth: (M,).

    Newton's method; a slope that would fall below 0 is left out and the rest fitted again.
    """
    kept = list(range(features.shape[1]))
    while True:
        result = _newton(features[:, kept], truth)
        if not kept or result[1:].min() >= 0:
            break
        del kept[int(result[1:].argmin())]
    slopes = dict(zip(kept, result[1:].tolist(), strict=True))
    bias = float(result[0])
    return (bias, *(slopes.get(column, 0.0) for column in range(features.shape[1])))


def _newton(features: Array, truth: Array) -> Array:
    inputs = np.column_stack([np.ones(len(features)), features])  # (M, 1+F)
    ridge = np.diag([1e-9, *[RIDGE] * features.shape[1]])
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        guess = 1 / (1 + np.exp(-np.clip(inputs @ weights, -40, 40)))
        slope = inputs.T @ (guess - truth) / len(truth) + ridge @ weights
        curve = (inputs * (guess * (1 - guess))[:, None]).T @ inputs / len(truth) + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return weights
