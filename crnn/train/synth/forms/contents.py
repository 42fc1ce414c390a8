"""What people write on forms, each from a random generator: names, days, amounts, both ways."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from crnn.train.synth.text.form_values import CAPITAL, capital, digits, name
from crnn.train.synth.text.text_sources import Rng

FIRST_DAY = datetime.date(2024, 1, 1)


def day(rng: Rng, days: int = 1000) -> datetime.date:
    """A day of three years."""
    return FIRST_DAY + datetime.timedelta(int(rng.integers(days)))


def written_day(rng: Rng, date: datetime.date) -> str:
    """A day as people write it."""
    style = int(rng.integers(4))
    if style < 2:
        return f"{date.year}年{date.month}月{date.day}日"
    return date.strftime(("%Y-%m-%d", "%Y.%m.%d")[style - 2])


def amount(rng: Rng, high: int = 10**6) -> Decimal:
    """Money of a size that spreads over its digits; some of it round."""
    whole = int(np.exp(rng.uniform(np.log(20), np.log(high))))
    if rng.random() < 0.4:
        return Decimal(max(10, whole // 10 * 10))
    return Decimal(whole) + Decimal(int(rng.integers(100))) / 100


def in_digits(rng: Rng, value: Decimal) -> str:
    """￥1,234.50, with commas or without."""
    return f"￥{value:,.2f}" if rng.random() < 0.6 else f"￥{value:.2f}"


def in_capitals(value: Decimal) -> str:
    """壹佰零伍元叁角整: as the rules for bank bills have it, 元 and what follows."""
    whole, cents = divmod(int(value * 100), 100)
    text = capital(whole).removesuffix("整")
    tenth, cent = divmod(cents, 10)
    if not cents:
        return text + "整"
    if not tenth:
        return f"{text}零{CAPITAL[cent]}分"
    return f"{text}{CAPITAL[tenth]}角" + (f"{CAPITAL[cent]}分" if cent else "整")


def mobile(rng: Rng) -> str:
    """A mobile telephone's number."""
    return f"1{'35789'[int(rng.integers(5))]}{digits(rng, 9, 9)}"


def people(seed: int, count: int) -> tuple[str, ...]:
    """A list of so many names, always the same for a seed."""
    rng = np.random.default_rng(seed)
    results: dict[str, None] = {}
    while len(results) < count:
        results.setdefault(name(rng))
    return tuple(results)


def some(rng: Rng, items: Sequence[str], low: int, high: int) -> list[str]:
    """Between low and high of the items, none twice."""
    count = min(len(items), int(rng.integers(low, high + 1)))
    return [items[int(i)] for i in rng.permutation(len(items))[:count]]


def bank_card(rng: Rng) -> str:
    """A card's number of 19 digits with its check digit (Luhn), in groups of four or without."""
    body = "62" + digits(rng, 16, 16)
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(body))]
    number = body + str(-sum(d - 9 * (d > 9) for d in doubled) % 10)
    if rng.random() < 0.5:
        return number
    return " ".join(number[at : at + 4] for at in range(0, 19, 4))
