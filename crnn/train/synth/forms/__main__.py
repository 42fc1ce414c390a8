"""Draws forms: `python -m crnn.train.synth.forms examples.application.design --out DIR --count 8`.

The module named has FORMS. DIR/NAME gets template.json and blank.png of each, DIR/scans the scans
and truth.json. It needs fonts and strokes (python -m crnn.train.data.fetch runs/sources).
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from crnn.train.synth.forms.filling import Filler
from crnn.train.synth.forms.form_sets import Mood, samples, write_scans, write_template
from crnn.train.synth.forms.scanner import OFFICE, ROUGH, SMALL

DAMAGES = {"office": OFFICE, "rough": ROUGH, "small": SMALL}


def main(argv: list[str] | None = None) -> int:
    """Draw, fill, scan."""
    parser = argparse.ArgumentParser(prog="python -m crnn.train.synth.forms", description=__doc__)
    parser.add_argument("module", help="where FORMS are")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=0, help="scans; none without it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by-hand", type=float, default=0.5, help="the share written by hand")
    parser.add_argument("--damage", choices=DAMAGES, default="office")
    args = parser.parse_args(argv)
    forms = importlib.import_module(args.module).FORMS
    for form in forms:
        write_template(args.out / form.design.name, form.design)
    if args.count:
        mood = Mood(args.by_hand, DAMAGES[args.damage])
        made = samples(forms, Filler(), seed=args.seed, numbers=range(args.count), mood=mood)
        write_scans(args.out / "scans", made)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
