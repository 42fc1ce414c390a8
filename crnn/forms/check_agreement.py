"""Readings of several fields that a check allows: the likeliest of them, and what they lose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product

from crnn.forms.form_results import Candidate, FieldResult

PER_FIELD, MAX_SUMS = 6, 4000
FEMALE, MALE = ("女", "female", "f"), ("男", "male", "m")

Repair = tuple[Candidate, ...]


@dataclass(frozen=True)
class Found:
    """Readings of all parts that a check allows, what they lose, and their lead over the next."""

    repairs: Repair
    cost: float
    margin: float


def solved(kind: str, parts: list[FieldResult]) -> Found | None:
    """The likeliest readings of all parts that a kind of check allows; None without any."""
    ways = [_repairs(part) for part in parts]
    best = sum(one[0].log_prob for one in ways)
    result = _sums(ways) if kind == "sum" else _all_repairs(kind, ways)
    if not result:
        return None
    lead = result[0][0] - result[1][0] if len(result) > 1 else math.inf
    return Found(result[0][1], best - result[0][0], lead)


def _repairs(part: FieldResult) -> Repair:
    """The ways that a field may be read; of one in conflict those that mean something."""
    result = part.candidates[:PER_FIELD] or (Candidate("", None, 0.0),)
    if part.valid or not part.text:
        return result
    return tuple(one for one in result if one.value is not None)


def _all_repairs(kind: str, ways: list[tuple[Candidate, ...]]) -> list[tuple[float, Repair]]:
    """The two likeliest readings together that are allowed, by trying all of a few parts."""
    allowed = ALLOWED[kind]
    if len(ways) > 5:
        ways = [one[:2] for one in ways[:12]] + [one[:1] for one in ways[12:]]
    results = [
        (sum(one.log_prob for one in chosen), chosen)
        for chosen in product(*ways)
        if allowed(chosen)
    ]
    return sorted(results, key=lambda one: -one[0])[:2]


def _sums(ways: list[tuple[Candidate, ...]]) -> list[tuple[float, Repair]]:
    """The two likeliest readings of addends and total, by dynamic programming over the sums."""
    sums: dict[Decimal, tuple[float, Repair]] = {Decimal(0): (0.0, ())}
    for candidates in ways[:-1]:
        new: dict[Decimal, tuple[float, Repair]] = {}
        for one in candidates:
            amount = _number(one.value)
            for total, (score, chosen) in sums.items():
                if amount is None:
                    continue
                kept = new.get(total + amount)
                if kept is None or score + one.log_prob > kept[0]:
                    new[total + amount] = (score + one.log_prob, (*chosen, one))
        likeliest = sorted(new.items(), key=lambda item: -item[1][0])[:MAX_SUMS]
        sums = dict(likeliest)
    results = []
    for one in ways[-1]:
        whole = _number(one.value)
        if whole is not None and one.value is not None and whole in sums:
            score, chosen = sums[whole]
            results.append((score + one.log_prob, (*chosen, one)))
    return sorted(results, key=lambda item: -item[0])[:2]


def _number(value: object) -> Decimal | None:
    """A value as a number, nothing as 0; None where it is neither."""
    if value is None:
        return Decimal(0)
    try:
        result = Decimal(str(value))
    except InvalidOperation:
        return None
    return result if result.is_finite() else None


def _product(chosen: Repair) -> bool:
    numbers = [_number(one.value) for one in chosen if one.value is not None]
    if None in numbers or len(numbers) < len(chosen):
        return False
    *factors, last = (one for one in numbers if one is not None)
    cents = Decimal("0.01")
    return bool(math.prod(factors, start=Decimal(1)).quantize(cents) == last.quantize(cents))


def _equal(chosen: Repair) -> bool:
    first, second = (one.value for one in chosen)
    return first is not None and str(first) == str(second)


def _birthday(chosen: Repair) -> bool:
    card, day = chosen
    return bool(card.details) and (card.details or {}).get("birthday") == day.value


def _sex(chosen: Repair) -> bool:
    listed = (chosen[0].details or {}).get("sex")
    wanted = FEMALE if listed == "female" else MALE
    return bool(listed) and str(chosen[1].value).strip().lower() in wanted


def _order(chosen: Repair) -> bool:
    first, second = (one.value for one in chosen)
    if first is None or second is None:
        return False
    numbers = _number(first), _number(second)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] <= numbers[1]
    return str(first) <= str(second)


def _one_of(chosen: Repair) -> bool:
    return sum(one.value is True for one in chosen) == 1


ALLOWED: dict[str, Callable[[Repair], bool]] = {
    "product": _product,
    "equal": _equal,
    "capital": _equal,
    "birthday": _birthday,
    "sex": _sex,
    "order": _order,
    "one_of": _one_of,
}
