"""Batches of filled forms: the plan that reads pages as forms, and the tables of all of them."""

from __future__ import annotations

import hashlib
import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from crnn.batch.ledger import Ledger, rows_of
from crnn.batch.output_files import write_atomically
from crnn.batch.page_task import Result, Strategy, about_effort
from crnn.forms import Template, read_form
from crnn.forms.form_results import FieldResult, FormReading
from crnn.inputs.documents import PageImage
from crnn.inputs.image import ImageLimits
from crnn.output import page_to_dict
from crnn.output.form_tables import FiledForm, forms_csv, forms_xlsx
from crnn.page import Line, Page
from crnn.reader import Reader
from crnn.recognize.session import Session

CSV, XLSX = "forms.csv", "forms.xlsx"


@dataclass(frozen=True)
class FormsPlan:
    """Reads every page as the form that it is of these templates, each the bytes of a zip.

    effort: with which fields are read.
    """

    model: bytes = field(repr=False)
    templates: tuple[bytes, ...] = field(repr=False)
    limits: ImageLimits = field(default_factory=ImageLimits)
    effort: str = "quick"

    @classmethod
    def of(
        cls, model: bytes, paths: Sequence[Path], limits: ImageLimits, effort: str = "quick"
    ) -> FormsPlan:
        """The plan for template folders or zips. Raises: BadTemplate, OSError."""
        return cls(model, tuple(Template.load(path).to_zip() for path in paths), limits, effort)

    @property
    def about(self) -> dict[str, Any]:
        """Digests of the model and of all templates, and the effort."""
        digests = [Template.from_zip(data).digest for data in self.templates]
        model = hashlib.sha256(self.model).hexdigest()
        return {"model": model, "templates": sorted(digests), **about_effort(self.effort)}

    def open(self) -> Strategy:
        """Templates and the reader of this process. Raises: BadTemplate, WeightsError."""
        cv2.setNumThreads(1)
        reader = Reader(Session(self.model, threads=1), limits=self.limits)
        reader = reader.with_effort(self.effort)
        templates = [Template.from_zip(data) for data in self.templates]
        for template in templates:
            template.check_types(reader.spec.classes)

        def strategy(image: PageImage) -> Result:
            result = read_form(reader, image.grey, templates)
            height, width = image.grey.shape
            return page_to_dict(as_page(result, width, height)) | {"form": result.to_dict()}

        return strategy


def as_page(result: FormReading, width: int, height: int) -> Page:
    """A form's fields as lines of its scan, which is what the other formats write."""
    every = [part for one in result.fields.values() for part in (one.rows or (one,))]
    lines = tuple(_line(one) for one in every if one.raw_text)
    return Page(lines, width, height, "page")


def _line(one: FieldResult) -> Line:
    xs, ys = zip(*(one.corners or (one.box[:2], one.box[2:])), strict=True)
    box = (math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys)))
    return Line(one.text or one.raw_text, one.confidence, box)


def filed(ledger: Ledger) -> Iterator[FiledForm]:
    """Every page of a batch as a form, in the order of the inputs; failed ones with their error."""
    for _, start, line in ledger.pages():
        (row,) = rows_of(ledger.results, start, line["end"])
        yield FiledForm(row["file"], row["page"], row.get("form"), row.get("error", ""))


def write_forms(ledger: Ledger) -> tuple[Path, ...]:
    """One table of all forms as CSV, and as XLSX, with a sheet of what a person must look at.

    Their values are all in memory once: some 10 kB a form. No XLSX without openpyxl.
    """
    every = list(filed(ledger))
    write_atomically(ledger.folder / CSV, [forms_csv(every)])
    if importlib.util.find_spec("openpyxl") is None:
        return (ledger.folder / CSV,)
    write_atomically(ledger.folder / XLSX, [forms_xlsx(every)])
    return ledger.folder / CSV, ledger.folder / XLSX
