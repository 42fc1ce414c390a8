"""`crnn-ocr batch IN... OUT`: every page of many documents into one folder."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from crnn import weights
from crnn.batch import output_files, summary
from crnn.batch.engines.cpu_count import available_cores
from crnn.batch.engines.local import Local
from crnn.batch.engines.worker_pool import WorkerPool
from crnn.batch.form_plan import FormsPlan, write_forms
from crnn.batch.input_files import Listing
from crnn.batch.ledger import Ledger, plan_digest
from crnn.batch.page_plan import Reading
from crnn.batch.page_task import Plan
from crnn.batch.progress import Progress
from crnn.batch.run import Engine, Run, RunOptions
from crnn.cli import decode_options
from crnn.decode.factory import METHODS_WITH_LM, DecodeOptions
from crnn.errors import UnknownOption
from crnn.inputs.documents import DocumentLimits
from crnn.inputs.image import ImageLimits
from crnn.options import EFFORTS, MODES, WIDTHS, ReadOptions
from crnn.recognize.session import Session

ENGINES = ("local", "ray")
MAX_PAGES, MAX_BYTES, MAX_IMAGE_BYTES = 10_000, 4_000_000_000, 200_000_000
PAGE_TIMEOUT_S, REVIEW_UNDER = 120.0, 0.9
DRIVER_WORKERS = 4
"""With Ray: processes of this machine that open documents and write files."""
INTERRUPTED = 130


def add(commands: Any) -> None:
    """The command with its options."""
    batch = commands.add_parser("batch", help="read folders, PDFs, TIFFs and zips into a folder")
    batch.add_argument(
        "inputs", nargs="+", metavar="IN", help="files, folders with all below, patterns"
    )
    batch.add_argument("out", type=Path, metavar="OUT", help="the folder for what is read")
    batch.add_argument(
        "--format", default="jsonl", metavar="LIST", help=f"some of {','.join(output_files.NAMES)}"
    )
    batch.add_argument(
        "--template",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="every page is a form: of these templates, folders or zips",
    )
    batch.add_argument("--mode", choices=MODES, default="auto")
    batch.add_argument("--width", choices=tuple(WIDTHS), default="as_read")
    batch.add_argument("--effort", choices=EFFORTS, default="quick")
    decode_options.add(batch)
    batch.add_argument("--name", default="zh", help="weights to read with")
    batch.add_argument("--weights-dir", type=Path, help="folder with manifest.json")
    batch.add_argument("--model", type=Path, metavar="FILE", help="an ONNX file instead")
    _add_running(batch)
    batch.set_defaults(run=run)


def _add_running(batch: argparse.ArgumentParser) -> None:
    batch.add_argument("--engine", choices=ENGINES, default="local")
    batch.add_argument("--address", default="", help="a running Ray cluster; else this machine")
    batch.add_argument(
        "--workers", type=int, default=0, metavar="N", help="processes; one a core by default"
    )
    batch.add_argument("--page-timeout", type=float, default=PAGE_TIMEOUT_S, metavar="S")
    batch.add_argument("--max-pages", type=int, default=MAX_PAGES, metavar="N", help="a document")
    batch.add_argument("--review-under", type=float, default=REVIEW_UNDER, metavar="C")
    batch.add_argument(
        "--retry-quarantined", action="store_true", help="read again what failed before"
    )
    batch.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """0 where every page was read, 1 where some are quarantined, 2 for a mistake, 130 for ^C."""
    if args.address and args.engine != "ray":
        raise UnknownOption("--address is for --engine ray")
    if args.workers < 0 or args.page_timeout <= 0 or args.max_pages < 1:
        raise UnknownOption("--workers, --page-timeout and --max-pages are above 0")
    formats, plan = output_files.formats(args.format), plan_of(args)
    listing = Listing.of(args.inputs, args.out)
    about = plan.about
    limits = DocumentLimits(MAX_BYTES, args.max_pages, ImageLimits(max_bytes=MAX_IMAGE_BYTES))
    options = RunOptions(plan_digest(about), formats, limits, args.retry_quarantined)
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(Ledger(args.out, about)))
        progress = stack.enter_context(closing(Progress(listing, shows=not args.quiet)))
        crew, engine = _engine(args, plan, progress, stack)
        one = Run(ledger, listing, crew, options, progress)
        try:
            one.go(engine)
        except KeyboardInterrupt:
            print("\ncrnn-ocr: stopped; the same command goes on from here", file=sys.stderr)
            return INTERRUPTED
        return _report(one, ledger, args, progress.seconds)


def _engine(
    args: argparse.Namespace, plan: Plan, progress: Progress, stack: ExitStack
) -> tuple[WorkerPool, Engine]:
    """Who opens documents and writes files, and who reads pages."""
    if args.engine == "local":
        size = args.workers or available_cores()
        crew = stack.enter_context(
            closing(WorkerPool(plan, size, args.page_timeout, progress.tick))
        )
        return crew, Local(crew)
    from crnn.batch.engines.ray import Cluster

    engine = stack.enter_context(
        closing(Cluster(plan, args.address, args.workers, args.page_timeout))
    )
    size = min(DRIVER_WORKERS, available_cores())
    return stack.enter_context(
        closing(WorkerPool(None, size, args.page_timeout, progress.tick))
    ), engine


def plan_of(args: argparse.Namespace) -> Plan:
    """The plan that the options ask for.

    Raises: WeightsError, UnknownOption, BadLexicon, BadTemplate, OSError.
    """
    folder = args.weights_dir or weights.FOLDER
    model = args.model.read_bytes() if args.model else weights.load(args.name, folder).model
    decoding = decode_options.decode_options(args, Session(model).spec.alphabet())
    limits = ImageLimits(max_bytes=MAX_IMAGE_BYTES)
    if args.template:
        return _forms_plan(args, decoding, model, limits)
    options = ReadOptions(args.mode, "lines", decoding, args.width, args.effort)
    spoken = (
        weights.load_language(args.language, folder).model
        if decoding.method in METHODS_WITH_LM
        else b""
    )
    result = Reading(model, options, spoken, limits)
    result.open()  # what cannot be read with is told here, once
    return result


def _forms_plan(
    args: argparse.Namespace, options: DecodeOptions, model: bytes, limits: ImageLimits
) -> FormsPlan:
    if options != DecodeOptions() or args.mode != "auto" or args.width != "as_read":
        raise UnknownOption("with --template the zones say how fields are read: no other wishes")
    result = FormsPlan.of(model, args.template, limits, args.effort)
    result.open()
    return result


def _report(one: Run, ledger: Ledger, args: argparse.Namespace, seconds: float) -> int:
    """Write and print how it went."""
    for file, why in one.unwritten[:20]:
        print(f"crnn-ocr: {file}: its files are not written: {why}", file=sys.stderr)
    result = summary.Summary(
        read=one.read,
        taken_over=one.taken,
        unwritten=len(one.unwritten),
        review_under=args.review_under,
        seconds=round(seconds, 3),
        pages_per_second=round(one.read / max(seconds, 1e-6), 3),
    )
    print(summary.conclude(ledger, result).as_text(), end="")
    if args.template:
        print(f"forms        {', '.join(path.name for path in write_forms(ledger))}")
    return 1 if result.quarantined or result.unwritten else 0
