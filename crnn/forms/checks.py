"""Fields against each other: a check that holds makes them surer, one that does not may mend them.

Each field brings the ways it may be read, with their probabilities. The likeliest readings that the
check allows are taken where the scores support them nearly as well. Where they do not, every field
keeps what it says, and what the check would make of it is a proposal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from crnn.calibration import log_odds
from crnn.decode.constrained.support import MAX_AGAINST
from crnn.forms.check_agreement import Found, solved
from crnn.forms.field_reader import of_rows
from crnn.forms.form_results import Candidate, CheckResult, FieldResult, Suggestion
from crnn.forms.zone import Check

MOST_COST, SURE_COST, SURE_MARGIN = 12.0, log_odds(MAX_AGAINST), 2.0
"""Nats that a reading may lose: to be proposed, and to be taken, as a lexicon or a grammar may; and
its lead over the next one."""
STRONG = ("sum", "product", "equal", "capital", "birthday")
"""Checks that two wrong readings hardly pass together: what passes them is surer."""
MENDING = (*STRONG, "one_of")
"""Checks that say which value a field has, so that they may choose among its readings."""

Fields = dict[str, FieldResult]


def checked(checks: Sequence[Check], fields: Fields) -> tuple[Fields, tuple[CheckResult, ...]]:
    """The fields after all checks, and how each went."""
    details = []
    for check in checks:
        fields, result = _check(check, fields)
        details.append(result)
    return fields, tuple(details)


def _check(check: Check, fields: Fields) -> tuple[Fields, CheckResult]:
    if check.kind == "product" and any(fields[name].rows for name in check.fields):
        return _row_by_row(check, fields)
    groups = [_parts(fields[name]) for name in check.fields]
    parts = [part for group in groups for part in group]
    if check.kind != "one_of" and not any(part.text for part in parts):
        return fields, CheckResult(check.kind, check.fields, "skipped", "nothing is written")
    if check.kind != "one_of" and not any(part.text for part in groups[-1]):
        return fields, CheckResult(check.kind, check.fields, "skipped", "the last one is empty")
    without = [part.name for part in parts if _is_without(part)]
    if without and check.kind != "one_of":
        detail = f"no value is read of {', '.join(without)}"
        left = {name: _unchecked(check.kind, fields[name], detail) for name in check.fields}
        return fields | left, CheckResult(check.kind, check.fields, "skipped", detail)
    outcome = solved(check.kind, parts)
    mended, result = _applied(check, parts, outcome)
    at, made = 0, dict(fields)
    for name, group in zip(check.fields, groups, strict=True):
        made[name] = _with_parts(fields[name], mended[at : at + len(group)])
        at += len(group)
    return made, result


def _is_without(part: FieldResult) -> bool:
    """Whether something is written in a field, and nothing that it may mean."""
    return not part.valid and part.text != "" and all(c.value is None for c in part.candidates)


def _unchecked(kind: str, result: FieldResult, detail: str) -> FieldResult:
    """A field whose check cannot be made; it goes to a person where the check would have told."""
    if kind not in STRONG:
        return result
    fault = f"the check {kind!r} cannot be made: {detail}"
    parts = [
        replace(part, faults=(*part.faults, fault)) if part.text else part
        for part in _parts(result)
    ]
    return _with_parts(result, parts)


def _row_by_row(check: Check, fields: Fields) -> tuple[Fields, CheckResult]:
    """A product in every row of a table; told as one check, by its worst row."""
    count = min(len(fields[name].rows) for name in check.fields)
    made: dict[str, list[FieldResult]] = {name: list(fields[name].rows) for name in check.fields}
    states, details = [], []
    for row in range(count):
        parts = [made[name][row] for name in check.fields]
        if not all(part.text for part in parts) or any(map(_is_without, parts)):
            continue
        mended, result = _applied(check, parts, solved(check.kind, parts))
        states.append(result.state)
        if result.detail:
            details.append(f"row {row + 1}: {result.detail}")
        for name, part in zip(check.fields, mended, strict=True):
            made[name][row] = part
    worst = next((s for s in ("failed", "repaired", "passed") if s in states), "skipped")
    changed = {name: _with_parts(fields[name], rows) for name, rows in made.items()}
    return fields | changed, CheckResult(check.kind, check.fields, worst, "; ".join(details))


def _applied(
    check: Check, parts: list[FieldResult], result: Found | None
) -> tuple[list[FieldResult], CheckResult]:
    """The parts as a check leaves them, and how it went."""
    if result is None or result.cost > MOST_COST:
        details = _failure_text(check.kind, parts)
        failed = f"the check {check.kind!r} fails: {details}"
        return (
            [replace(part, faults=(*part.faults, failed)) for part in parts],
            CheckResult(check.kind, check.fields, "failed", details),
        )
    changes = [
        repair.value != part.value for part, repair in zip(parts, result.repairs, strict=True)
    ]
    if not any(changes):
        return _surer(check.kind, parts), CheckResult(check.kind, check.fields, "passed")
    is_sure = result.cost <= SURE_COST and result.margin >= SURE_MARGIN and check.kind in MENDING
    is_sure = is_sure and (
        check.kind == "one_of" or all(part.valid or not part.text for part in parts)
    )
    mend = _mended if is_sure else _doubted
    mended = [
        mend(check.kind, part, repair) if changed else part
        for part, repair, changed in zip(parts, result.repairs, changes, strict=True)
    ]
    detail = "; ".join(
        f"{part.text} -> {repair.text}"
        for part, repair, changed in zip(parts, result.repairs, changes, strict=True)
        if changed
    )
    state, details = ("repaired", "") if is_sure else ("failed", "would hold with ")
    return mended, CheckResult(check.kind, check.fields, state, details + detail)


def _mended(kind: str, part: FieldResult, repair: Candidate) -> FieldResult:
    """A part with another of its readings. Its own confidence was that of the one passed over."""
    note = f"{part.text!r} was read; the check {kind!r} asks for {repair.text!r}"
    return replace(
        part,
        value=repair.value,
        text=repair.text,
        details=repair.details,
        confidence=max(part.confidence, part.least),
        status="corrected",
        proposal=_suggested(part, repair),
        faults=part.faults if part.valid else (),
        notes=(*part.notes, note),
    )


def _doubted(kind: str, part: FieldResult, repair: Candidate) -> FieldResult:
    """A part that keeps its reading, beside the one that the check asks for."""
    fault = f"the check {kind!r} asks for {repair.text!r}"
    return replace(part, proposal=_suggested(part, repair), faults=(*part.faults, fault))


def _suggested(part: FieldResult, repair: Candidate) -> Suggestion:
    first = part.candidates[0].log_prob if part.candidates else repair.log_prob
    return Suggestion(repair.text, repair.value, round(first - repair.log_prob, 4))


def _surer(kind: str, parts: list[FieldResult]) -> list[FieldResult]:
    """Parts that agree: one of them is wrong only where another is too."""
    if kind not in STRONG:
        return parts
    made = []
    for at, part in enumerate(parts):
        others = math.prod(one.confidence for i, one in enumerate(parts) if i != at and one.text)
        sure = 1 - (1 - part.confidence) * (1 - others)
        made.append(replace(part, confidence=sure) if part.text else part)
    return made


def _failure_text(kind: str, parts: list[FieldResult]) -> str:
    """What the parts say, for a check that fails."""
    texts = [part.text or "nothing" for part in parts]
    if kind == "sum":
        return f"{' + '.join(text for text in texts[:-1] if text != 'nothing')} is not {texts[-1]}"
    return " and ".join(texts)


def _parts(result: FieldResult) -> tuple[FieldResult, ...]:
    return result.rows or (result,)


def _with_parts(result: FieldResult, parts: Sequence[FieldResult]) -> FieldResult:
    return of_rows(replace(result, rows=tuple(parts))) if result.rows else parts[0]
