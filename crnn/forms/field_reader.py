"""One zone of an aligned form -> a field: cut out, read as its type asks, judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.decode.factory import DecodeOptions, Decoder
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.errors import BadTemplate
from crnn.fields import Field, Grammar, compile_grammar
from crnn.forms import checkbox
from crnn.forms.blank_subtraction import Writing, crop, foreign_share, written_share
from crnn.forms.field_value import from_line, struck, unreadable
from crnn.forms.form_results import Candidate, Corners, FieldResult, worst_of
from crnn.forms.marks import strikes
from crnn.forms.template import Template
from crnn.forms.zone import Zone
from crnn.layout.line_crops import LineCrop
from crnn.options import ReadOptions
from crnn.page import Box, Line
from crnn.reader import Reader

Grey = NDArray[np.uint8]
NameToLexicon = Callable[[str], Lexicon]

N_BEST = 10
NUMBERS = ("digits", "decimal", "amount", "percentage")
"""Types whose texts hold digits, hardly ever anything else."""
RIM, WRITTEN = 0.12, 0.06
"""Of a box without strokes of its own: the part of its height left out all around, and the ink
inside from which it is not empty, in parts of its height squared."""
ALIEN_TICK = 0.6
"""A box to tick most of whose ink lies elsewhere is crossed by a stamp or a line, not ticked."""
EMPTY_CONFIDENCE = 0.99
"""Of a zone without a stroke."""


@dataclass(frozen=True)
class Given:
    """What every zone of one form is read with. corners: a box of the blank -> places on the scan.

    keeps_crops: pictures of the writing are kept in the fields.
    """

    reader: Reader
    template: Template
    writing: Writing
    corners: Callable[[Box], Corners]
    lexicon: NameToLexicon | None = None
    keeps_crops: bool = False
    decoders: dict[str, Decoder] = field(default_factory=dict)


def read_zone(given: Given, zone: Zone) -> FieldResult:
    """The field of a zone. Raises: BadTemplate, ReadError of its type or lexicon."""
    if zone.kind == "checkbox":
        return _ticked(given, zone)
    if zone.kind == "column":
        return _column(given, zone)
    return _judged(zone, _read_cell(given, zone, zone.box))


def _read_cell(given: Given, zone: Zone, box: Box) -> FieldResult:
    """A field of one cell, before anything is asked of it."""
    writing = given.writing
    cells = 0
    if zone.kind == "comb":
        cut, cells = _comb(writing, zone)
    else:
        cut = crop(writing, box, keeps_print=zone.keeps_print)
    if cut is None:
        nothing = Candidate("", None, 0.0)
        empty = _result(given, zone, box, "", EMPTY_CONFIDENCE)
        empty = replace(empty, candidates=(nothing,), status="empty")
        if _is_struck(given, zone, box):
            return struck(empty)
        return unreadable(empty) if _is_written_on(writing, box) else empty
    if zone.multiline:
        return _read_lines(given, zone, box, cut)
    line = _read_line(given, zone, cut)
    result = _result(given, zone, box, line.text, line.confidence)
    result = from_line(result, zone, line, _grammar(given, zone))
    read = len(result.text.replace(" ", ""))
    if zone.kind == "comb" and read != cells and result.status != "unreadable":
        fault = f"{cells} cells are written in, and {read} characters are read"
        result = replace(result, value=None, status="conflict", faults=(*result.faults, fault))
    if _is_struck(given, zone, box):
        result = struck(result)
    return _with_crop(given, result, cut)


def _is_written_on(writing: Writing, box: Box) -> bool:
    """Whether strokes that begin elsewhere cover more of a box than its rules leave behind."""
    left, top, right, bottom = box
    rim = max(2, round(RIM * (bottom - top)))
    inner = (left + rim, top + rim, right - rim, bottom - rim)
    ink = written_share(writing, inner) * (inner[2] - inner[0]) * (inner[3] - inner[1])
    return ink >= WRITTEN * (bottom - top) ** 2


def _is_struck(given: Given, zone: Zone, box: Box) -> bool:
    kind = zone.type.get("type") if isinstance(zone.type, Mapping) else zone.type
    return strikes.is_struck(given.writing, box, number=kind in NUMBERS)


def _read_line(given: Given, zone: Zone, cut: Grey) -> Line:
    """A cut-out line (H, W), which is known to be upright."""
    box = (0, 0, cut.shape[1], cut.shape[0])
    return given.reader.read_line(LineCrop(cut, box), _decoder(given, zone), turns=())


def _read_lines(given: Given, zone: Zone, box: Box, cut: Grey) -> FieldResult:
    """Several lines below each other, as one text."""
    way = "auto" if given.reader.language else "greedy"
    page = given.reader.read(cut, ReadOptions("page", decoding=DecodeOptions(way)))
    lines = [line for line in page.lines if line.text]
    text = "\n".join(line.text for line in lines)
    sure = math.prod(line.confidence for line in lines) if lines else 0.0
    result = replace(_result(given, zone, box, text, sure), value=text or None)
    if not text:
        result = unreadable(result)
    candidates = (Candidate(text, text or None, math.log(max(sure, 1e-9))),)
    return _with_crop(given, replace(result, candidates=candidates), cut)


def _comb(writing: Writing, zone: Zone) -> tuple[Grey | None, int]:
    """The signs of a comb moved together to a line (H, W), and how many cells have one."""
    left, top, right, bottom = zone.box
    edges = np.linspace(left, right, zone.cells + 1).round().astype(int)
    cuts = [
        crop(writing, (int(a), top, int(b), bottom))
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    signs = [cut for cut in cuts if cut is not None]
    if not signs:
        return None, 0
    height = max(sign.shape[0] for sign in signs)
    return np.hstack([_on_paper(sign, height) for sign in signs]), len(signs)


def _on_paper(sign: Grey, height: int) -> Grey:
    """A sign (h, w) in the middle of paper of that height."""
    above = (height - sign.shape[0]) // 2
    below = height - sign.shape[0] - above
    framed = cv2.copyMakeBorder(sign, above, below, 1, 1, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(framed, np.uint8)


def _ticked(given: Given, zone: Zone) -> FieldResult:
    chance = checkbox.chance_ticked(given.writing, zone.box)
    is_ticked, outcome = chance >= 0.5, checkbox.state(chance)
    side = zone.box[3] - zone.box[1]
    around = (zone.box[0] - side, zone.box[1] - side, zone.box[2] + side, zone.box[3] + side)
    if is_ticked and foreign_share(given.writing, around) >= ALIEN_TICK:
        outcome = "unsure"
    candidates = sorted(
        (Candidate(checkbox.state(p), v, math.log(max(q, 1e-6)))
         for p, v, q in ((1.0, True, chance), (0.0, False, 1 - chance))),
        key=lambda one: -one.log_prob,
    )  # fmt: skip
    result = _result(given, zone, zone.box, outcome, max(chance, 1 - chance))
    result = replace(result, value=is_ticked, candidates=tuple(candidates))
    if outcome != "unsure":
        return result
    return unreadable(result, "neither clearly ticked nor clearly empty")


def _column(given: Given, zone: Zone) -> FieldResult:
    left, _, right, _ = zone.box
    rows = []
    for number, (top, bottom) in enumerate(zip(zone.rows, zone.rows[1:], strict=False), 1):
        cell = _read_cell(given, zone, (left, top, right, bottom))
        rows.append(replace(cell, name=f"{zone.name}[{number}]"))
    whole = _result(given, zone, zone.box, "\n".join(row.text for row in rows), 1.0)
    return of_rows(_judged(zone, replace(whole, rows=tuple(rows), least=0.0)))


def of_rows(column: FieldResult) -> FieldResult:
    """A column with the values of its rows, as sure as all of them are."""
    return replace(
        column,
        value=[row.value for row in column.rows],
        text="\n".join(row.text for row in column.rows).rstrip("\n"),
        raw_text="\n".join(row.raw_text for row in column.rows).rstrip("\n"),
        confidence=math.prod(row.confidence for row in column.rows if row.text) or 0.0,
        status=worst_of(row.status for row in column.rows),
    )


def _judged(zone: Zone, result: FieldResult) -> FieldResult:
    """A field with what is asked of it beside its type."""
    parts = result.rows or (result,)
    if zone.required and not any(part.text for part in parts):
        result = replace(result, faults=("nothing is written, and it is required", *result.faults))
    return result


def _result(given: Given, zone: Zone, box: Box, text: str, confidence: float) -> FieldResult:
    least = zone.min_confidence
    return FieldResult(
        name=zone.name,
        kind=zone.kind,
        value=None,
        text=text,
        raw_text=text,
        confidence=confidence,
        box=box,
        corners=given.corners(box),
        least=given.template.min_confidence if least is None else least,
    )


def _with_crop(given: Given, result: FieldResult, cut: Grey) -> FieldResult:
    return replace(result, crop=cut) if given.keeps_crops else result


def _grammar(given: Given, zone: Zone) -> Field | None:
    if zone.type is None or zone.lexicon is not None:
        return None
    return compile_grammar(zone.type, given.reader.spec.classes)


def _decoder(given: Given, zone: Zone) -> Decoder:
    """The decoder of a zone, made once a form."""
    if zone.name not in given.decoders:
        given.decoders[zone.name] = given.reader.decoder(_decode_options(given, zone))
    return given.decoders[zone.name]


def _decode_options(given: Given, zone: Zone) -> DecodeOptions:
    if zone.lexicon is not None:
        lexicon = _lexicon(given, zone.lexicon)
        return DecodeOptions("lexicon", n_best=N_BEST, lexicon=lexicon)
    if zone.type is not None:
        return DecodeOptions("grammar", n_best=N_BEST, grammar=Grammar(zone.type))
    return DecodeOptions("beam", n_best=N_BEST)


def _lexicon(given: Given, name_or_entries: str | tuple[str, ...]) -> Lexicon:
    """The entries that a zone lists or names, built once a template. Raises: BadTemplate."""
    entries = (
        given.template.lexicons.get(name_or_entries)
        if isinstance(name_or_entries, str)
        else name_or_entries
    )
    if entries is None:
        if given.lexicon is None:
            raise BadTemplate(f"there is no lexicon {name_or_entries!r} beside the template")
        return given.lexicon(str(name_or_entries))
    kept: dict[object, Lexicon] = given.template.__dict__.setdefault("_lexicons", {})
    key = (name_or_entries, given.reader.spec.classes)
    if key not in kept:
        kept[key] = Lexicon.from_entries(entries, given.reader.charset)
    return kept[key]
