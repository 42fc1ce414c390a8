"""What people write in digits: amounts, numbers, dates, sums, telephone numbers."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator

ENDS = ("",) * 14 + ("-", "-", ".-", "=", "=", ".--")
"""What closes an amount, so that nothing can be added."""


def written_number(rng: Rng) -> str:
    """A number as it is written by hand, one to some twelve signs."""
    kinds = (
        plain,
        plain,
        grouped,
        grouped,
        decimal,
        arithmetic,
        rounded,
        telephone,
        single,
        single,
    )
    written = kinds[int(rng.integers(len(kinds)))](rng)
    return written + ENDS[int(rng.integers(len(ENDS)))]


def _digits(rng: Rng, low: int, high: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(low, high))))


def single(rng: Rng) -> str:
    """One digit."""
    return _digits(rng, 1, 2)


def plain(rng: Rng) -> str:
    """Digits."""
    return _digits(rng, 1, 10)


def grouped(rng: Rng) -> str:
    """An amount with a sign between thousands."""
    digits = _digits(rng, 4, 8)
    cut = len(digits) % 3
    parts = [digits[:cut]] * bool(cut) + [digits[i : i + 3] for i in range(cut, len(digits), 3)]
    return ".,"[int(rng.random() < 0.3)].join(parts) + (".00" if rng.random() < 0.1 else "")


def decimal(rng: Rng) -> str:
    """A number with a fraction, sometimes an amount or a share."""
    written = f"{_digits(rng, 1, 5)}.{_digits(rng, 1, 3)}"
    return rng.choice(("", "", "", "¥")) + written + rng.choice(("", "", "", "%"))


def arithmetic(rng: Rng) -> str:
    """A sum with or without its answer; letters stand for unknowns."""
    left, right = int(rng.integers(0, 200)), int(rng.integers(0, 100))
    sign = "+-×÷*/"[int(rng.integers(6))]
    terms = [str(left), str(right)]
    if rng.random() < 0.15:
        terms[int(rng.integers(2))] = "xyzw"[int(rng.integers(4))]
    if rng.random() < 0.1:
        terms[0] = f"({terms[0]}{'+-'[int(rng.integers(2))]}{int(rng.integers(1, 20))})"
    ends = ("", "=", f"={left + right}", f"={int(rng.integers(0, 400))}")
    return sign.join(terms) + ends[int(rng.integers(4))]


def rounded(rng: Rng) -> str:
    """A number with zeros at its end."""
    return _digits(rng, 1, 4) + "0" * int(rng.integers(2, 5))


def telephone(rng: Rng) -> str:
    """A mobile or fixed number, or hours and minutes."""
    kind = rng.random()
    if kind < 0.5:
        return "1" + _digits(rng, 10, 11)
    if kind < 0.8:
        return f"0{_digits(rng, 2, 4)}-{_digits(rng, 7, 9)}"
    return f"{int(rng.integers(0, 24)):02d}:{int(rng.integers(0, 60)):02d}"
