"""Sums as exercises have them: 12+34=46, and whether they are right."""

from __future__ import annotations

import re
from fractions import Fraction

from crnn.decode.field_grammar import Value
from crnn.fields.field_type import FieldType, Unfit
from crnn.fields.types.amounts import plain_fraction

_NUMBER = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?"
_WHOLE = "(?:0|[1-9][0-9]{0,8})"
_REST = r"(?:…{1,2}|\.{3}|\.{6}|余)"
_SIGNS = "[-+×*÷/]"
_LEFT = f"-?{_NUMBER}(?: ?{_SIGNS} ?{_NUMBER}){{1,7}}"
_RIGHT = f"-?{_NUMBER}(?: ?/ ?{_NUMBER})?"
SUM = f"{_LEFT} ?=(?: ?{_RIGHT})?|{_WHOLE} ?[÷/] ?{_WHOLE} ?= ?{_WHOLE} ?{_REST} ?{_WHOLE}"
_PARTS = re.compile(r"[0-9]+(?:\.[0-9]+)?|[-+×*÷/]")
_SPLIT_REST = re.compile(_REST)


def result(text: str) -> Fraction:
    """What a row of numbers and signs comes to, × and ÷ before + and -.

    Raises: Unfit where something is divided by zero.
    """
    terms, sign = [Fraction(0)], "+"
    for part in _PARTS.findall(text):
        if part in "+-×*÷/":
            sign = part
        elif sign in "+-":
            terms.append(Fraction(part) if sign == "+" else -Fraction(part))
        elif sign in "×*":
            terms[-1] *= Fraction(part)
        elif Fraction(part) == 0:
            raise Unfit("something is divided by zero")
        else:
            terms[-1] /= Fraction(part)
    return sum(terms, Fraction(0))


def _read(text: str) -> Value:
    left, _, right = text.partition("=")
    rest = _SPLIT_REST.split(right)
    if len(rest) == 2:
        return _with_rest(left, int(rest[0]), int(rest[1]))
    results: Value = {"left": plain_fraction(result(left)), "right": None, "value": None}
    if right.strip():
        answer = result(right)
        results |= {"right": plain_fraction(answer), "value": result(left) == answer}
    return {"kind": "arithmetic", **results}


def _with_rest(left: str, quotient: int, rest: int) -> Value:
    total, divisor = (int(number) for number in re.findall("[0-9]+", left))
    if divisor == 0:
        raise Unfit("something is divided by zero")
    right = divmod(total, divisor) == (quotient, rest)
    true = "…".join(map(str, divmod(total, divisor)))
    return {"kind": "arithmetic", "left": true, "right": f"{quotient}…{rest}", "value": right}


TYPES = (
    FieldType(
        "arithmetic",
        "A sum with + - × * ÷ / and its result, or with none yet: whole numbers, decimals, "
        "fractions by /, and a division with what is left over (17÷5=3……2). The value says whether "
        "it is right, null where there is no result; `left` and `right` are what both "
        "sides come to.",
        SUM,
        _read,
        {
            "12+34=46": True,
            "3×4-2=9": False,
            "1/2+1/4=3/4": True,
            "17÷5=3……2": True,
            "0.1 + 0.2 = 0.3": True,
            "8×7=": None,
        },
    ),
)
