"""A hand that no training saw: `python -m tests.bench.lines.new_hand OUT --seed 3 --lines 500`.

One writer of the stroke engine, drawn once and kept for every line, with one pen on one kind of
paper: what an office's own forms look like to a recogniser that learned from everyone's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from charset import Charset
from crnn.train import recipe as recipes
from crnn.train.data.held_out import drawn_lines, write_lines
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.handwriting.style import new_hand
from crnn.train.synth.handwriting.writers import writer
from crnn.train.synth.text.text_sources import Rng, Texts, sources

EMS = (4.0, 12.0)
"""Shortest and longest line."""


def write(out: Path, seed: int, count: int, first: int = 0) -> None:
    """A labels.tsv folder of `count` lines of the hand of that seed, from line `first` on."""
    recipe = recipes.load(Path("zh"))
    charset, root = Charset.load(recipe.charset), Path(recipe.data.sources)
    texts = Texts(sources(root, charset), recipe.data.text)
    pen, hand = writer(root, charset), new_hand(np.random.default_rng((9, seed)), 1.0)

    def draw(rng: Rng, text: str, budget: float) -> Drawn:
        return pen.write(rng, text, hand, budget)

    lines = drawn_lines(draw, texts, key=(9, seed), first=first, ems=EMS)
    write_lines(out, lines, charset, count)


def main(argv: list[str] | None = None) -> int:
    """Write the folder."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lines.new_hand", description=__doc__
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="numbers of lines begin here")
    args = parser.parse_args(argv)
    write(args.out, args.seed, args.lines, args.first)
    print(json.dumps({"folder": str(args.out), "seed": args.seed, "lines": args.lines}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
