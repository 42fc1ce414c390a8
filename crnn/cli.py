"""crnn-ocr read | evaluate | lm | train | export | serve: the command line."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from crnn.errors import OcrError, ReadError
from crnn.lm import command as lm
from crnn.metrics import Score, edit_distance, score
from crnn.read.image import ImageLimits, grey_image
from crnn.read.lines import LineCrop
from crnn.read.page import Page
from crnn.read.reader import MODES, Reader, ReadOptions
from crnn.read.session import Session
from crnn.sets import labelled


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 where it did as asked, 1 for an unreadable input, 2 for a mistake."""
    args = parser().parse_args(argv)
    try:
        code: int = args.run(args)
        return code
    except (OcrError, OSError) as exc:
        print(f"crnn-ocr: {exc}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(prog="crnn-ocr", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_read, _add_evaluate, lm.add, _add_train, _add_export, _add_serve):
        add(commands)
    return top


def _add_read(commands: Any) -> None:
    read = commands.add_parser("read", help="print what images say")
    read.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    read.add_argument(
        "--mode", choices=MODES, default="auto", help="one line, a page, or decide by the image"
    )
    read.add_argument("--format", choices=("text", "json"), default="text")
    _add_model_options(read)
    read.set_defaults(run=_read)


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="score readings of a folder of labelled lines")
    evaluate.add_argument(
        "dir", type=Path, metavar="DIR", help="holds labels.tsv (file, tab, text) and images"
    )
    evaluate.add_argument(
        "--errors", type=int, default=0, metavar="N", help="print the N worst lines to stderr"
    )
    evaluate.add_argument(
        "--digits-only", action="store_true", help="score digits, as labels without signs need"
    )
    _add_model_options(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _add_train(commands: Any) -> None:
    train = commands.add_parser("train", help="train a recipe (needs the train extra)")
    train.add_argument(
        "recipe", type=Path, metavar="RECIPE", help="a TOML file, or a name in crnn/train/recipes"
    )
    train.add_argument(
        "--minutes", type=float, default=math.inf, metavar="M", help="stop after M minutes"
    )
    train.add_argument(
        "--resume", action="store_true", help="go on from the run folder's last checkpoint"
    )
    train.add_argument(
        "--anneal", action="store_true", help="let the learning rate fall to nothing over M minutes"
    )
    train.add_argument("--start", type=Path, metavar="CHECKPOINT", help="begin with these weights")
    train.add_argument("--lr", type=float, help="a peak learning rate in place of the recipe's")
    train.add_argument(
        "--validate",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="labels.tsv folders to validate on",
    )
    train.add_argument(
        "--out", type=Path, metavar="DIR", help="the run folder; runs/NAME where not given"
    )
    train.set_defaults(run=_train)


def _add_export(commands: Any) -> None:
    export = commands.add_parser(
        "export", help="checkpoint -> ONNX -> INT8 -> weights/NAME (needs the train extra)"
    )
    export.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    wanted = export.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--name", help="publish under this name")
    wanted.add_argument(
        "--fp32", type=Path, metavar="FILE", help="only write the single-precision ONNX file"
    )
    export.add_argument("--weights-dir", type=Path, default=Path("weights"))
    export.set_defaults(run=_export)


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="answer over HTTP (needs the serve extra)")
    serve.add_argument("--host", help="address to listen on; OCR_HOST, else 127.0.0.1")
    serve.add_argument("--port", type=int, help="port to listen on; OCR_PORT, else 8000")
    serve.set_defaults(run=_serve)


def _add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", default="zh", help="weights to read with")
    command.add_argument("--weights-dir", type=Path, help="folder with manifest.json")
    command.add_argument(
        "--model", type=Path, metavar="FILE", help="an ONNX file instead of published weights"
    )
    command.add_argument("--threads", type=int, default=1, help="cores to compute on")


def _reader(args: argparse.Namespace) -> Reader:
    if args.model:
        return Reader(Session(args.model.read_bytes(), threads=args.threads))
    return Reader.load(args.name, args.weights_dir, threads=args.threads)


def _read(args: argparse.Namespace) -> int:
    reader, options, failed = _reader(args), ReadOptions(mode=args.mode), 0
    for path in args.images:
        try:
            page = reader.read(path.read_bytes(), options)
        except (ReadError, OSError) as exc:
            print(f"{path}: {exc}", file=sys.stderr)
            failed = 1
            continue
        if args.format == "json":
            print(json.dumps({"image": str(path), **page_dict(page)}, ensure_ascii=False))
        else:
            print(page.text)
    return failed


def page_dict(page: Page) -> dict[str, Any]:
    """A page as plain values."""
    return {"text": page.text, "confidence": page.confidence, **asdict(page)}


def _evaluate(args: argparse.Namespace) -> int:
    reader, limits = _reader(args), ImageLimits()
    total, spent, spaced = Score(), 0.0, [0, 0]
    worst: list[tuple[int, str, str, str]] = []
    for path, truth in labelled(args.dir):
        try:
            grey = grey_image(path.read_bytes(), limits)
        except ReadError as exc:
            print(f"crnn-ocr: {path}: {exc}", file=sys.stderr)
            return 2
        started = time.perf_counter()
        line = reader.read_line(LineCrop(grey, (0, 0, grey.shape[1], grey.shape[0])))
        spent += time.perf_counter() - started
        text = "".join(c for c in line.text if c.isdigit()) if args.digits_only else line.text
        found = score(text, truth)
        worst.append((found.errors, path.name, truth, text))
        total += found
        spaced[0] += edit_distance(" ".join(text.split()), " ".join(truth.split()))
        spaced[1] += len(" ".join(truth.split()))
    for errors, name, truth, text in sorted(worst, reverse=True)[: args.errors]:
        print(f"{errors}\t{name}\t{truth}\t{text}", file=sys.stderr)
    print(
        json.dumps(
            {
                "set": args.dir.name,
                "lines": total.lines,
                "cer": round(total.cer, 5),
                "line_accuracy": round(total.line_accuracy, 5),
                "ms_per_line": round(1000 * spent / max(1, total.lines), 3),
                "cer_with_spaces_unfolded": round(spaced[0] / max(1, spaced[1]), 5),
            }
        )
    )
    return 0


def _train(args: argparse.Namespace) -> int:
    from crnn.train import recipe
    from crnn.train.loop import Trainer

    chosen = recipe.load(args.recipe)
    if args.lr:
        chosen = replace(chosen, train=replace(chosen.train, lr=args.lr))
    if args.anneal and not math.isfinite(args.minutes):
        print("crnn-ocr: --anneal needs --minutes to know when to arrive", file=sys.stderr)
        return 2
    folder = args.out or Path("runs") / chosen.name
    trainer = Trainer(
        chosen, folder, resume=args.resume, start=args.start, validation=args.validate
    )
    best = trainer.run(args.minutes, anneal=args.anneal)
    print(
        json.dumps(
            {"run": str(folder), "best_cer": round(best, 5), "batches": trainer.state.batches}
        )
    )
    return 0


def _export(args: argparse.Namespace) -> int:
    from export import publish, to_onnx
    from export.parity import ParityError

    if args.fp32:
        to_onnx.save(publish.fp32_model(args.checkpoint), args.fp32)
        print(json.dumps({"written": str(args.fp32), "bytes": args.fp32.stat().st_size}))
        return 0
    try:
        published = publish.publish(args.checkpoint, args.name, args.weights_dir)
    except ParityError as exc:
        print(f"crnn-ocr: not published: {exc}", file=sys.stderr)
        return 1
    print(json.dumps(published.facts, ensure_ascii=False))
    return 0


def _serve(args: argparse.Namespace) -> int:
    from service.app import serve

    return serve(host=args.host, port=args.port)


if __name__ == "__main__":
    sys.exit(main())
