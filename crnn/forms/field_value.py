"""A read line as the field of its zone: status, value, what else it may be."""

from __future__ import annotations

from dataclasses import replace

from charset import normalize
from crnn.fields import Field
from crnn.forms.form_results import Candidate, FieldResult, Suggestion
from crnn.forms.zone import Zone
from crnn.page import FieldReading, Line

NOTHING_READ = "something is written, and nothing is read"


def from_line(result: FieldResult, zone: Zone, line: Line, grammar: Field | None) -> FieldResult:
    """A field with what its line says. result: without a value; grammar: the zone's."""
    if zone.kind == "comb":
        result = replace(result, chars=tuple((c.text, c.confidence) for c in line.chars))
    listed = _candidates(line, grammar)
    first = listed[0]
    asked = line.field
    if asked is None:
        result = replace(result, value=first.value, candidates=listed)
        return result if line.text else unreadable(result)
    result = replace(
        result,
        raw_text=asked.read,
        status=_status(asked),
        proposal=_suggestion(asked),
        candidates=listed if asked.valid else _proposed(asked, listed),
    )
    if not asked.valid:
        return replace(result, value=None, faults=(_fault(zone, asked),))
    details = asked.value if grammar else None
    value = (asked.value or {}).get("value")
    note = (f"{asked.read!r} was read",) if asked.status == "corrected" else ()
    return replace(result, value=value, details=details, notes=note)


def _proposed(asked: FieldReading, listed: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The reading without a value, and for checks what a constraint would make of it."""
    nothing = Candidate(listed[0].text, None, listed[0].log_prob)
    return (nothing, *listed[1:]) if asked.status == "conflict" else (nothing,)


def unreadable(result: FieldResult, fault: str = NOTHING_READ) -> FieldResult:
    """A field that is written in and has no value, for no character of it is read."""
    return replace(result, value=None, status="unreadable", faults=(*result.faults, fault))


def struck(result: FieldResult) -> FieldResult:
    """A field that is crossed out: it has no value, whatever is read under the line."""
    fault = "it is crossed out"
    return replace(
        result,
        value=None,
        details=None,
        status="struck",
        proposal=None,
        faults=(fault,),
        candidates=(Candidate(result.text, None, 0.0),),
    )


def _status(asked: FieldReading) -> str:
    """That of the line; in a zone with ink, nothing read is unreadable, not empty."""
    return "unreadable" if asked.status == "empty" else asked.status


def _suggestion(asked: FieldReading) -> Suggestion | None:
    result = asked.proposal
    if result is None:
        return None
    value = (result.value or {}).get("value")
    return Suggestion(result.text, value, result.margin, result.against)


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
    listed = [(one.text, one.log_prob) for one in line.alternatives]
    chosen = next((score for text, score in listed if normalize(text) == normalize(line.text)), 0.0)
    results: dict[str, Candidate] = {}
    for text, score in [(line.text, chosen), *listed]:
        details = grammar.value(text) if grammar else None
        value = (details or {}).get("value") if grammar else text or None
        if value is not None or not results:
            results.setdefault(repr(value), Candidate(text, value, score, details))
    return tuple(results.values())
