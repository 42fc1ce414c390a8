"""Pages of sums by hand, right and wrong ones: `python -m tests.bench.forms.homework --count 30`.

Draws pages as examples/homework has them (runs/sources is needed), reads and marks them. Prints,
for several confidences below which the teacher is asked, what became of the sums that pupils got
right and of those that they got wrong. A bias towards right answers would show as wrong sums marked
right more often than right ones are marked wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

from crnn.errors import UnknownForm
from crnn.fields import compile_grammar
from crnn.train.synth.forms.filling import Filler
from crnn.train.synth.forms.form_sets import Mood, samples
from crnn.train.synth.forms.scanner import OFFICE
from examples.homework.design import FORMS
from examples.homework.marking import marked_sum
from examples.homework.sheet import Sheets

LEAST = (0.0, 0.3, 0.5, 0.7, 0.9)


def main(argv: list[str] | None = None) -> int:
    """Draw, mark, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.forms.homework", description=__doc__
    )
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=30)
    args = parser.parse_args(argv)
    sheets = Sheets.load()
    field = compile_grammar("arithmetic", sheets.general.spec.classes)
    told: Counter[tuple[float, bool, bool | None]] = Counter()
    exact = lines = unknown = 0
    mood = Mood(1.0, OFFICE)
    for sample in samples(
        FORMS[:1], Filler(), seed=args.seed, numbers=range(args.count), mood=mood
    ):
        try:
            reading = sheets.read(sample.scan.jpeg())
        except UnknownForm:
            unknown += 1
            continue
        for name, text in sample.filled.record.items():
            if name.startswith("sum_"):
                found, truth = reading.fields[name], bool(field.value(text)["value"])
                lines, exact = lines + 1, exact + (found.text == text)
                for least in LEAST:
                    told[least, truth, marked_sum(replace(found, least=least)).right] += 1
    print(f"{args.count} pages, {unknown} not recognised; {lines} sums, {exact} read exactly\n")
    print("| below | right sums: right | wrong | asked | wrong sums: right | wrong | asked |")
    print("|---|---|---|---|---|---|---|")
    for least in LEAST:
        cells = [
            str(told[least, truth, mark]) for truth in (True, False) for mark in (True, False, None)
        ]
        print(f"| {least} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
