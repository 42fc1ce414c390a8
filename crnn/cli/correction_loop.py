"""crnn-ocr feedback | make-replay-set | compare | deploy | fine-tune: the correction loop."""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from crnn.deploy import place
from crnn.errors import OcrError
from crnn.evaluate.gate import gate
from crnn.evaluate.labelled_set import labelled, part
from crnn.reader import Reader

CANDIDATES = Path("data/weights")
"""Where a service with the settings' defaults looks for candidates."""


def add(commands: Any) -> None:
    """What these commands take."""
    feedback = commands.add_parser(
        "feedback", help="corrections out of the service's store (needs the serve extra)"
    )
    feedback.add_argument("action", choices=("export",))
    feedback.add_argument("out", type=Path, metavar="OUT", help="a new folder for labels.tsv")
    feedback.add_argument("--tenant", metavar="NAME", help="only those of this API key's name")
    feedback.set_defaults(run=_feedback)
    _add_replay(commands)
    _add_gate(commands)
    _add_place(commands)
    _add_improve(commands)


def _add_replay(commands: Any) -> None:
    replay = commands.add_parser(
        "make-replay-set", help="render lines for machines that cannot (needs the train extra)"
    )
    replay.add_argument("recipe", type=Path, metavar="RECIPE")
    replay.add_argument("out", type=Path, metavar="OUT", help="a new folder for labels.tsv")
    replay.add_argument("--lines", type=int, default=1000, metavar="N")
    replay.set_defaults(run=_replay)


def _add_gate(commands: Any) -> None:
    gate = commands.add_parser("compare", help="whether a candidate may replace published weights")
    gate.add_argument("name", metavar="CANDIDATE")
    gate.add_argument(
        "--from", dest="source", type=Path, default=CANDIDATES, metavar="DIR", help="where it is"
    )
    gate.add_argument("--against", default="zh", metavar="NAME", help="the weights of today")
    gate.add_argument(
        "--new", type=Path, nargs="+", required=True, metavar="DIR", help="what it learned"
    )
    gate.add_argument("--weights-dir", type=Path, default=Path("weights"))
    _add_kept(gate)
    gate.set_defaults(run=_gate)


def _add_kept(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--old", type=Path, nargs="+", default=[], metavar="DIR", help="sets that may not get worse"
    )
    command.add_argument(
        "--replay",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="lines of crnn-ocr make-replay-set",
    )
    command.add_argument(
        "--tolerance", type=float, default=0.005, help="CER by which an old set may get worse"
    )


def _add_place(commands: Any) -> None:
    place = commands.add_parser("deploy", help="put a candidate where the service looks for it")
    place.add_argument("name", metavar="CANDIDATE")
    place.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="DIR", help="where it is"
    )
    place.add_argument(
        "--to", type=Path, default=CANDIDATES, metavar="DIR", help="OCR_CANDIDATES_DIR"
    )
    place.set_defaults(run=_place)


def _add_improve(commands: Any) -> None:
    improve = commands.add_parser(
        "fine-tune",
        help="fine-tune on corrections, export, compare, deploy (needs the train extra)",
    )
    improve.add_argument("name", metavar="NAME", help="published weights to begin with")
    improve.add_argument(
        "--with", dest="folders", type=Path, nargs="+", required=True, metavar="DIR",
        help="labels.tsv folders of corrections",
    )  # fmt: skip
    improve.add_argument("--as", dest="candidate", required=True, metavar="CANDIDATE")
    improve.add_argument("--minutes", type=float, default=5.0, metavar="M")
    improve.add_argument("--share", type=float, default=0.5, help="of corrections in each batch")
    improve.add_argument("--weights-dir", type=Path, default=Path("weights"))
    improve.add_argument("--to", type=Path, default=CANDIDATES, metavar="DIR")
    improve.add_argument("--work", type=Path, metavar="DIR", help="runs/CANDIDATE if not given")
    _add_kept(improve)
    improve.set_defaults(run=_improve)


def _feedback(args: argparse.Namespace) -> int:
    if args.out.exists() and any(args.out.iterdir()):
        raise OcrError(f"{args.out} is not empty; name a new folder")
    count = export(args.out, args.tenant)
    lines = sum(1 for _ in labelled(args.out))
    print(json.dumps({"folder": str(args.out), "corrections": count, "lines": lines}))
    return 0


def export(out: Path, tenant: str | None = None) -> int:
    """Corrections of the store that OCR_* names as a labels.tsv folder; how many there are.

    Raises: OcrError.
    """
    from pydantic import ValidationError

    from service.settings import UnknownSetting, load_settings
    from service.storage.feedback_store import open_feedback

    try:
        result = open_feedback(load_settings())
    except (UnknownSetting, ValidationError) as exc:
        raise OcrError(f"the settings of the service cannot be: {exc}") from exc
    with tempfile.TemporaryFile() as file:
        count = result.export(tenant, file)
        with zipfile.ZipFile(file) as archive:
            archive.extractall(out)
    return count


def _replay(args: argparse.Namespace) -> int:
    from crnn.train import recipe
    from crnn.train.data import labelled_mix

    chosen = recipe.load(args.recipe)
    if args.out.exists():
        raise OcrError(f"{args.out} is there already; name a new folder")
    labelled_mix.write_replay(chosen, chosen.spec(), args.out, args.lines)
    print(json.dumps({"folder": str(args.out), "lines": args.lines}))
    return 0


def _gate(args: argparse.Namespace) -> int:
    """0 where the candidate may replace the weights, else 1."""
    verdict = gate(
        Reader.load(args.against, args.weights_dir),
        Reader.load(args.name, args.source),
        learned={folder.name: part(folder, held_out=True) for folder in args.new},
        kept={folder.name: part(folder, held_out=True) for folder in args.replay}
        | {folder.name: list(labelled(folder)) for folder in args.old},
        tolerance=args.tolerance,
    )
    facts = verdict.facts()
    for one in facts.pop("sets"):
        print(json.dumps(one))
    print(json.dumps({"candidate": args.name, "against": args.against, **facts}))
    return 0 if verdict.passed else 1


def _place(args: argparse.Namespace) -> int:
    place(args.name, args.source, args.to)
    print(json.dumps({"candidate": args.name, "placed": str(args.to / args.name)}))
    return 0


def _improve(args: argparse.Namespace) -> int:
    """0 where the candidate was placed, 1 where the gate or the parity ladder kept it out."""
    from crnn.cli.fine_tune import Plan, facts, improve
    from export.parity import ParityError

    work = args.work or Path("runs") / args.candidate
    names = {"weights_dir": args.weights_dir, "candidates": args.to, "work": work}
    plan = Plan(
        args.name,
        args.candidate,
        tuple(args.folders),
        **names,
        replay=tuple(args.replay),
        regression_sets=tuple(args.old),
        minutes=args.minutes,
        share=args.share,
        tolerance=args.tolerance,
    )
    try:
        verdict = improve(plan)
    except ParityError as exc:
        raise OcrError(f"not exported: {exc}") from exc
    print(json.dumps(facts(plan, verdict)))
    return 0 if verdict.passed else 1
