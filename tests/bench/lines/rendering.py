"""How fast training lines are made, and what they say.

`python -m tests.bench.lines.rendering [RECIPE]`.

Needs runs/sources. Prints a Markdown row a pen: lines a second of one core at the recipe's last
stage, milliseconds of CPU a line, pixels a line is wide. Training must never wait: beside
a run that learns L lines a second, rendering takes L * ms_per_line / 1000 of one core. With
`--rarest N`, instead: how often each character stands in that many thousand lines.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from crnn.train import recipe
from crnn.train.data.samples import Renderer


def main(argv: list[str] | None = None) -> int:
    """Render for some seconds of CPU a pen, or count characters."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lines.rendering", description=__doc__
    )
    parser.add_argument("recipe", nargs="?", type=Path, default=Path("zh"))
    parser.add_argument("--seconds", type=float, default=8, help="CPU seconds a pen")
    parser.add_argument("--rarest", type=int, metavar="N", help="count in N thousand lines")
    args = parser.parse_args(argv)
    cv2.setNumThreads(0)
    found = recipe.load(args.recipe)
    if args.rarest:
        coverage(found, args.rarest * 1000)
        return 0
    print("| pen | lines/s/core | ms CPU a line | mean width px |\n|---|---|---|---|")
    for pen in found.data.writers:
        rate(found, {pen: 1.0}, pen, args.seconds)
    rate(found, found.data.writers, f"all of {found.name}", args.seconds)
    return 0


def rate(found: recipe.Recipe, pens: dict[str, float], title: str, seconds: float) -> None:
    """Print how fast these pens write."""
    data = dataclasses.replace(found.data, writers=pens)
    renderer = Renderer(dataclasses.replace(found, data=data), found.spec())
    first = found.curriculum[-2].until if len(found.curriculum) > 1 else 0
    for number in range(first, first + 6):
        renderer.batch(number)  # glyphs come into memory
    lines, pixels, number, started = 0, 0, first + 6, time.process_time()
    while time.process_time() - started < seconds:
        batch = renderer.batch(number)
        lines += len(batch.lengths)
        pixels += batch.images.shape[0] * batch.images.shape[3]
        number += 1
    spent = time.process_time() - started
    row = (title, f"{lines / spent:.0f}", f"{1000 * spent / lines:.2f}", f"{pixels / lines:.0f}")
    print(f"| {' | '.join(row)} |", flush=True)


def coverage(found: recipe.Recipe, lines: int) -> None:
    """Print how many characters of the charset stand how often, and the rarest of them."""
    renderer = Renderer(found, found.spec())
    counts: Counter[int] = Counter()
    number = seen = 0
    while seen < lines:
        batch = renderer.batch(1_000_000 + number)
        counts.update(batch.labels.tolist())
        seen += len(batch.lengths)
        number += 1
    classes = found.spec().classes
    often = np.array([counts[label] for label in range(1, len(classes))])
    print(f"{seen} lines, {often.sum()} characters, {len(often)} in the charset")
    for level in (0, 1, 3, 10, 30, 100):
        print(f"seen at most {level} times: {(often <= level).sum()}")
    order = np.argsort(often, kind="stable")[:60]
    print("rarest:", " ".join(f"{classes[1 + row]}{often[row]}" for row in order))


if __name__ == "__main__":
    sys.exit(main())
