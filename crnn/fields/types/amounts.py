"""Fields of digits, decimals, amounts of money and percentages."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction

from crnn.decode.field_grammar import Value
from crnn.fields.field_type import FieldType

WHOLE = "(?:0|[1-9][0-9]{0,11}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3})"
CURRENCIES = {
    "HKD": ("HK$", "HKD", "港元", "港币"),
    "USD": ("US$", "USD", "$", "美元"),
    "EUR": ("EUR", "€", "欧元"),
    "GBP": ("GBP", "￡", "英镑"),
    "CNY": ("￥", "RMB", "CNY", "人民币", "元", "圆"),
}
"""Code -> what stands for it; the first that a text contains is meant, so 美元 comes before 元."""
SCALES = {"万": 10**4, "亿": 10**8}

_BEFORE = r"(?:人民币 ?)?(?:￥|RMB|CNY)|人民币|(?:HK|US)?\$|HKD|USD|EUR|GBP|€|￡"
_AFTER = "元[整正]?|圆[整正]?|RMB|CNY|HKD|USD|EUR|GBP|港元|港币|美元|欧元|英镑"
_CENTS = rf"{WHOLE}(?:\.[0-9]{{1,2}})?"
_SCALED = rf"{WHOLE}(?:\.[0-9]{{1,6}})? ?[万亿]"
AMOUNT = (
    f"-?(?:(?:{_BEFORE}) ?)-?{_CENTS}|-?{_CENTS}(?: ?(?:{_AFTER}))?"
    f"|-?(?:￥|RMB|人民币)? ?{_CENTS} ?元[整正]?"
    f"|-?(?:(?:￥|RMB|人民币|US\\$|\\$) ?)?{_SCALED}(?:元|美元|港元|欧元)?"
)
_DIGITS = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")


def _read_digits(text: str) -> Value:
    return {"kind": "digits", "value": text}


def _number(text: str) -> Decimal:
    result = _DIGITS.search(text)
    assert result, text
    number = Decimal(result[0].replace(",", ""))
    return -number if "-" in text and number else number


def plain(number: Decimal) -> str:
    """A number without exponent, group marks or trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_fraction(number: Fraction) -> str:
    """A fraction as a decimal where that is exact, else as two whole numbers."""
    rest = number.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    if rest > 1:
        return str(number)
    with localcontext() as context:
        context.prec = 400
        return plain(Decimal(number.numerator) / number.denominator)


def money(number: Decimal) -> str:
    """A sum of money with both digits of its cents."""
    return f"{number:.2f}"


def _read_decimal(text: str) -> Value:
    return {"kind": "decimal", "value": f"{_number(text):f}"}


def _read_amount(text: str) -> Value:
    codes = (code for code, signs in CURRENCIES.items() if any(sign in text for sign in signs))
    scale = next((SCALES[sign] for sign in SCALES if sign in text), 1)
    return {
        "kind": "amount",
        "value": money(_number(text) * scale),
        "currency": next(codes, None),
    }


def _read_percentage(text: str) -> Value:
    number = _number(text)
    return {
        "kind": "percentage",
        "value": plain(number / (1000 if text.endswith("‰") else 100)),
        "number": plain(number),
        "sign": text[-1],
    }


TYPES = (
    FieldType(
        "digits",
        "One to 64 digits. The value is the text itself: zeros in front are kept.",
        "[0-9]{1,64}",
        _read_digits,
        {"350203": "350203", "007": "007"},
    ),
    FieldType(
        "decimal",
        "A number, with or without sign, decimals and commas between thousands. "
        "The value is the number as text, so that no digit is lost.",
        rf"[-+]?{WHOLE}(?:\.[0-9]{{1,8}})?",
        _read_decimal,
        {"12.50": "12.50", "-1,234,567.8": "-1234567.8", "0": "0"},
    ),
    FieldType(
        "amount",
        "Money in digits: a currency before or after or none, commas between thousands in the "
        "right places, at most two decimals (six before 万 and 亿). The value has two decimals; "
        "`currency` is an ISO 4217 code, or null where none is written.",
        AMOUNT,
        _read_amount,
        {
            "￥1,234.50": "1234.50",
            "RMB 300": "300.00",
            "12300元整": "12300.00",
            "3.45万元": "34500.00",
            "US$9.9": "9.90",
            "-0.05": "-0.05",
        },
    ),
    FieldType(
        "percentage",
        "A number and % or ‰. The value is the ratio; `number` and `sign` are what is written.",
        rf"[-+]?{WHOLE}(?:\.[0-9]{{1,6}})? ?[%‰]",
        _read_percentage,
        {"12.6%": "0.126", "-3‰": "-0.003", "100%": "1"},
    ),
)
