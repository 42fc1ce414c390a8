"""Whether confidences keep their word: reliability buckets, ECE, Brier, exact intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BUCKETS = 10
LEVEL = 0.95
"""Share of intervals that hold the true rate."""


@dataclass(frozen=True)
class Bucket:
    """Answers whose confidences lie in [low, high): how many, how sure, how often right."""

    low: float
    high: float
    count: int = 0
    right: int = 0
    confidence: float = 0.0

    @property
    def accuracy(self) -> float:
        """Share that is right; 0 where the bucket is empty."""
        return self.right / max(1, self.count)


def buckets(confidences: Sequence[float], right: Sequence[bool]) -> list[Bucket]:
    """Ten buckets of equal width; the last one holds 1.0 too."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(BUCKETS)]
    for confidence, one in zip(confidences, right, strict=True):
        held[min(BUCKETS - 1, int(confidence * BUCKETS))].append((confidence, one))
    return [
        Bucket(
            n / BUCKETS,
            (n + 1) / BUCKETS,
            len(rows),
            sum(one for _, one in rows),
            sum(confidence for confidence, _ in rows) / max(1, len(rows)),
        )
        for n, rows in enumerate(held)
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """ECE: how far confidence and accuracy lie apart, over ten buckets. Naeini 2015, section 2."""
    result = buckets(confidences, right)
    total = sum(bucket.count for bucket in result)
    return sum(b.count * abs(b.accuracy - b.confidence) for b in result) / max(1, total)


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of confidence from what came: 0 is best. Brier 1950."""
    squares = [(c - one) ** 2 for c, one in zip(confidences, right, strict=True)]
    return sum(squares) / max(1, len(squares))


def interval(wrong: int, total: int) -> tuple[float, float]:
    """The rates that `wrong` of `total` agree with, at 95 %. Clopper, Pearson 1934: exact."""
    if not total:
        return 0.0, 1.0
    tail = (1 - LEVEL) / 2
    low = 0.0 if not wrong else _solve(lambda p: 1 - at_most(wrong - 1, total, p) < tail)
    high = 1.0 if wrong == total else _solve(lambda p: at_most(wrong, total, p) > tail)
    return low, high


def at_most(wrong: int, total: int, rate: float) -> float:
    """The probability of at most `wrong` in `total` at that rate."""
    if rate <= 0 or wrong >= total:
        return 1.0
    if rate >= 1:
        return 0.0
    ln_rate, ln_rest = math.log(rate), math.log1p(-rate)
    ln_all = math.lgamma(total + 1)
    return min(
        1.0,
        sum(
            math.exp(
                ln_all
                - math.lgamma(k + 1)
                - math.lgamma(total - k + 1)
                + k * ln_rate
                + (total - k) * ln_rest
            )
            for k in range(wrong + 1)
        ),
    )


def _solve(below: Callable[[float], bool]) -> float:
    """The rate up to which `below` holds, by halving."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2
