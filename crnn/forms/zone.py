"""Zones and checks: what a template's JSON says, taken apart value by value.

Whatever is wrong is named with its place: `zones[3].box: ...`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crnn.errors import BadTemplate
from crnn.page import Box

KINDS = ("text", "checkbox", "comb", "column")
CHECKS = {
    "sum": (2, None),
    "product": (3, None),
    "equal": (2, 2),
    "capital": (2, 2),
    "birthday": (2, 2),
    "sex": (2, 2),
    "order": (2, 2),
    "one_of": (2, None),
}
"""Kinds of checks with the fewest and the most fields of each; docs/forms.md explains them."""

MAX_ZONES, MAX_CHECKS, MAX_ROWS, MAX_CELLS = 500, 100, 200, 64
MAX_NAME, MAX_ENTRIES = 60, 10_000
MIN_SIDE = 4

GrammarDescription = str | Mapping[str, object]


@dataclass(frozen=True)
class Zone:
    """A place on the blank that somebody writes in.

    box: in pixels of the blank; type: a field type or a wish as docs/grammar.md has them; lexicon:
    entries, or the name of a list; cells: of a comb; rows: edges of a column's rows from top to
    bottom; table: columns of one table have one name; group: checkboxes of one choice have one
    name, and each its label; keeps_print: print inside is read along; min_confidence: below it a
    person looks, where it is not the template's.
    """

    name: str
    box: Box
    kind: str = "text"
    type: GrammarDescription | None = None
    lexicon: str | tuple[str, ...] | None = None
    cells: int = 0
    rows: tuple[int, ...] = ()
    table: str = ""
    group: str = ""
    label: str = ""
    multiline: bool = False
    required: bool = False
    keeps_print: bool = False
    min_confidence: float | None = None


@dataclass(frozen=True)
class Check:
    """What fields must have to do with each other: a kind of CHECKS, and names in its order."""

    kind: str
    fields: tuple[str, ...]


ZONE_KEYS = {
    "name", "box", "kind", "type", "lexicon", "cells", "rows", "table", "group", "label",
    "multiline", "required", "keeps_print", "min_confidence",
}  # fmt: skip


def zone_of(value: object, place: str, size: tuple[int, int]) -> Zone:
    """A zone from its JSON; size: (W, H) of the blank. Raises: BadTemplate."""
    given = keyed(value, ZONE_KEYS, place)
    kind = given.get("kind", "text")
    if kind not in KINDS:
        raise BadTemplate(f"{place}.kind is {as_message(kind)}; expected one of {', '.join(KINDS)}")
    box = _box(given.get("box"), f"{place}.box", size)
    return Zone(
        name=name_of(given.get("name"), f"{place}.name"),
        box=box,
        kind=kind,
        type=_grammar(given.get("type"), f"{place}.type"),
        lexicon=_lexicon(given.get("lexicon"), f"{place}.lexicon"),
        cells=_cells(given.get("cells"), kind, f"{place}.cells"),
        rows=_rows(given.get("rows"), kind, box, f"{place}.rows"),
        table=text_of(given.get("table"), f"{place}.table"),
        group=text_of(given.get("group"), f"{place}.group"),
        label=text_of(given.get("label"), f"{place}.label"),
        multiline=_flag(given, "multiline", place),
        required=_flag(given, "required", place),
        keeps_print=_flag(given, "keeps_print", place),
        min_confidence=share_of(given.get("min_confidence"), f"{place}.min_confidence"),
    )


def plain(zone: Zone) -> dict[str, Any]:
    """A zone as JSON; what is not set is not there."""
    results: dict[str, Any] = {"name": zone.name, "box": list(zone.box), "kind": zone.kind}
    for key in ("type", "table", "group", "label", "min_confidence"):
        value = getattr(zone, key)
        if value not in (None, ""):
            results[key] = value
    if zone.lexicon is not None:
        results["lexicon"] = zone.lexicon if isinstance(zone.lexicon, str) else list(zone.lexicon)
    if zone.cells:
        results["cells"] = zone.cells
    if zone.rows:
        results["rows"] = list(zone.rows)
    return results | {
        key: True for key in ("multiline", "required", "keeps_print") if getattr(zone, key)
    }


def check_of(value: object, place: str, names: set[str]) -> Check:
    """A check from its JSON; names: those of fields. Raises: BadTemplate."""
    given = keyed(value, {"kind", "fields"}, place)
    kind, fields = given.get("kind"), given.get("fields")
    if not isinstance(kind, str) or kind not in CHECKS:
        raise BadTemplate(
            f"{place}.kind is {as_message(kind)}; expected one of {', '.join(CHECKS)}"
        )
    if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
        raise BadTemplate(
            f"{place}.fields is {as_message(fields)}; expected a list of names of zones"
        )
    fewest, most = CHECKS[kind]
    if len(fields) < fewest or len(fields) > (most or MAX_ZONES):
        wanted = f"{fewest}" if most == fewest else f"{fewest} or more"
        raise BadTemplate(f"{place}.fields has {len(fields)} names; {kind!r} takes {wanted}")
    unknown = next((one for one in fields if one not in names), None)
    if unknown is not None:
        raise BadTemplate(f"{place}.fields names {as_message(unknown)}, and no zone has that name")
    return Check(kind, tuple(fields))


def keyed(value: object, keys: set[str], place: str) -> dict[str, Any]:
    """A JSON object with no key but these. Raises: BadTemplate."""
    if not isinstance(value, dict):
        raise BadTemplate(f"{place} is {as_message(value)}; expected an object")
    unknown = sorted(str(key) for key in value if key not in keys)
    if unknown:
        known = ", ".join(sorted(keys))
        raise BadTemplate(f"{place} has {as_message(unknown[0])}; the keys are {known}")
    return value


def name_of(value: object, place: str) -> str:
    """A name: text of 1 to MAX_NAME characters on one line. Raises: BadTemplate."""
    result = text_of(value, place)
    if not result:
        raise BadTemplate(f"{place} is missing; expected 1 to {MAX_NAME} characters")
    return result


def text_of(value: object, place: str) -> str:
    """A text on one line, which may be missing. Raises: BadTemplate."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_NAME or not value.isprintable():
        raise BadTemplate(
            f"{place} is {as_message(value)}; expected up to {MAX_NAME} characters on one line"
        )
    return value.strip()


def share_of(value: object, place: str) -> float | None:
    """A number from 0 to 1, or nothing. Raises: BadTemplate."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadTemplate(f"{place} is {as_message(value)}; expected a number from 0 to 1")
    return float(value)


def as_message(value: object) -> str:
    """A value as it stands in a message."""
    return (
        ascii(value)[:60]
        if isinstance(value, str) and not value.isprintable()
        else (repr(value)[:60])
    )


def is_whole(value: object) -> bool:
    """Whether a JSON value is a whole number of a size that pixels have."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**6


def _box(value: object, place: str, size: tuple[int, int]) -> Box:
    if not isinstance(value, list | tuple) or len(value) != 4 or not all(map(is_whole, value)):
        raise BadTemplate(
            f"{place} is {as_message(value)}; expected [left, top, right, bottom] in pixels"
        )
    left, top, right, bottom = value
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise BadTemplate(f"{place} is {list(value)}; the blank is {size[0]} x {size[1]} pixels")
    if min(right - left, bottom - top) < MIN_SIDE:
        raise BadTemplate(f"{place} is {list(value)}; a zone has {MIN_SIDE} pixels at least")
    return left, top, right, bottom


def _grammar(value: object, place: str) -> GrammarDescription | None:
    if value is None or (isinstance(value, dict) and value):
        return value
    if isinstance(value, str) and 0 < len(value) <= MAX_NAME:
        return value
    raise BadTemplate(
        f"{place} is {as_message(value)}; expected a field type, or a wish as an object"
    )


def _lexicon(value: object, place: str) -> str | tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return name_of(value, place)
    return entries_of(value, place)


def entries_of(value: object, place: str) -> tuple[str, ...]:
    """The entries of a lexicon. Raises: BadTemplate."""
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_ENTRIES:
        raise BadTemplate(f"{place} is {as_message(value)}; expected 1 to {MAX_ENTRIES} texts")
    if not all(isinstance(one, str) for one in value):
        raise BadTemplate(f"{place} has an entry that is no text")
    return tuple(value)


def _cells(value: object, kind: str, place: str) -> int:
    if value is None and kind != "comb":
        return 0
    if kind != "comb" or not is_whole(value) or not 2 <= int(str(value)) <= MAX_CELLS:
        raise BadTemplate(
            f"{place} is {as_message(value)}; a comb has 2 to {MAX_CELLS}, others none"
        )
    return int(str(value))


def _rows(value: object, kind: str, box: Box, place: str) -> tuple[int, ...]:
    """The edges of a column's rows: as they are given, or of that many rows alike."""
    if value is None and kind != "column":
        return ()
    if kind == "column" and is_whole(value) and 1 <= int(str(value)) <= MAX_ROWS:
        count = int(str(value))
        edges = [round(box[1] + (box[3] - box[1]) * at / count) for at in range(count + 1)]
    elif kind == "column" and isinstance(value, list | tuple) and all(map(is_whole, value)):
        edges = list(value)
    else:
        raise BadTemplate(
            f"{place} is {as_message(value)}; a column has a number of rows, or edges"
        )
    inside = len(edges) >= 2 and box[1] <= edges[0] and edges[-1] <= box[3]
    apart = all(b - a >= MIN_SIDE for a, b in zip(edges, edges[1:], strict=False))
    if not inside or not apart or len(edges) > MAX_ROWS + 1:
        raise BadTemplate(
            f"{place}: edges go from {box[1]} down to {box[3]}, {MIN_SIDE} pixels apart or more"
        )
    return tuple(edges)


def _flag(given: dict[str, Any], key: str, place: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise BadTemplate(f"{place}.{key} is {as_message(value)}; expected true or false")
    return value
