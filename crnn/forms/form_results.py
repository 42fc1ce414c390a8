"""What a filled form says: fields, checks, the whole reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.registration.fit import Fit
from crnn.forms.template import Template
from crnn.page import FIELD_STATUSES, Box

STATUSES = (*FIELD_STATUSES, "struck")
"""What can be said of a field; struck: it is written in and crossed out."""

VALID = ("read", "corrected")
"""Statuses of fields whose value stands on the paper."""

WORST = ("conflict", "struck", "unreadable", "corrected", "read", "empty")
"""The status of several fields together is the first of these that one of them has."""

Grey = NDArray[np.uint8]
Corners = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Candidate:
    """One way to read a field: its text, what it means (None where nothing), ln of its probability.

    details: all that its grammar says, such as the birthday in an ID card's number.
    """

    text: str
    value: Any
    log_prob: float
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Suggestion:
    """What a type, a list or a check would make of a field that does not say it by itself.

    margin: in nats, how much more probable the reading is; against: the probability of the surest
    thing that it changes, None where a check suggests it.
    """

    text: str
    value: Any
    margin: float
    against: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class FieldResult:
    """A field as it was read. value: typed, None where the paper does not say one.

    status: one of STATUSES; proposal: of a field in conflict or corrected; text: what the value
    was made of; raw_text: what is read without type, lexicon or check; candidates: other readings,
    best first; box: on the blank; corners: the same on the scan; faults: why a person must look
    whatever the confidence is; notes: what happened to the reading; least: the confidence below
    which a person looks; rows: the fields of a column; chars: of a comb, each character with its
    confidence.
    """

    name: str
    kind: str
    value: Any
    text: str
    raw_text: str
    confidence: float
    box: Box
    corners: Corners = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    least: float = 0.0
    candidates: tuple[Candidate, ...] = field(default=(), repr=False)
    details: Mapping[str, Any] | None = None
    rows: tuple[FieldResult, ...] = ()
    status: str = "read"
    proposal: Suggestion | None = None
    chars: tuple[tuple[str, float], ...] = ()
    crop: Grey | None = field(default=None, repr=False, compare=False)

    @property
    def valid(self) -> bool:
        """Whether its value stands on the paper."""
        return self.status in VALID

    @property
    def needs_review(self) -> bool:
        """Whether a person must look."""
        rows = any(row.needs_review for row in self.rows)
        return rows or bool(self.faults) or self.confidence < self.least

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a person must look, and what else happened to the reading."""
        doubt: tuple[str, ...] = ()
        if self.confidence < self.least and not self.rows:
            doubt = (f"confidence {self.confidence:.2f} is below {self.least:.2f}",)
        rows = tuple(
            f"row {number}: {reason}"
            for number, row in enumerate(self.rows, 1)
            if row.needs_review
            for reason in row.reasons
        )
        return (*self.faults, *doubt, *self.notes, *rows)

    @property
    def crop_png(self) -> bytes | None:
        """The writing as a PNG file, where it was kept."""
        if self.crop is None:
            return None
        return cv2.imencode(".png", self.crop)[1].tobytes()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        results: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "value": self.value,
            "status": self.status,
            "valid": self.valid,
            "read": self.raw_text,
            "proposal": self.proposal.to_dict() if self.proposal else None,
            "text": self.text,
            "raw_text": self.raw_text,
            "confidence": round(self.confidence, 4),
            "needs_review": self.needs_review,
            "reasons": list(self.reasons),
            "box": list(self.box),
            "corners": [list(point) for point in self.corners],
        }
        if self.details:
            results["details"] = dict(self.details)
        if self.chars:
            results["chars"] = [[text, round(sure, 4)] for text, sure in self.chars]
        if self.rows:
            results["rows"] = [row.to_dict() for row in self.rows]
        return results


@dataclass(frozen=True)
class CheckResult:
    """How a check went. state: passed, repaired, failed, or skipped where a field says nothing."""

    kind: str
    fields: tuple[str, ...]
    state: str
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.kind,
            "fields": list(self.fields),
            "state": self.state,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Outside:
    """Writing that is in no zone. kind: writing, or strike for a line drawn across the form.

    box: on the blank; corners: the same on the scan; text: what is read there, empty for a strike.
    """

    kind: str
    text: str
    confidence: float
    box: Box
    corners: Corners = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        result = asdict(self) | {"confidence": round(self.confidence, 4), "box": list(self.box)}
        return result | {"corners": [list(point) for point in self.corners]}


@dataclass(frozen=True)
class FormReading:
    """A filled form: which one it is, its fields by name in the template's order, its checks.

    outside: what is written where the template has no zone.
    """

    template: Template
    fit: Fit
    corners: Corners
    fields: dict[str, FieldResult]
    checks: tuple[CheckResult, ...] = ()
    outside: tuple[Outside, ...] = ()

    @property
    def status(self) -> str:
        """`empty` where no field is written in or ticked, else `read`."""
        return "empty" if all(map(_is_empty, self.fields.values())) else "read"

    @property
    def needs_review(self) -> bool:
        """Whether a person must look at any of its fields, or at the form."""
        return bool(self.reasons) or any(one.needs_review for one in self.fields.values())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a person must look at the form beside its fields."""
        empty = ("no field is filled in",) if self.status == "empty" else ()
        listed = tuple(f"outside the fields: {one.text or one.kind}" for one in self.outside)
        return empty + listed

    @property
    def values(self) -> dict[str, Any]:
        """The value of every field by name."""
        return {name: one.value for name, one in self.fields.items()}

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "template": self.template.name,
            "fit": round(self.fit.print_found, 4),
            "corners": [list(point) for point in self.corners],
            "status": self.status,
            "needs_review": self.needs_review,
            "reasons": list(self.reasons),
            "outside": [one.to_dict() for one in self.outside],
            "fields": [one.to_dict() for one in self.fields.values()],
            "checks": [one.to_dict() for one in self.checks],
        }


def worst_of(statuses: Iterable[str]) -> str:
    """The status of several fields together."""
    results = set(statuses)
    return next((one for one in WORST if one in results), "empty")


def _is_empty(result: FieldResult) -> bool:
    """Whether nothing is written or ticked in a field."""
    is_box = result.kind in ("checkbox", "group")
    return result.status == "empty" or (is_box and not result.value and result.status == "read")
