"""Dates and times, in figures and in Chinese numerals; leap years are part of the automaton."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crnn.decode.field_grammar import Value
from crnn.fields.field_type import FieldType

HAN = {"〇": 0, "零": 0, "○": 0, **{sign: n for n, sign in enumerate("一二三四五六七八九", 1)}}


@dataclass(frozen=True)
class Numerals:
    """Years 1900 to 2099, months by their length, and days, in one way of writing."""

    year: str
    leap: str
    months: tuple[str, str, str]
    days: tuple[str, str, str]
    last: str

    def date(self, after_year: str, after_month: str, after_day: str = "") -> str:
        """Every date that there is, with what stands between its parts."""
        ordinary = self.of_any_year(after_month)
        extra = f"(?:{self.months[2]}){after_month}{self.last}"
        options = f"(?:{self.year}){after_year}{ordinary}|(?:{self.leap}){after_year}{extra}"
        return f"(?:{options}){after_day}"

    def of_any_year(self, between: str) -> str:
        """The days that every year has."""
        pairs = zip(self.months, self.days, strict=True)
        return "(?:" + "|".join(f"(?:{m}){between}(?:{d})" for m, d in pairs) + ")"


def _in_han(digits: str) -> str:
    """An expression of digits and digit sets, in Chinese numerals."""
    signs = ["".join(sign for sign, n in HAN.items() if n == digit) for digit in range(10)]
    return re.sub(
        r"\[(\d+)\]|(\d)", lambda m: f"[{''.join(signs[int(d)] for d in m[1] or m[2])}]", digits
    )


_DIGIT = "[0123456789]"
_YEAR = f"19{_DIGIT}{_DIGIT}|20{_DIGIT}{_DIGIT}"
_FOURTH = "[2468][048]|[13579][26]"
_LEAP = f"19(?:0[48]|{_FOURTH})|20(?:0[048]|{_FOURTH})"
PADDED = Numerals(
    _YEAR,
    _LEAP,
    ("0[13578]|1[02]", "0[469]|11", "02"),
    ("0[1-9]|[12][0-9]|3[01]", "0[1-9]|[12][0-9]|30", "0[1-9]|1[0-9]|2[0-8]"),
    "29",
)
PLAIN = Numerals(
    _YEAR,
    _LEAP,
    ("0?[13578]|1[02]", "0?[469]|11", "0?2"),
    ("0?[1-9]|[12][0-9]|3[01]", "0?[1-9]|[12][0-9]|30", "0?[1-9]|1[0-9]|2[0-8]"),
    "29",
)
_ONE = "[一二三四五六七八九]"
_TO_29 = f"{_ONE}|十{_ONE}?|二十{_ONE}?"
SPOKEN = Numerals(
    _in_han(_YEAR),
    _in_han(_LEAP),
    ("[一三五七八十]|十二", "[四六九]|十一", "二"),
    (f"{_TO_29}|三十一?", f"{_TO_29}|三十", f"{_ONE}|十{_ONE}?|二十[一二三四五六七八]?"),
    "二十九",
)


def _named(numerals: Numerals, gap: str) -> list[str]:
    """2026年11月21日, 11月21日 and 2026年11月."""
    year, month, day = f"{gap}年{gap}", f"{gap}月{gap}", f"{gap}[日号]"
    some_month = "|".join(numerals.months)
    leap_day = f"(?:{numerals.months[2]}){month}{numerals.last}{day}"
    return [
        numerals.date(year, month, day),
        f"{numerals.of_any_year(month)}{day}|{leap_day}",
        f"(?:{numerals.year}){year}(?:{some_month}){gap}月",
    ]


_FULL = [
    *(PLAIN.date(sign, sign) for sign in ("-", "/", r"\.")),
    PADDED.date("", ""),
    _named(PLAIN, " ?")[0],
    _named(SPOKEN, "")[0],
]
DATE = "|".join([*_FULL, *_named(PLAIN, " ?")[1:], *_named(SPOKEN, "")[1:]])

HALVES = {
    "凌晨": (range(7), {12: 0}),
    "早上": (range(4, 12), {}),
    "上午": (range(13), {}),
    "中午": (range(11, 15), {1: 13, 2: 14}),
    "下午": (range(12, 19), {n: n + 12 for n in range(1, 8)}),
    "晚上": (range(17, 24), {n: n + 12 for n in range(5, 12)}),
}
"""Part of the day -> hours as they stand, and hours that mean others."""
_MINUTE = "[0-5][0-9]"
_COLON = "(?::|：)"
_CLOCK = f"{_COLON}{_MINUTE}(?:{_COLON}{_MINUTE})?"
_SIXTY = "[0-5]?[0-9]"
_SAID = f"[时点](?: ?整| ?半| ?{_SIXTY}| ?{_SIXTY} ?分(?: ?{_SIXTY} ?秒)?)?"
_TWELVE = "0?[1-9]|1[0-2]"
_HALF = re.compile("|".join(HALVES))


def _times() -> str:
    hours = {"": "[01]?[0-9]|2[0-3]"}
    for half, (same, other) in HALVES.items():
        listed = sorted({*same, *other}, reverse=True)
        hours[f"{half} ?"] = "|".join(f"0?{h}" if h < 10 else str(h) for h in listed)
    options = [f"{half}(?:{hour})(?:{_CLOCK}| ?{_SAID})" for half, hour in hours.items()]
    options.append(f"(?:{_TWELVE}){_CLOCK} ?(?:[AaPp][Mm]|[AaPp]\\.[Mm]\\.)")
    return "|".join(options)


TIME = _times()


def _number(text: str) -> int:
    """A whole number in figures or in Chinese numerals, digit by digit or with 十."""
    if text.isascii():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if ten:
        return 10 * (HAN[tens] if tens else 1) + (HAN[ones] if ones else 0)
    return int("".join(str(HAN[sign]) for sign in text))


def _date(text: str) -> str:
    """ISO 8601; 2026-11 without a day, --11-21 without a year."""
    if len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    parts = [_number(part) for part in re.split("[-/.年月日号]", text.replace(" ", "")) if part]
    if len(parts) == 3:
        return f"{parts[0]:04}-{parts[1]:02}-{parts[2]:02}"
    first, second = parts
    return f"{first:04}-{second:02}" if "年" in text else f"--{first:02}-{second:02}"


def _time(text: str) -> str:
    """ISO 8601, by the clock of 24 hours."""
    hour, *rest = (int(part) for part in re.findall("[0-9]+", text))
    half = _HALF.search(text)
    if half:
        hour = HALVES[half[0]][1].get(hour, hour)
    elif "m" in text.lower():
        hour = hour % 12 + (12 if "p" in text.lower() else 0)
    if "半" in text:
        rest = [30]
    return ":".join(f"{part:02}" for part in [hour, *(rest or [0])])


def _read_date(text: str) -> Value:
    value = _date(text)
    return {"kind": "date", "value": value, "complete": len(value) == 10}


def _read_time(text: str) -> Value:
    return {"kind": "time", "value": _time(text)}


def _read_both(text: str) -> Value:
    result = _DAY.match(text)
    assert result, text
    return {"kind": "datetime", "value": f"{_date(result[1])}T{_time(text[result.end() :])}"}


_DAY = re.compile("(.+[日号]|[0-9]{4}([-/.])[0-9]{1,2}\\2[0-9]{1,2}|[0-9]{8})[ T]?")

TYPES = (
    FieldType(
        "date",
        "A day from 1900 to 2099 that there is, in figures or in Chinese numerals; also a month of "
        "a year, and a day of no year, where 年 and 月 are written. The value is ISO 8601 "
        "(`2026-11`, `--11-21` where a part is left out, and `complete` is false then).",
        DATE,
        _read_date,
        {
            "2026-11-21": "2026-11-21",
            "2026/11/21": "2026-11-21",
            "2026.11.21": "2026-11-21",
            "20261121": "2026-11-21",
            "2026年11月21日": "2026-11-21",
            "2024 年 2 月 29 日": "2024-02-29",
            "二〇二六年十一月二十一日": "2026-11-21",
            "11月21日": "--11-21",
            "2026年11月": "2026-11",
        },
    ),
    FieldType(
        "time",
        "A time of day: 08:30, 8时30分, 8点半, with seconds or not, after "
        "凌晨, 早上, 上午, 中午, 下午, 晚上 or before AM, PM. "
        "The value is ISO 8601 by the clock of 24 hours.",
        TIME,
        _read_time,
        {
            "08:30": "08:30",
            "8时30分": "08:30",
            "下午3点半": "15:30",
            "12:05:09 AM": "00:05:09",
            "晚上9:00": "21:00",
        },
    ),
    FieldType(
        "datetime",
        "A whole date and a time, with a space or T between them, or nothing after 日. "
        "The value is ISO 8601.",
        f"(?:(?:{'|'.join(_FULL)}) |(?:{_named(PLAIN, ' ?')[0]})|(?:{_FULL[0]})T)(?:{TIME})",
        _read_both,
        {"2026年11月20日 14:35": "2026-11-20T14:35", "2026-11-20 下午2时": "2026-11-20T14:00"},
    ),
)
