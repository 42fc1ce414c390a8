"""What a filled form says: fields, checks, the whole reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.fit import Fit
from crnn.forms.template import Template
from crnn.read.page import Box

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
class FieldResult:
    """A field as it was read. value: typed, None where nothing valid is written.

    text: what the value was made of; raw_text: what is read without type, lexicon or check;
    candidates: other readings, best first; box: on the blank; corners: the same on the scan;
    faults: why a person must look whatever the confidence is; notes: what happened to the reading;
    least: the confidence below which a person looks; rows: the fields of a column.
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
    crop: Grey | None = field(default=None, repr=False, compare=False)

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
        found: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "value": self.value,
            "text": self.text,
            "raw_text": self.raw_text,
            "confidence": round(self.confidence, 4),
            "needs_review": self.needs_review,
            "reasons": list(self.reasons),
            "box": list(self.box),
            "corners": [list(point) for point in self.corners],
        }
        if self.details:
            found["details"] = dict(self.details)
        if self.rows:
            found["rows"] = [row.to_dict() for row in self.rows]
        return found


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
class FormReading:
    """A filled form: which one it is, its fields by name in the template's order, its checks."""

    template: Template
    fit: Fit
    corners: Corners
    fields: dict[str, FieldResult]
    checks: tuple[CheckResult, ...] = ()

    @property
    def needs_review(self) -> bool:
        """Whether a person must look at any of its fields."""
        return any(one.needs_review for one in self.fields.values())

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
            "needs_review": self.needs_review,
            "fields": [one.to_dict() for one in self.fields.values()],
            "checks": [one.to_dict() for one in self.checks],
        }
