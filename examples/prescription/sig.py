"""What stands behind a drug: how much at a time and how often, from many spellings to one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,3})?"
_UNITS = {
    "g": ("mg", 1000), "mg": ("mg", 1), "ug": ("mg", Decimal("0.001")),
    "mcg": ("mg", Decimal("0.001")), "ml": ("mL", 1), "mL": ("mL", 1), "IU": ("IU", 1),
    "U": ("IU", 1), "片": ("tablet", 1), "粒": ("capsule", 1), "袋": ("sachet", 1),
    "包": ("sachet", 1), "支": ("ampoule", 1), "滴": ("drop", 1), "丸": ("pill", 1),
}  # fmt: skip
DOSE = f"{_NUMBER} ?(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
"""What a dose may say, as a grammar's expression."""

_COUNTS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_CODES = {
    "qd": Decimal(1), "bid": Decimal(2), "tid": Decimal(3), "qid": Decimal(4), "qn": Decimal(1),
    "qod": Decimal("0.5"), "q4h": Decimal(6), "q6h": Decimal(4), "q8h": Decimal(3),
    "q12h": Decimal(2), "睡前服": Decimal(1), "隔日一次": Decimal("0.5"),
}  # fmt: skip
_AS_NEEDED = ("prn", "必要时服")
_DAILY = "(?:每日|一日|每天)"
FREQUENCY = "|".join([f"{_DAILY}[{''.join(_COUNTS)}]次", *_CODES, *_AS_NEEDED])
"""What a frequency may say, as a grammar's expression."""

FREQUENCIES = (
    "每日一次", "每日两次", "每日三次", "每日3次", "一日二次", "一日三次", "每天2次", "每天一次",
    "qd", "bid", "tid", "qid", "qn", "q8h", "q12h", "睡前服", "隔日一次", "prn", "必要时服",
)  # fmt: skip
"""Spellings, for whoever fills in forms."""


class Unclear(ValueError):
    """A dose or a frequency that says nothing usable; the message says what was found."""


@dataclass(frozen=True)
class Dose:
    """One dose: mass in mg, volume in mL, or a count of what it comes in."""

    amount: Decimal
    unit: str


@dataclass(frozen=True)
class Frequency:
    """How often: doses a day, None where it is taken as needed."""

    per_day: Decimal | None
    as_needed: bool = False


def dose(text: str) -> Dose:
    """0.5g and 500 mg are one dose. Raises: Unclear."""
    found = re.fullmatch(f"({_NUMBER}) ?([A-Za-z]+|[片粒袋包支滴丸])", text.strip())
    if not found or found[2] not in _UNITS:
        raise Unclear(f"{text!r} is no dose; expected a number and a unit such as mg, g, mL, 片")
    unit, factor = _UNITS[found[2]]
    amount = Decimal(found[1]) * factor
    if not amount:
        raise Unclear(f"{text!r} is a dose of nothing")
    return Dose(amount.normalize(), unit)


def frequency(text: str) -> Frequency:
    """每日三次, tid and q8h are one frequency. Raises: Unclear."""
    spelled = text.strip()
    if spelled in _AS_NEEDED:
        return Frequency(None, True)
    if spelled in _CODES:
        return Frequency(_CODES[spelled])
    found = re.fullmatch(f"{_DAILY}([{''.join(_COUNTS)}])次", spelled)
    if not found:
        raise Unclear(f"{text!r} is no frequency; expected one such as 每日三次 or tid")
    return Frequency(Decimal(_COUNTS[found[1]]))


def doses_in_all(often: Frequency, days: int) -> Decimal | None:
    """How many doses a course has; None where nobody can say."""
    return None if often.per_day is None else often.per_day * days
