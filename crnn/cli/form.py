"""`crnn-ocr template propose | check` and `crnn-ocr form read`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crnn.batch.form_pages import FORMATS, filed_document
from crnn.errors import ReadError
from crnn.forms import Template
from crnn.forms.proposal.propose import proposed
from crnn.forms.proposal.suggest_checks import checks_for
from crnn.inputs.image import ImageLimits, decode
from crnn.options import EFFORTS
from crnn.reader import Reader


def add_propose_options(propose_options: argparse.ArgumentParser) -> None:
    """The options of `template propose`."""
    propose_options.add_argument("blank", type=Path, metavar="BLANK", help="a scan of the form")
    propose_options.add_argument("--as", dest="form", default="", help="the template's name")
    propose_options.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write the template into"
    )


def add_check_options(check: argparse.ArgumentParser) -> None:
    """The options of `template check`."""
    check.add_argument("templates", nargs="+", type=Path, metavar="TEMPLATE")


def add_read_options(read: argparse.ArgumentParser) -> None:
    """The options of `form read`."""
    read.add_argument("files", nargs="+", type=Path, metavar="FILE", help="images, PDF, TIFF, zip")
    read.add_argument(
        "--template",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders or zips; of several, the right one is chosen for every page",
    )
    read.add_argument(
        "--effort", choices=EFFORTS, default="quick", help="how often doubtful fields are looked at"
    )
    read.add_argument("--format", choices=tuple(FORMATS), default="json")
    read.add_argument("--out", type=Path, metavar="FILE", help="standard output where not given")


def propose_template(args: argparse.Namespace, reader: Reader) -> int:
    """Write a template with the zones that a blank seems to have."""
    grey = decode(args.blank.read_bytes(), ImageLimits())
    result = proposed(reader, grey)
    zones = result.zones
    if result.filled:
        shown = ", ".join(result.filled[:5])
        print(f"{args.blank}: filled in already, it seems, and no blank: {shown}", file=sys.stderr)
    name = args.form or args.blank.stem[:60]
    template = Template(name, grey, zones, tuple(checks_for(zones)))
    template.save(args.out)
    for zone in zones:
        type_ = zone.type if isinstance(zone.type, str) else ""
        print(f"{zone.name}\t{zone.kind}\t{type_}\t{','.join(map(str, zone.box))}")
    return 0


def check_templates(args: argparse.Namespace, reader: Reader) -> int:
    """Say of every template whether it can be used; 1 where one cannot."""
    failed = 0
    for path in args.templates:
        try:
            template = Template.load(path)
            template.check_types(reader.spec.classes)
        except (ReadError, OSError) as exc:
            print(f"{path}: {exc}", file=sys.stderr)
            failed = 1
            continue
        print(f"{path}\t{template.name}\t{len(template.zones)} zones\t{template.digest[:12]}")
    return failed


def read_forms(args: argparse.Namespace, reader: Reader) -> int:
    """Read filled forms; 1 where a page is none of them, or cannot be read."""
    templates = [Template.load(path) for path in args.template]
    reader = reader.with_effort(args.effort)
    filed = [one for path in args.files for one in filed_document(reader, path, templates)]
    written = FORMATS[args.format](filed)
    if args.out:
        args.out.write_bytes(written)
    else:
        sys.stdout.buffer.write(written)
        sys.stdout.flush()
    for one in filed:
        if one.error:
            print(f"{one.file}, page {one.page}: {one.error}", file=sys.stderr)
    return int(any(one.error for one in filed))
