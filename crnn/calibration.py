"""Calibration: from what the network is sure of to how often it is right.

Five numbers, fitted once on held-out lines (export/calibrate.py) and kept in the ModelSpec. Each
slope is at least 0, so a surer network never gives a lower confidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crnn.errors import WeightsMismatch

FLOOR = 1e-6
"""No confidence is nearer to 0 or 1 than this: no set is large enough to tell."""


@dataclass(frozen=True)
class Calibration:
    """Two logistic curves. Platt 1999, on log-odds.

    char: bias, slope of the character's own log-odds, slope of its neighbours' mean log-odds.
    line: bias, slope of the log-odds that every character is right and none was missed.
    """

    char: tuple[float, ...]
    line: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, size in (("char", 3), ("line", 2)):
            numbers = getattr(self, name)
            if len(numbers) != size or not all(map(math.isfinite, numbers)):
                raise WeightsMismatch(f"calibration.{name} must be {size} finite numbers")
            if min(numbers[1:]) < 0:
                raise WeightsMismatch(f"calibration.{name} has a slope below 0")

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Calibration:
        """Read back what `asdict` wrote."""
        return cls(**{name: tuple(map(float, numbers)) for name, numbers in fields.items()})

    def to_dict(self) -> dict[str, list[float]]:
        """Plain values, as JSON has them."""
        return {name: list(numbers) for name, numbers in asdict(self).items()}

    def chars(self, peaks: Sequence[float]) -> list[float]:
        """The probability that each character of a line is right. peaks: raw confidences."""
        bias, own, near = self.char
        rows = char_evidence(peaks)
        return [logistic(bias + own * mine + near * others) for mine, others in rows]

    def whole(self, chars: Sequence[float], ln_complete: float) -> float:
        """The probability that a line is right from end to end.

        chars: calibrated confidences of its visible characters; ln_complete: see
        `crnn.recognize.confidence.ln_complete`.
        """
        bias, slope = self.line
        return logistic(bias + slope * line_evidence(chars, ln_complete))


def char_evidence(peaks: Sequence[float]) -> list[tuple[float, float]]:
    """Each character's own log-odds and the mean of its neighbours'; alone, its own twice."""
    odds = [log_odds(peak) for peak in peaks]
    rows = []
    for at, own in enumerate(odds):
        near = odds[max(0, at - 1) : at] + odds[at + 1 : at + 2]
        rows.append((own, sum(near) / len(near) if near else own))
    return rows


def line_evidence(chars: Sequence[float], ln_complete: float) -> float:
    """The log-odds that all characters are right and none was missed, were they independent."""
    together = sum(math.log(max(confidence, FLOOR)) for confidence in chars) + ln_complete
    return log_odds(math.exp(together))


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), with p kept FLOOR from either end."""
    kept = min(max(probability, FLOOR), 1 - FLOOR)
    return math.log(kept / (1 - kept))


def logistic(x: float) -> float:
    """The probability of log-odds x, kept FLOOR from either end."""
    return min(max(1 / (1 + math.exp(-max(-40.0, x))), FLOOR), 1 - FLOOR)
