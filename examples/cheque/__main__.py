"""Cheques in, one pain.001 file out: `python -m examples.cheque SCAN... --out payments.xml`.

Ends with 3 where a person must look at a cheque first; --field SCAN:NAME=VALUE says what it is.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from crnn.forms import Template, read_form
from crnn.reader import Reader
from examples.cheque.cheque import doubts, payment_of
from examples.cheque.pain001 import document

FOLDER = Path(__file__).parent
LOOK = 3


def main(argv: list[str] | None = None) -> int:
    """Read, check, write."""
    parser = argparse.ArgumentParser(prog="python -m examples.cheque", description=__doc__)
    parser.add_argument("scans", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("payments.xml"))
    parser.add_argument("--field", action="append", default=[], metavar="SCAN:NAME=VALUE")
    args = parser.parse_args(argv)
    reader, template = Reader.load("zh"), Template.load(FOLDER / "cheque")
    payments, left = [], 0
    for scan in args.scans:
        reading = read_form(reader, scan.read_bytes(), template)
        known = _known(args.field, scan.name)
        found = doubts(reading, known)
        for doubt in found:
            print(f"{scan.name}: {doubt}")
        left += bool(found)
        if not found:
            payments.append(payment_of(reading.values | known))
            print(f"{scan.name}: {payments[-1].amount} to {payments[-1].creditor.name}")
    if payments:
        now = datetime.datetime.now().replace(microsecond=0)
        args.out.write_bytes(document(payments, message_id=f"{now:%Y%m%d%H%M%S}", created=now))
    return LOOK if left else 0


def _known(wishes: list[str], scan: str) -> dict[str, str]:
    """What a person says of a scan's fields."""
    found = [wish.removeprefix(f"{scan}:").partition("=") for wish in wishes]
    return {name: value for name, sign, value in found if sign and ":" not in name}


if __name__ == "__main__":
    sys.exit(main())
