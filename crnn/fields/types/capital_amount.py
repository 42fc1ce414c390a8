"""Amounts in capital numerals: 壹万贰仟叁佰元整.

Where 零 must, may and must not stand follows the rules for filling in bank bills (支付结算办法,
附件一): zeros within a number are one 零; before 仟, and between 元 and 角, it is optional where
the figure before is zero; before 分 without 角 it must stand.
"""

from __future__ import annotations

from decimal import Decimal

from crnn.decode.field_grammar import Value
from crnn.fields.field_type import FieldType
from crnn.fields.types.amounts import money

FIGURES = {
    "零": 0, "壹": 1, "贰": 2, "貳": 2, "叁": 3, "參": 3, "叄": 3, "肆": 4, "伍": 5, "陆": 6,
    "陸": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
UNITS = {"拾": 10, "佰": 100, "仟": 1000}
SECTIONS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
POINT = "元圆圓"
CENTS = {"角": Decimal("0.1"), "分": Decimal("0.01")}

_D = "[" + "".join(sign for sign, figure in FIGURES.items() if figure) + "]"
_WAN, _YI, _YUAN = "[万萬]", "[亿億]", f"[{POINT}]"


def _any(*options: str) -> str:
    return "(?:" + "|".join(options) + ")"


def _section() -> tuple[dict[int, str], dict[int, str]]:
    """Numbers of 1 to 4 places with no zero in front: those ending in a figure, and in a unit."""
    two = _any(f"{_D}拾{_D}", f"零{_D}")
    three = _any(f"{_D}佰{two}", f"零{_D}拾{_D}", f"零{_D}")
    figure = {1: _D, 2: f"{_D}拾{_D}", 3: f"{_D}佰{two}", 4: f"{_D}仟{three}"}
    short = f"(?:{_D}拾)?"
    unit = {2: f"{_D}拾", 3: f"{_D}佰{short}", 4: f"{_D}仟(?:{_D}佰{short}|零{_D}拾)?"}
    return figure, unit


def _whole() -> tuple[str, str]:
    """Whole numbers from 1 to 9999亿 9999万 9999: those ending in a figure, and in a unit."""
    figure, unit = _section()
    first = {"figure": _any(*figure.values(), f"拾{_D}"), "unit": _any(*unit.values(), "拾")}
    low = {"figure": _any(*(figure[n] for n in (1, 2, 3))), "unit": _any(unit[2], unit[3])}
    high = {"figure": figure[4], "unit": unit[4]}
    ends = ("figure", "unit")

    def after(before: str, end: str) -> str:
        """The lowest section, after a section that ends in a figure or a unit."""
        zero = "零?" if before == "unit" else ""
        return _any(f"{zero}{high[end]}", f"零{low[end]}")

    def ten_thousands(parts: dict[str, str], end: str) -> str:
        full = [f"{parts[before]}{_WAN}{after(before, end)}" for before in ends]
        return _any(*full, *(f"{parts[b]}{_WAN}" for b in ends if end == "unit"))

    def number(end: str) -> str:
        options = [first[end], ten_thousands(first, end)]
        for before in ends:
            zero = "零?" if before == "unit" else ""
            rest = [f"{zero}{ten_thousands(high, end)}", f"零{ten_thousands(low, end)}"]
            rest += [f"零{high[end]}", f"零{low[end]}", *([""] if end == "unit" else [])]
            options.append(f"{first[before]}{_YI}{_any(*rest)}")
        return _any(*options)

    return number("figure"), number("unit")


def _expression() -> str:
    figure, unit = _whole()
    done = f"(?:[整正]|零角[零{_D[1:]}分)?"
    cents = _any(f"{_D}角{_D}分", f"{_D}角零分", f"{_D}角{done}")
    amounts = _any(
        f"{figure}{_YUAN}{_any(cents, f'零{_D}分', done)}",
        f"{unit}{_YUAN}{_any(f'零?{cents}', f'零{_D}分', done)}",
        f"零{_YUAN}{_any(f'零?{cents}', f'零?{_D}分', done)}",
        cents,
        f"{_D}分",
    )
    heading = r"(?:人民币)?(?:（大写）|\(大写\)|大写)?(?:：|: ?)?"
    return f"{heading}负?{_any(amounts, _slots())}"


def _slots() -> str:
    """Printed places, each filled in, 零 too: 零拾贰万叁仟零佰伍拾零元零角零分."""
    figure, result = f"[零{_D[1:]}", ""
    for place in "佰拾万仟佰拾元角分":
        result = f"(?:{result})?{figure}{place}" if result else f"{figure}{place}"
    return result


def capital_value(text: str) -> Decimal:
    """The amount that capital numerals say, whatever stands before them."""
    total, section, figure = Decimal(0), 0, None
    for char in text:
        if char in FIGURES:
            figure = FIGURES[char]
        elif char in UNITS:
            section += (1 if figure is None else figure) * UNITS[char]  # 拾 for 壹拾, in front
            figure = None
        elif char in POINT or char in SECTIONS:
            total += (section + (figure or 0)) * SECTIONS.get(char, 1)
            section, figure = 0, None
        elif char in CENTS:
            total += (figure or 0) * CENTS[char]
            figure = None
    return -total if "负" in text else total


def _read(text: str) -> Value:
    return {"kind": "amount", "value": money(capital_value(text)), "currency": "CNY"}


TYPES = (
    FieldType(
        "capital_amount",
        "Money in capital numerals up to 玖仟玖佰玖拾玖亿…, with 元 or 圆, 角, 分, 整 or 正, after "
        "人民币, 大写 and a colon or nothing; 负 before a negative one. Every printed place filled "
        "in (零佰零拾贰万叁仟零佰伍拾零元零角零分) is taken, and 拾 for 壹拾 in front. "
        "零 must stand where the rules for bank bills ask for it. The value is that of `amount`.",
        _expression(),
        _read,
        {
            "壹万贰仟叁佰元整": "12300.00",
            "人民币（大写）：壹佰零伍元叁角整": "105.30",
            "叁拾元零伍分": "30.05",
            "贰亿零伍仟圆正": "200005000.00",
        },
    ),
)
