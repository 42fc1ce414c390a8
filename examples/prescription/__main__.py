"""A scanned prescription as JSON: `python -m examples.prescription SCAN`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from crnn.forms import Template, read_form
from crnn.reader import Reader
from examples.prescription.prescription import ordered

FOLDER = Path(__file__).parent


def main(argv: list[str] | None = None) -> int:
    """Read and print."""
    parser = argparse.ArgumentParser(prog="python -m examples.prescription", description=__doc__)
    parser.add_argument("scan", type=Path)
    args = parser.parse_args(argv)
    template = Template.load(FOLDER / "prescription")
    reading = read_form(Reader.load("zh"), args.scan.read_bytes(), template)
    print(json.dumps(ordered(reading), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
