"""Sets of filled and scanned forms on disk: a template beside scans and what stands on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from crnn.train.synth.forms.design import Design, as_template
from crnn.train.synth.forms.filling import Filled, Filler, Record
from crnn.train.synth.forms.printing import blank_page
from crnn.train.synth.forms.scanner import OFFICE, Damage, Scan, scanned
from crnn.train.synth.text.text_sources import Rng


@dataclass(frozen=True)
class Form:
    """A design and what someone writes on it."""

    design: Design
    record: Callable[[Rng], Record]


@dataclass(frozen=True)
class Mood:
    """The share of forms that is written by hand, and what their scanner is like."""

    by_hand: float = 0.5
    damage: Damage = OFFICE


@dataclass(frozen=True)
class Sample:
    """One scanned form and its truth."""

    form: Form
    filled: Filled
    scan: Scan

    def truth(self) -> dict[str, Any]:
        """What a test needs to know, ready for JSON."""
        return {
            "form": self.form.design.name,
            "hand": self.filled.hand,
            "harm": list(self.scan.harm),
            "matrix": np.round(self.scan.matrix, 6).tolist(),
            "record": dict(self.filled.record),
        }


def write_template(folder: Path, design: Design) -> None:
    """template.json and blank.png."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_template(design), ensure_ascii=False, indent=1)
    (folder / "template.json").write_text(text + "\n", "utf-8")
    grey = cv2.cvtColor(blank_page(design), cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(folder / "blank.png"), grey & 0xF0, (cv2.IMWRITE_PNG_COMPRESSION, 9))


def samples(
    forms: Sequence[Form],
    filler: Filler,
    *,
    seed: int,
    numbers: range,
    mood: Mood,
) -> Iterator[Sample]:
    """Scans in turn of all forms. Sample k of a seed is always the same."""
    for number in numbers:
        rng = np.random.default_rng((seed, number))
        form = forms[number % len(forms)]
        filled = filler.fill(
            rng, form.design, form.record(rng), hand=bool(rng.random() < mood.by_hand)
        )
        yield Sample(form, filled, scanned(rng, filled.page, mood.damage))


def write_scans(folder: Path, made: Iterator[Sample]) -> None:
    """NN.jpg and truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = {}
    for number, sample in enumerate(made):
        name = f"{number:02d}.jpg"
        (folder / name).write_bytes(sample.scan.jpeg())
        truth[name] = sample.truth()
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / "truth.json").write_text(text + "\n", "utf-8")
