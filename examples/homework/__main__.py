"""Homework marked: `python -m examples.homework SCAN --page marked.html`.

A page of sums or an answer sheet, whichever it is; --key FILE has the answers of the sheet as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from examples.homework.marking import marked_answers, marked_sums, score
from examples.homework.page import as_html
from examples.homework.sheet import Sheets

FOLDER = Path(__file__).parent


def main(argv: list[str] | None = None) -> int:
    """Read, mark, write."""
    parser = argparse.ArgumentParser(prog="python -m examples.homework", description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--key", type=Path, default=FOLDER / "key.json")
    parser.add_argument("--page", type=Path, help="where the teacher's page goes")
    args = parser.parse_args(argv)
    reading = Sheets.load().read(args.scan.read_bytes())
    if reading.template.name == "sums":
        marks = marked_sums(reading)
    else:
        marks = marked_answers(reading, json.loads(args.key.read_text("utf-8")))
    for mark in marks:
        print({True: "right", False: "wrong", None: "look"}[mark.right], mark.name, mark.written)
    right, wrong, left = score(marks)
    print(f"{right} right, {wrong} wrong, {left} for the teacher")
    if args.page:
        args.page.write_text(as_html(reading, marks), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
