"""Homework that was read -> right, wrong, or for the teacher to say; points of an answer sheet.

A sum is read by the grammar of sums, which allows wrong ones as it allows right ones: what is
written decides, never what would be right. Where the likeliest right reading and the likeliest
wrong one are close, in either direction, it is left to the teacher.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from crnn.forms import FieldResult, FormReading

CLOSE = 2.0
"""Nats between the likeliest right and the likeliest wrong reading below which a person looks."""

Mark = bool | None


@dataclass(frozen=True)
class Marked:
    """One answer. right: None where the teacher must say; expected: what would be right."""

    name: str
    written: str
    right: Mark
    expected: str = ""


def marked_sums(reading: FormReading) -> list[Marked]:
    """Every line of a page of sums that something is written on."""
    sums = [field for name, field in reading.fields.items() if name.startswith("sum_")]
    return [marked_sum(field) for field in sums if field.text or field.needs_review]


def marked_sum(field: FieldResult) -> Marked:
    """One line. A doubtful one is right to nobody: neither to the pupil nor against."""
    expected = str((field.details or {}).get("left", ""))
    is_sure = field.value is not None and not field.needs_review and lead(field) >= CLOSE
    return Marked(field.name, field.text, bool(field.value) if is_sure else None, expected)


def lead(field: FieldResult) -> float:
    """Nats between the chosen reading and the likeliest one that is marked otherwise."""
    told = [one for one in field.candidates if one.value is not None]
    other = [one.log_prob for one in told if one.value != field.value]
    own = [one.log_prob for one in told if one.value == field.value]
    return max(own, default=0.0) - max(other) if other else math.inf


def marked_answers(reading: FormReading, key: Mapping[str, str]) -> list[Marked]:
    """The answers of a sheet against a key: choices by group, numbers by zone."""
    return [_answer(reading.fields[name], name, right) for name, right in key.items()]


def _answer(field: FieldResult, name: str, right: str) -> Marked:
    if field.needs_review or isinstance(field.value, list):
        return Marked(name, field.text, None, right)
    if field.value is None:
        return Marked(name, "", False, right)
    said = str(field.value)
    if field.kind == "group":
        return Marked(name, said, said == right, right)
    return Marked(name, said, Decimal(said) == Decimal(right), right)


def score(marks: list[Marked]) -> tuple[int, int, int]:
    """How many are right, how many wrong, how many the teacher must say."""
    return tuple(sum(mark.right is way for mark in marks) for way in (True, False, None))
