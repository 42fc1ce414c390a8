"""Do confidences keep their word? `python -m tests.bench.lines.confidence DIR... [--plot FILE]`.

Reads every set twice, as the network's own confidences have it and as the calibration in the
weights has it. Prints a Markdown table of ECE (ten buckets) and Brier score for characters and
lines, and draws what was said against what came.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from crnn import weights
from crnn.evaluate.evaluation import Judged, read_folder
from crnn.evaluate.reliability import brier, buckets, calibration_error
from crnn.reader import Reader
from crnn.recognize.session import Session

Answers = list[tuple[float, bool]]
UNITS = ("characters", "lines")
WHEN = ("before", "after")


def main(argv: list[str] | None = None) -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lines.confidence", description=__doc__
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--name", default="zh")
    parser.add_argument(
        "--digits-only", nargs="*", default=["digit_strings"], help="sets judged on digits"
    )
    parser.add_argument("--plot", type=Path, help="where to draw the reliability curves")
    args = parser.parse_args(argv)
    readers = both(args.name)
    heads = ["set", "unit", "answers", "right %", "said before %", "said after %"]
    heads += ["ECE before", "ECE after", "Brier before", "Brier after"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    curves: dict[str, dict[str, list[Answers]]] = {}
    for folder in args.sets:
        digits = folder.name in args.digits_only
        judged = [read_folder(reader, folder, digits_only=digits) for reader in readers]
        curves[folder.name] = {unit: [answers(one, unit) for one in judged] for unit in UNITS}
        for unit in UNITS:
            print(row(folder.name, unit, *curves[folder.name][unit]), flush=True)
    if args.plot:
        plot(curves, args.plot)
    return 0


def both(name: str) -> tuple[Reader, Reader]:
    """A reader that does without its calibration, and the reader that is served."""
    plain = Session(weights.load(name).model)
    plain.spec = replace(plain.spec, calibration=None)
    return Reader(plain), Reader.load(name)


def answers(judged: list[Judged], unit: str) -> Answers:
    """Confidence and verdict of every line or every visible character."""
    if unit == "lines":
        return [(one.line.confidence, one.right) for one in judged]
    return [answer for one in judged for answer in one.chars]


def row(name: str, unit: str, before: Answers, after: Answers) -> str:
    """One row of the table."""
    right = sum(r for _, r in after) / len(after)
    cells = [name, unit, str(len(after)), f"{100 * right:.1f}"]
    cells += [f"{100 * sum(c for c, _ in found) / len(found):.1f}" for found in (before, after)]
    cells += [f"{calibration_error(*zip(*found, strict=True)):.3f}" for found in (before, after)]
    cells += [f"{brier(*zip(*found, strict=True)):.3f}" for found in (before, after)]
    return "| " + " | ".join(cells) + " |"


def plot(curves: dict[str, dict[str, list[Answers]]], path: Path) -> None:
    """Accuracy over confidence: units below each other, before and after side by side."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(8, 8), sharex=True, sharey=True)
    for axis_row, unit in zip(axes, UNITS, strict=True):
        for axis, when in zip(axis_row, WHEN, strict=True):
            axis.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--")
            for name, found in curves.items():
                held = buckets(*zip(*found[unit][WHEN.index(when)], strict=True))
                told = [bucket for bucket in held if bucket.count >= 5]
                x, y = [b.confidence for b in told], [b.accuracy for b in told]
                axis.plot(x, y, marker="o", markersize=4, label=name)
            axis.set_title(f"{unit}, {when} calibration", fontsize=10)
    for axis in axes[1]:
        axis.set_xlabel("confidence")
    for axis in axes[:, 0]:
        axis.set_ylabel("share that is right")
    axes[0, 0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
