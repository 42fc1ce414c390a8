"""bytes -> FormReading: a filled form from its picture to checked fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crnn.errors import UnknownForm
from crnn.forms.blank_subtraction import subtracted
from crnn.forms.checks import checked
from crnn.forms.field_reader import Given, NameToLexicon, read_zone
from crnn.forms.form_results import Candidate, FieldResult, FormReading
from crnn.forms.marks.outside import outside
from crnn.forms.registration.align import Aligned, Scan, best_template
from crnn.forms.template import Template
from crnn.inputs.image import ImageLimits, grey_image
from crnn.reader import Reader

Grey = NDArray[np.uint8]


def read_form(
    reader: Reader,
    image: bytes | Grey,
    templates: Template | Sequence[Template],
    *,
    lexicon: NameToLexicon | None = None,
    crops: bool = False,
    limits: ImageLimits | None = None,
) -> FormReading:
    """A filled form as typed and checked fields.

    image: an encoded file, or pixels (H, W); templates: the forms that it may be; lexicon: from a
    name that a zone has to its list, where it does not lie in the template; crops: keep the
    pictures of what is written.
    Raises: UnknownForm where it is none of them, BadTemplate, ReadError.
    """
    several = [templates] if isinstance(templates, Template) else list(templates)
    if not several:
        raise UnknownForm("there are no templates to compare the picture with")
    aligned = best_template(Scan(grey_image(image, limits or ImageLimits())), several)
    return read_aligned(reader, aligned, lexicon=lexicon, crops=crops)


def read_aligned(
    reader: Reader,
    aligned: Aligned,
    *,
    lexicon: NameToLexicon | None = None,
    crops: bool = False,
) -> FormReading:
    """The fields of a scan that lies on its blank. Raises: BadTemplate, ReadError."""
    template = aligned.template
    writing = subtracted(aligned.picture, template.print)
    given = Given(reader, template, writing, aligned.corners, lexicon, crops)
    results = list(map(partial(read_zone, given), template.zones))
    fields = {one.name: one for one in [*results, *_groups(template, results)]}
    fields, checks = checked(template.checks, fields)
    size = template.size
    corners = aligned.corners((0, 0, size[0], size[1]))
    beside = outside(reader, writing, template.zones, aligned.corners)
    return FormReading(template, aligned.fit, corners, fields, checks, beside)


def _groups(template: Template, result: list[FieldResult]) -> list[FieldResult]:
    """A field for every group of checkboxes: the label of the one that is ticked."""
    names = list(dict.fromkeys(zone.group for zone in template.zones if zone.group))
    made = []
    for name in names:
        members = [
            (zone.label or zone.name, one)
            for zone, one in zip(template.zones, result, strict=True)
            if zone.group == name
        ]
        made.append(_group(name, members))
    return made


def _group(name: str, members: list[tuple[str, FieldResult]]) -> FieldResult:
    ticked = [label for label, one in members if one.value]
    sure = float(np.prod([one.confidence for _, one in members]))
    boxes = np.array([one.box for _, one in members])
    around = (*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist())
    faults = tuple(dict.fromkeys(fault for _, one in members for fault in one.faults))
    if len(ticked) > 1:
        faults = (f"{len(ticked)} are ticked: {', '.join(ticked)}", *faults)
    value = ticked[0] if len(ticked) == 1 else ticked or None
    text = ", ".join(ticked)
    first = members[0][1]
    return replace(
        first, name=name, kind="group", value=value, text=text, raw_text=text, confidence=sure,
        box=around, corners=(), faults=faults, crop=None,
        candidates=(Candidate(text, value, float(np.log(max(sure, 1e-9)))),),
        status="unreadable" if any(not one.valid for _, one in members) else "read",
    )  # fmt: skip
