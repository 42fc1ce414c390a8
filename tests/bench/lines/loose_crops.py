"""Lines with paper around them.

`python -m tests.bench.lines.loose_crops DIR... [--paper BESIDE,ABOVE ...]`.

Every picture of a set is laid on paper of its rim's median grey, so many heights of it before and
behind the line, so many above and below; recognisers read it as the crop of one line. Prints a
Markdown table of CER %. `--without` leaves engines out, as in tests.bench.lines.peers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score
from crnn.inputs.image import ImageLimits, grey_image
from crnn.preprocess.crop import rim_level
from tests.bench.lines.peers import TITLES, Read, judged, ours, peers

Grey = NDArray[np.uint8]
Paper = tuple[float, float]

PAPERS: tuple[Paper, ...] = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 2))


def main(argv: list[str] | None = None) -> int:
    """Read and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lines.loose_crops", description=__doc__
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--paper", type=_paper, nargs="+", default=PAPERS)
    parser.add_argument("--name", default="zh")
    parser.add_argument("--lines", type=int, default=10**9, help="the first N lines of each set")
    parser.add_argument("--environments", type=Path, default=Path("runs/peers"))
    parser.add_argument("--digits-only", nargs="*", default=["digit_strings"])
    parser.add_argument("--without", nargs="*", default=[], metavar="ENGINE")
    args = parser.parse_args(argv)
    engines = {"int8": ours(args.name)["int8"]} | peers(args.environments, args.without)
    print("| set | recogniser | " + " | ".join(f"{b:g} and {a:g}" for b, a in args.paper) + " |")
    print("|" + "---|" * (2 + len(args.paper)))
    for folder in args.sets:
        rows = list(labelled(folder))[: args.lines]
        found = [
            _read(rows, paper, engines, folder.name in args.digits_only) for paper in args.paper
        ]
        for name in engines:
            cells = " | ".join(f"{100 * totals[name].cer:.2f}" for totals in found)
            print(f"| {folder.name} | {TITLES.get(name, name)} | {cells} |", flush=True)
    return 0


def _paper(told: str) -> Paper:
    beside, above = map(float, told.split(","))
    return beside, above


def _read(
    rows: list[tuple[Path, str]], paper: Paper, engines: dict[str, Read], digits_only: bool
) -> dict[str, Score]:
    """What each engine makes of lines with so much paper around them."""
    totals = dict.fromkeys(engines, Score())
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "line.png"
        for path, truth in rows:
            cv2.imwrite(str(picture), laid(grey_image(path.read_bytes(), ImageLimits()), paper))
            for name, read in engines.items():
                totals[name] += judged(read(picture)[0], truth, digits_only)
    return totals


def laid(crop: Grey, paper: Paper) -> Grey:
    """A crop (H, W) with so many heights of paper beside it, and above and below it."""
    beside, above = (round(share * len(crop)) for share in paper)
    made = np.pad(crop, ((above, above), (beside, beside)), constant_values=rim_level(crop))
    return np.asarray(made, np.uint8)


if __name__ == "__main__":
    sys.exit(main())
