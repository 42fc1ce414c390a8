"""How fast training lines are made: `python -m tests.bench.rendering [RECIPE]`; needs runs/sources.

Prints JSON: lines a second of one core at the recipe's last stage, milliseconds of CPU a line, and
how many pixels a line is wide on average. Training must never wait: beside a two-core run that
learns L lines a second, rendering takes L * ms_per_line / 1000 of one core.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import cv2

from crnn.train import recipe
from crnn.train.samples import Renderer


def main() -> int:
    """Render for about ten seconds of CPU."""
    cv2.setNumThreads(0)
    found = recipe.load(Path(sys.argv[1] if len(sys.argv) > 1 else "zh"))
    renderer = Renderer(found, found.spec())
    first = found.curriculum[-2].until if len(found.curriculum) > 1 else 0
    for number in range(first, first + 10):
        renderer.batch(number)  # glyphs come into memory
    lines, pixels, number, started = 0, 0, first + 10, time.process_time()
    while time.process_time() - started < 10:
        batch = renderer.batch(number)
        lines += len(batch.lengths)
        pixels += batch.images.shape[0] * batch.images.shape[3]
        number += 1
    spent = time.process_time() - started
    figures = {
        "recipe": found.name,
        "lines_per_s_per_core": round(lines / spent, 1),
        "ms_per_line": round(1000 * spent / lines, 3),
        "mean_width": round(pixels / lines),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
