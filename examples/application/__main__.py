"""An office's applications as typed fields: `python -m examples.application SCAN... --xlsx FILE`.

Leave or expenses, whichever a scan is; prints a JSON object for each, and --xlsx writes a workbook
with a sheet for every kind of form and one with what a person must look at.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from crnn.forms import Template, read_form
from crnn.reader import Reader
from examples.application.workbook import as_workbook

FOLDER = Path(__file__).parent


def main(argv: list[str] | None = None) -> int:
    """Read and write."""
    parser = argparse.ArgumentParser(prog="python -m examples.application", description=__doc__)
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--xlsx", type=Path)
    args = parser.parse_args(argv)
    reader = Reader.load("zh")
    templates = [Template.load(FOLDER / name) for name in ("leave", "expense")]
    found = {scan.name: read_form(reader, scan.read_bytes(), templates) for scan in args.scans}
    for name, reading in found.items():
        told = {"file": name, "form": reading.template.name, "values": reading.values}
        told["needs_review"] = [f.name for f in reading.fields.values() if f.needs_review]
        print(json.dumps(told, ensure_ascii=False))
    if args.xlsx:
        args.xlsx.write_bytes(as_workbook(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
