"""A hand that no training saw: `python -m tests.bench.new_hand OUT --seed 3 --lines 500`.

One writer of the stroke engine, drawn once and kept for every line, with one pen on one kind of
paper: what an office's own forms look like to a recogniser that learned from everyone's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from charset import Charset
from crnn.sets import LABELS
from crnn.train import recipe as recipes
from crnn.train.augment import scan
from crnn.train.glyphs import EM
from crnn.train.penmanship import new_hand
from crnn.train.pens import writer
from crnn.train.text import Texts, sources

EMS = (4.0, 12.0)
DAMAGE = 0.35
"""Severity of the scans: an office's own scanner, better than the worst that training draws."""


def write(out: Path, seed: int, count: int, first: int = 0) -> None:
    """A labels.tsv folder of `count` lines of the hand of that seed, from line `first` on."""
    recipe = recipes.load(Path("zh"))
    charset, root = Charset.load(recipe.charset), Path(recipe.data.sources)
    texts = Texts(sources(root, charset), recipe.data.text)
    pen, hand = writer(root, charset), new_hand(np.random.default_rng((9, seed)), 1.0)
    (out / "images").mkdir(parents=True)
    rows: list[str] = []
    number = first
    while len(rows) < count:
        rng = np.random.default_rng((9, seed, number))
        ems = float(rng.uniform(*EMS))
        drawn = pen.write(rng, texts.line(rng, ems), hand, ems * EM)
        number += 1
        if not drawn.text or any(char not in charset for char in drawn.text):
            continue
        name = f"images/{number:05}.png"
        cv2.imwrite(str(out / name), scan(rng, drawn, DAMAGE)[0])
        rows.append(f"{name}\t{drawn.text}\n")
    (out / LABELS).write_text("".join(rows), "utf-8")


def main(argv: list[str] | None = None) -> int:
    """Write the folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.new_hand", description=__doc__)
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
