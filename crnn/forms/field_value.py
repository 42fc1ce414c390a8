"""A read line as the field of its zone: status, value, what else it may be."""

from __future__ import annotations

from dataclasses import replace

from charset import normalize
from crnn.fields import Field
from crnn.forms.form_results import Candidate, FieldResult, Suggestion
from crnn.forms.zone import Zone
from crnn.page import FieldReading, Line

NOTHING_READ = "something is written, and nothing is read"


def from_line(found: FieldResult, zone: Zone, line: Line, grammar: Field | None) -> FieldResult:
    """A field with what its line says. found: without a value; grammar: that of the zone's type."""
    if zone.kind == "comb":
        found = replace(found, chars=tuple((c.text, c.confidence) for c in line.chars))
    told = _candidates(line, grammar)
    first = told[0]
    asked = line.field
    if asked is None:
        found = replace(found, value=first.value, candidates=told)
        return found if line.text else unreadable(found)
    found = replace(
        found,
        raw_text=asked.read,
        status=_status(asked),
        proposal=_suggestion(asked),
        candidates=told if asked.valid else _proposed(asked, told),
    )
    if not asked.valid:
        return replace(found, value=None, faults=(_fault(zone, asked),))
    details = asked.value if grammar else None
    value = (asked.value or {}).get("value")
    note = (f"{asked.read!r} was read",) if asked.status == "corrected" else ()
    return replace(found, value=value, details=details, notes=note)


def _proposed(asked: FieldReading, told: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The reading without a value, and for checks what a constraint would make of it."""
    nothing = Candidate(told[0].text, None, told[0].log_prob)
    return (nothing, *told[1:]) if asked.status == "conflict" else (nothing,)


def unreadable(found: FieldResult, fault: str = NOTHING_READ) -> FieldResult:
    """A field that is written in and has no value, for no character of it is read."""
    return replace(found, value=None, status="unreadable", faults=(*found.faults, fault))


def struck(found: FieldResult) -> FieldResult:
    """A field that is crossed out: it has no value, whatever is read under the line."""
    fault = "it is crossed out"
    return replace(
        found,
        value=None,
        details=None,
        status="struck",
        proposal=None,
        faults=(fault,),
        candidates=(Candidate(found.text, None, 0.0),),
    )


def _status(asked: FieldReading) -> str:
    """That of the line; in a zone with ink, nothing read is unreadable, not empty."""
    return "unreadable" if asked.status == "empty" else asked.status


def _suggestion(asked: FieldReading) -> Suggestion | None:
    found = asked.proposal
    if found is None:
        return None
    value = (found.value or {}).get("value")
    return Suggestion(found.text, value, found.margin, found.against)


def _fault(zone: Zone, asked: FieldReading) -> str:
    """Why a field has no value."""
    if asked.status != "conflict":
        return NOTHING_READ
    if zone.lexicon is not None:
        return f"it says {asked.read!r}, which is no entry of its list"
    reason = asked.reasons[0].removeprefix(f"{asked.read}: ") if asked.reasons else ""
    return f"it says {asked.read!r}, which is no {asked.type}: {reason}".removesuffix(": ")


def _candidates(line: Line, grammar: Field | None) -> tuple[Candidate, ...]:
    """Ways to read a line, the chosen one first, one for each value."""
    told = [(one.text, one.log_prob) for one in line.alternatives]
    chosen = next((score for text, score in told if normalize(text) == normalize(line.text)), 0.0)
    found: dict[str, Candidate] = {}
    for text, score in [(line.text, chosen), *told]:
        details = grammar.value(text) if grammar else None
        value = (details or {}).get("value") if grammar else text or None
        if value is not None or not found:
            found.setdefault(repr(value), Candidate(text, value, score, details))
    return tuple(found.values())
