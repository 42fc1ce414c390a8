"""Forms that are filled in wrongly on purpose: what nobody may take for a value.

One field in so many says something that its type or its list does not allow, or is crossed out:
impossible dates, telephone numbers one digit short, wrong check digits, amounts whose commas are in
the wrong place, names that are not in the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from crnn.fields import compile_grammar
from crnn.train.synth.forms import contents
from crnn.train.synth.forms.design import Design, Zone
from crnn.train.synth.forms.filling import Filled, Filler, Written
from crnn.train.synth.forms.form_sets import Form, Mood, Sample
from crnn.train.synth.forms.printing import blank_page
from crnn.train.synth.forms.scanner import scanned
from crnn.train.synth.text.text_sources import Rng

Place = tuple[str, int]
"""A field: the name of its zone, and its row in a column, else 0."""

STRUCK = 0.25
"""The share of the wrong fields that are crossed out."""
STRANGERS = contents.people(90210, 200)


@dataclass(frozen=True)
class Spoiling:
    """How forms are spoiled. classes: what grammars are compiled for; share: of the fields."""

    classes: tuple[str, ...]
    share: float
    mood: Mood


def spoiled(
    forms: Sequence[Form], filler: Filler, how: Spoiling, *, seed: int, numbers: range
) -> Iterator[tuple[Sample, dict[Place, str]]]:
    """Scans in turn of all forms, and which of their fields are wrong, each with what is wrong."""
    for number in numbers:
        rng = np.random.default_rng((seed, number))
        form = forms[number % len(forms)]
        record, hand = dict(form.record(rng)), bool(rng.random() < how.mood.by_hand)
        other = np.random.default_rng((seed, number, 1))
        wrong = spoil(other, form.design, record, how)
        try:
            filled = filler.fill(rng, form.design, record, hand=hand)
        except ValueError:  # a stranger's name that this hand cannot write
            continue
        struck = [place for place, what in wrong.items() if what == "crossed out"]
        cross_out(rng, form.design, filled, struck)
        yield Sample(form, filled, scanned(rng, filled.page, how.mood.damage)), wrong


def spoil(rng: Rng, design: Design, record: dict[str, Written], how: Spoiling) -> dict[Place, str]:
    """Make a share of a record's fields wrong; which, and what is wrong with each."""
    wrong: dict[Place, str] = {}
    for zone in design.zones:
        written = record.get(zone.name)
        if not isinstance(written, str | list) or zone.multiline:
            continue
        texts = list(written) if isinstance(written, list) else [written]
        for row, text in enumerate(texts):
            if not text or rng.random() >= how.share:
                continue
            texts[row], wrong[zone.name, row] = _wrong(rng, zone, text, how.classes)
        record[zone.name] = texts if isinstance(written, list) else texts[0]
    return wrong


def _wrong(rng: Rng, zone: Zone, text: str, classes: tuple[str, ...]) -> tuple[str, str]:
    """A text that the zone does not allow, and why; crossed out where there is none."""
    made, what = text, "crossed out"
    kind = zone.type if isinstance(zone.type, str) else ""
    if zone.lexicon is not None:
        made, what = str(rng.choice(STRANGERS)), "not in the list"
        if made in zone.lexicon:
            made = text
    elif kind in WAYS:
        spell, what = WAYS[kind]
        made = spell(rng, text)
    if rng.random() < STRUCK or made == text:
        return text, "crossed out"
    if zone.lexicon is None and compile_grammar(kind, classes).valid(made):
        return text, "crossed out"
    return made, what


def _impossible(rng: Rng, text: str) -> str:
    """A day that there is not: its last number is 32 to 59."""
    digits = [at for at, char in enumerate(text) if char.isdigit()]
    last = digits[-1]
    first = last - 1 if text[last - 1].isdigit() else last
    return text[:first] + str(int(rng.integers(32, 60))) + text[last + 1 :]


def _shorter(rng: Rng, text: str) -> str:
    at = int(rng.integers(3, len(text)))
    return text[:at] + text[at + 1 :]


def _other_check(rng: Rng, text: str) -> str:
    last = int(text[-1]) if text[-1].isdigit() else 0
    return text[:-1] + str((last + int(rng.integers(1, 9))) % 10)


def _comma_misplaced(rng: Rng, text: str) -> str:
    bare = text.replace(",", "")
    dot = bare.find(".") if "." in bare else len(bare)
    return bare[: dot - 2] + "," + bare[dot - 2 :] if dot > 3 else text


def _unit_twice(rng: Rng, text: str) -> str:
    return text.replace("元", "元元", 1)


WAYS: dict[str, tuple[Any, str]] = {
    "date": (_impossible, "impossible date"),
    "phone": (_shorter, "a digit missing"),
    "bank_card": (_other_check, "wrong check digit"),
    "id_card": (_other_check, "wrong check digit"),
    "uscc": (_other_check, "wrong check digit"),
    "amount": (_comma_misplaced, "comma misplaced"),
    "capital_amount": (_unit_twice, "unit twice"),
}


def cross_out(rng: Rng, design: Design, filled: Filled, places: Sequence[Place]) -> None:
    """Draw a line through what stands in fields of a filled form."""
    blank = blank_page(design)
    for zone in design.zones:
        for row, box in enumerate(zone.row_boxes() if zone.kind == "column" else [zone.box]):
            if (zone.name, row) not in places:
                continue
            left, top, right, bottom = box
            changed = (filled.page[top:bottom, left:right] != blank[top:bottom, left:right]).any(2)
            down, across = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
            if not down.size:
                continue
            high = float(down[-1] - down[0])
            x = np.linspace(left + across[0] - 6, left + across[-1] + 8, 12)
            ends = rng.uniform(-0.2, 0.2, 2) * high
            y = top + down[0] + high / 2 + np.linspace(*ends, 12) + rng.normal(0, 1.0, 12)
            track = np.round(np.stack([x, y], -1) * 16).astype(np.int32)
            width = int(rng.integers(2, 5))
            cv2.polylines(filled.page, [track], False, (40, 36, 34), width, cv2.LINE_AA, 4)
