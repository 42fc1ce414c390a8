"""crnn-ocr evaluate | review-budget: the commands that judge readings of labelled folders."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crnn.cli import decode_options
from crnn.evaluate import evaluation, report
from crnn.evaluate import review_budget as review
from crnn.options import EFFORTS, ReadOptions
from crnn.reader import Reader


def add_evaluate_options(command: argparse.ArgumentParser) -> None:
    """What `evaluate` takes, beside which model reads."""
    command.add_argument(
        "dirs",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="holds labels.tsv (file, tab, text) and images",
    )
    command.add_argument(
        "--errors", type=int, default=0, metavar="N", help="print the N worst lines to stderr"
    )
    command.add_argument(
        "--digits-only", action="store_true", help="score digits, as labels without signs need"
    )
    _add_reading(command)
    command.add_argument(
        "--report", type=Path, metavar="OUT", help="write a page (HTML, one file) about it all"
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("--effort", choices=EFFORTS, default="quick", help="as of read")
    decode_options.add(command)


def evaluate(args: argparse.Namespace, reader: Reader) -> int:
    """Read, print the figures of each set, and write the report where one is wished."""
    sets: dict[str, list[evaluation.Judged]] = {}
    how = _how(args, reader)
    for folder in args.dirs:
        judged = evaluation.read_folder(reader, folder, **how)
        sets[folder.resolve().name] = judged
        worst = sorted(judged, key=lambda one: (one.score.errors, one.path.name), reverse=True)
        for one in worst[: args.errors]:
            cells = (one.score.errors, one.path.name, one.truth, one.line.text)
            print(*cells, sep="\t", file=sys.stderr)
        print(json.dumps(evaluation.summary(folder.resolve().name, judged)), flush=True)
    if args.report:
        args.report.write_text(report.page(sets, reader.spec, reader.sha256), "utf-8")
    return 0


def add_review_options(command: argparse.ArgumentParser) -> None:
    """What `review-budget` takes, beside which model reads."""
    command.add_argument("dir", type=Path, metavar="DIR", help="holds labels.tsv and images")
    command.add_argument(
        "--target-error",
        type=review.rate,
        default=0.005,
        metavar="RATE",
        help="errors that may remain among what is accepted: 0.5%% or 0.005",
    )
    command.add_argument("--digits-only", action="store_true", help="judge digits alone")
    _add_reading(command)
    command.add_argument("--format", choices=("text", "json"), default="text")


def review_budget(args: argparse.Namespace, reader: Reader) -> int:
    """Print the budget; 1 where no threshold on lines keeps the target."""
    judged = evaluation.read_folder(reader, args.dir, **_how(args, reader))
    result = review.budget(judged, args.target_error)
    name, calibrated = args.dir.resolve().name, reader.spec.calibration is not None
    if args.format == "json":
        print(json.dumps({"set": name, "calibrated": calibrated, **asdict(result)}))
    else:
        print(review.as_text(name, result, calibrated=calibrated))
    return 0 if result.lines.threshold is not None else 1


def _how(args: argparse.Namespace, reader: Reader) -> dict[str, Any]:
    """What `read_folder` takes beside reader and folder. Raises: UnknownOption, BadLexicon."""
    decoding = decode_options.decode_options(args, reader.charset)
    options = ReadOptions("line", decoding=decoding, effort=args.effort)
    return {"digits_only": args.digits_only, "options": options}
