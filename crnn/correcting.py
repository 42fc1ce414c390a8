"""crnn-ocr feedback: the steps of the correction loop as commands (docs/correction-loop.md)."""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from crnn.errors import OcrError
from crnn.sets import labelled


def add(commands: Any) -> None:
    """What these commands take."""
    feedback = commands.add_parser(
        "feedback", help="corrections out of the service's store (needs the serve extra)"
    )
    feedback.add_argument("action", choices=("export",))
    feedback.add_argument("out", type=Path, metavar="OUT", help="a new folder for labels.tsv")
    feedback.add_argument("--tenant", metavar="NAME", help="only those of this API key's name")
    feedback.set_defaults(run=_feedback)


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

    from service.feedback import open_feedback
    from service.settings import UnknownSetting, load_settings

    try:
        found = open_feedback(load_settings())
    except (UnknownSetting, ValidationError) as exc:
        raise OcrError(f"the settings of the service cannot be: {exc}") from exc
    with tempfile.TemporaryFile() as file:
        count = found.export(tenant, file)
        with zipfile.ZipFile(file) as archive:
            archive.extractall(out)
    return count
