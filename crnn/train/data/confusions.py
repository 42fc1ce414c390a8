"""What a network confuses, to learn from: `python -m crnn.train.data.confusions CHECKPOINT`.

Reads held-out rendered lines of the checkpoint's recipe and writes each character that was misread,
with what was read for it, to sources/confusions.txt, one row a pair: the two characters and how
often. The text source `confusions` then writes lines of them. Which lines are rendered is decided
by the file, so a run stays reproducible with it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import torch

from crnn.decode import text_of
from crnn.evaluate.text_alignment import align
from crnn.recognize import tiling
from crnn.spec import ModelSpec
from crnn.train import checkpoint
from crnn.train.data.samples import Renderer
from crnn.train.models.crnn import Crnn
from crnn.train.synth.text.text_sources import CONFUSIONS

FIRST = 1 << 29
"""Batch numbers from here on are read for confusions: not trained on, nor those of validation."""


def main(argv: list[str] | None = None) -> int:
    """Read, count, write."""
    parser = argparse.ArgumentParser(
        prog="python -m crnn.train.data.confusions", description=__doc__
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--lines", type=int, default=3000)
    args = parser.parse_args(argv)
    torch.set_num_threads(1)  # one line is too little for more, which then wait for each other
    model, spec, recipe = checkpoint.load_model(args.checkpoint)
    counts, chars = confusions(model, spec, Renderer(recipe, spec), args.lines)
    path = Path(recipe.data.sources) / CONFUSIONS
    rows = [f"{truth}{read}\t{count}" for (read, truth), count in counts.most_common()]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    print(f"{path}: {len(rows)} pairs, {sum(counts.values())} of {chars} characters misread")
    return 0


@torch.inference_mode()
def confusions(
    model: Crnn, spec: ModelSpec, renderer: Renderer, lines: int
) -> tuple[Counter[tuple[str, str]], int]:
    """(read, truth) of misread characters, and how many characters there were."""
    counts: Counter[tuple[str, str]] = Counter()
    chars = seen = number = 0
    while seen < lines:
        batch, start = renderer.batch(FIRST + number), 0
        for image, length in zip(batch.images, batch.lengths, strict=True):
            truth = renderer.charset.decode(batch.labels[start : start + length].tolist())
            scores = tiling.scores(image, spec, lambda x: model(torch.from_numpy(x))[0].numpy())
            pairs = align(text_of(scores, spec.classes), truth)
            counts.update(pair for pair in pairs if pair[0] != pair[1] and all(pair))
            start, chars, seen = start + length, chars + length, seen + 1
        number += 1
    return counts, chars


if __name__ == "__main__":
    sys.exit(main())
