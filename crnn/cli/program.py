"""crnn-ocr read | evaluate | ... | feedback: the commands; `crnn-ocr -h` names them."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crnn.cli import (
    batch,
    correction_loop,
    decode_options,
    evaluate,
    form,
    lm,
    train,
)
from crnn.cli.old_names import refuse_old_names
from crnn.decode.factory import METHODS_WITH_LM
from crnn.decode.ngram_lm import NgramLanguage
from crnn.errors import OcrError, ReadError
from crnn.options import DETAILS, EFFORTS, MODES, WIDTHS, ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from crnn.recognize.session import Session


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 where it did as asked, 1 for an unreadable input, 2 for a mistake."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        refuse_old_names(argv)
        args = parser().parse_args(argv)
        code: int = args.run(args)
        return code
    except (OcrError, OSError) as exc:
        print(f"crnn-ocr: {exc}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(prog="crnn-ocr", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_read, batch.add, _add_template, _add_form):
        add(commands)
    for add in (_add_evaluate, _add_review_budget, lm.add):
        add(commands)
    for add in (train.add, _add_export, _add_calibrate, _add_serve, _add_key, _add_migrate):
        add(commands)
    correction_loop.add(commands)
    return top


def _add_read(commands: Any) -> None:
    read = commands.add_parser("read", help="print what images say")
    read.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    read.add_argument(
        "--mode", choices=MODES, default="auto", help="one line, a page, or decide by the image"
    )
    read.add_argument("--format", choices=("text", "json"), default="text")
    read.add_argument(
        "--detail", choices=DETAILS, default="lines", help="chars: what else each may be, in JSON"
    )
    read.add_argument(
        "--width", choices=tuple(WIDTHS), default="as_read", help="signs of one width"
    )
    read.add_argument(
        "--effort", choices=EFFORTS, default="quick", help="how often doubtful lines are looked at"
    )
    decode_options.add(read)
    _add_model_options(read)
    read.set_defaults(run=_read)


def _add_template(commands: Any) -> None:
    template = commands.add_parser("template", help="make and check templates of forms")
    actions = template.add_subparsers(required=True, metavar="ACTION")
    propose = actions.add_parser("propose", help="zones of a blank form, to be looked over")
    form.add_propose_options(propose)
    _add_model_options(propose)
    propose.set_defaults(run=lambda args: form.propose_template(args, _reader(args)))
    check = actions.add_parser("check", help="whether templates can be used")
    form.add_check_options(check)
    _add_model_options(check)
    check.set_defaults(run=lambda args: form.check_templates(args, _reader(args)))


def _add_form(commands: Any) -> None:
    command = commands.add_parser("form", help="read filled forms")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    read = actions.add_parser("read", help="fields of filled forms, as JSON, CSV or a workbook")
    form.add_read_options(read)
    _add_model_options(read)
    read.set_defaults(run=lambda args: form.read_forms(args, _reader(args)))


def _add_evaluate(commands: Any) -> None:
    command = commands.add_parser("evaluate", help="score readings of a folder of labelled lines")
    evaluate.add_evaluate_options(command)
    _add_model_options(command)
    command.set_defaults(run=lambda args: evaluate.evaluate(args, _reader(args)))


def _add_review_budget(commands: Any) -> None:
    budget = commands.add_parser(
        "review-budget", help="which confidence leaves how many errors, and what a person must see"
    )
    evaluate.add_review_options(budget)
    _add_model_options(budget)
    budget.set_defaults(run=lambda args: evaluate.review_budget(args, _reader(args)))


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
    export.add_argument(
        "--interpolate",
        type=float,
        metavar="W",
        help="go only so far (0 to 1) from --start to the checkpoint: less new, less forgotten",
    )
    export.add_argument(
        "--start", type=Path, metavar="CHECKPOINT", help="for --interpolate: the old one"
    )
    export.add_argument(
        "--lines",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="quantise, compare and calibrate by these labelled lines, not by rendered ones",
    )
    export.set_defaults(run=_export)


def _add_calibrate(commands: Any) -> None:
    calibrate = commands.add_parser(
        "calibrate", help="fit the confidences of published weights anew (needs the train extra)"
    )
    calibrate.add_argument("name", metavar="NAME", help="published weights")
    calibrate.add_argument(
        "--lines", type=Path, nargs="+", default=[], metavar="DIR", help="real lines to fit on too"
    )
    calibrate.add_argument("--weights-dir", type=Path, default=Path("weights"))
    calibrate.set_defaults(run=_calibrate)


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="answer over HTTP (needs the serve extra)")
    serve.add_argument("--host", help="address to listen on; OCR_HOST, else 127.0.0.1")
    serve.add_argument("--port", type=int, help="port to listen on; OCR_PORT, else 8000")
    serve.set_defaults(run=_serve)


def _add_key(commands: Any) -> None:
    key = commands.add_parser("key", help="make an API key (needs the serve extra)")
    key.add_argument("action", choices=("new",))
    key.add_argument("name", metavar="NAME", help="whose it is: letters, digits, - and _")
    key.add_argument("--rate", default="", help="how often it may ask, such as 600/minute")
    key.add_argument("--admin", action="store_true", help="it may change which models read")
    key.set_defaults(run=_key)


def _add_migrate(commands: Any) -> None:
    migrate = commands.add_parser(
        "migrate", help="bring the database of jobs to this version (needs the serve extra)"
    )
    migrate.add_argument("--check", action="store_true", help="only say whether it is; 1 if not")
    migrate.set_defaults(run=_migrate)


def _add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", default="zh", help="weights to read with")
    command.add_argument("--weights-dir", type=Path, help="folder with manifest.json")
    command.add_argument(
        "--model", type=Path, metavar="FILE", help="an ONNX file instead of published weights"
    )
    command.add_argument("--threads", type=int, default=1, help="cores to compute on")


def _reader(args: argparse.Namespace) -> Reader:
    language = args.language if getattr(args, "decode", None) in METHODS_WITH_LM else ""
    if args.model:
        session = Session(args.model.read_bytes(), threads=args.threads)
        classes = session.spec.classes
        model = NgramLanguage.load(language, args.weights_dir, classes) if language else None
        return Reader(session, language=model)
    return Reader.load(args.name, args.weights_dir, threads=args.threads, language=language)


def _read(args: argparse.Namespace) -> int:
    reader, failed = _reader(args), 0
    decoding = decode_options.decode_options(args, reader.charset)
    options = ReadOptions(args.mode, args.detail, decoding, args.width, args.effort)
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
            for line in page.lines:
                decode_options.print_extras(path, line)
    return failed


def page_dict(page: Page) -> dict[str, Any]:
    """A page as plain values; what was not asked for is not there."""
    values = {"text": page.text, "confidence": page.confidence, **asdict(page)}
    for line in values["lines"]:
        unasked = ("alternatives", "match", "field", "raw_text", "corners")
        optional = [(line, name) for name in unasked]
        optional += [(char, "alternatives") for char in line["chars"]]
        for owner, name in optional:
            if not owner[name]:
                del owner[name]
    return values


def _export(args: argparse.Namespace) -> int:
    from export import publish, to_onnx
    from export.parity import ParityError

    if (args.interpolate is None) != (args.start is None) or not 0 < (args.interpolate or 1) <= 1:
        raise OcrError("--interpolate takes a weight over 0 and up to 1, together with --start")
    if args.interpolate:
        args.checkpoint = publish.interpolated(args.start, args.checkpoint, args.interpolate)
    if args.fp32:
        to_onnx.save(publish.fp32_model(args.checkpoint), args.fp32)
        print(json.dumps({"written": str(args.fp32), "bytes": args.fp32.stat().st_size}))
        return 0
    try:
        lines = None
        if args.lines:
            lines = publish.from_folders(args.lines, publish.spec_of(args.checkpoint))
        published = publish.publish(args.checkpoint, args.name, args.weights_dir, lines)
    except ParityError as exc:
        print(f"crnn-ocr: not published: {exc}", file=sys.stderr)
        return 1
    print(json.dumps(published.facts, ensure_ascii=False))
    return 0


def _calibrate(args: argparse.Namespace) -> int:
    from export import publish

    entry = publish.recalibrate(args.name, args.weights_dir, args.lines)
    kept = {"sha256": entry["sha256"], "calibration": entry["spec"]["calibration"]}
    print(json.dumps({"weights": args.name, **kept}))
    return 0


def _key(args: argparse.Namespace) -> int:
    from service.auth.api_keys import BadKeysFile, new_key

    try:
        key, line = new_key(args.name, args.rate, admin=args.admin)
    except BadKeysFile as exc:
        raise OcrError(f"no such key can be: {exc}") from exc
    print(f"The key, shown this once: {key}\nThe line for OCR_API_KEYS_FILE:\n{line}")
    return 0


def _migrate(args: argparse.Namespace) -> int:
    from service.storage.migrate import migrate

    return migrate(is_check=args.check)


def _serve(args: argparse.Namespace) -> int:
    from service.app import serve

    return serve(host=args.host, port=args.port)
