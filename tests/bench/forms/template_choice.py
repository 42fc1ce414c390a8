"""What knowing a form among many costs: `python -m tests.bench.forms.template_choice`.

Forms of one skeleton with other words on it, the hardest to tell apart. CPU time of one thread for
bringing a filled scan onto its blank, after each blank was looked at once; and how many of the
scans were given to the right one.
"""

from __future__ import annotations

import sys
import time

import cv2
import numpy as np

from crnn.forms import Template
from crnn.forms.registration.align import Scan, best_template
from tests.fixtures import drawn_forms

WORDS = (
    "travel",
    "advance",
    "leave",
    "purchase",
    "repair",
    "seal",
    "car",
    "visitor",
    "key",
    "card",
)
COUNTS = (1, 5, 20)
SCANS = 5


def title(number: int) -> str:
    """A form's title; no two are alike."""
    word = WORDS[number % len(WORDS)].upper()
    return f"REQUEST {number:02d}: {word}"


def main() -> int:
    """Print a Markdown row for each number of templates."""
    cv2.setNumThreads(1)
    blanks = [drawn_forms.blank(title(number)) for number in range(max(COUNTS))]
    every = [
        Template.from_dict(drawn_forms.template_dict(title(number)), blank)
        for number, blank in enumerate(blanks)
    ]
    for template in every:
        _ = template.print.keypoints, template.print.corners, template.print.outline
    print("| templates | CPU ms a form | right |\n|---|---|---|")
    for count in COUNTS:
        spent, right = [], 0
        for seed in range(SCANS):
            at = (7 * seed) % count
            page = drawn_forms.filled(page=blanks[at])
            scan = drawn_forms.scanned(page, angle=2.0 * seed - 3, scale=0.9, seed=seed)
            started = time.process_time()
            found = best_template(Scan(scan.grey), every[:count])
            spent.append(1000 * (time.process_time() - started))
            right += found.template is every[at]
        print(f"| {count} | {np.median(spent):.0f} | {right} of {SCANS} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
