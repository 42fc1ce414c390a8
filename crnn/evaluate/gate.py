"""The gate of a candidate: the same lines read by two models, and whether the new one may replace.

Sets that were read before must not be read worse than a tolerance allows; the set that it learned
must be read better, and surely so: by a paired bootstrap over lines (Koehn 2004).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crnn.errors import OcrError
from crnn.evaluate.evaluation import judge
from crnn.evaluate.metrics import Score
from crnn.reader import Reader

Row = tuple[Path, str]

RESAMPLES = 2000
SURE = 0.9
"""The share of resamples in which the new set must be read better."""
TOLERANCE = 0.005


@dataclass(frozen=True)
class Compared:
    """A set as both read it. difference: CER new less old, with the interval of 95 % around it.

    surely: the share of resamples in which the new one errs less; better and worse: lines.
    """

    set: str
    learned: bool
    lines: int
    cer_old: float
    cer_new: float
    difference: float
    interval: tuple[float, float]
    surely: float
    better: int
    worse: int

    def passes(self, tolerance: float) -> bool:
        """Whether this set lets the new model through."""
        if self.learned:
            return self.difference < 0 and self.surely >= SURE
        return self.difference <= tolerance


@dataclass(frozen=True)
class Verdict:
    """What the gate says."""

    sets: tuple[Compared, ...]
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether every set lets it through."""
        return all(one.passes(self.tolerance) for one in self.sets)

    def facts(self) -> dict[str, Any]:
        """Plain values, for a manifest."""
        return {
            "passed": self.passed,
            "tolerance": self.tolerance,
            "sets": [asdict(one) | {"passes": one.passes(self.tolerance)} for one in self.sets],
        }


def gate(
    old: Reader,
    new: Reader,
    *,
    learned: Mapping[str, Sequence[Row]],
    kept: Mapping[str, Sequence[Row]],
    tolerance: float = TOLERANCE,
) -> Verdict:
    """Both models on held-out lines of what was learned and on what was read before.

    Raises: OcrError where there is nothing to judge by.
    """
    if not any(learned.values()):
        raise OcrError("no held-out line to judge by; a few dozen labelled lines have some")
    results = [
        *(compare(name, rows, old, new, learned=True) for name, rows in learned.items() if rows),
        *(compare(name, rows, old, new) for name, rows in kept.items() if rows),
    ]
    return Verdict(tuple(results), tolerance)


def compare(
    name: str, rows: Iterable[Row], old: Reader, new: Reader, *, learned: bool = False
) -> Compared:
    """A set, line by line through both."""
    pairs = [(judge(old.read_line, *row).score, judge(new.read_line, *row).score) for row in rows]
    return paired(name, pairs, learned=learned)


def paired(name: str, pairs: Sequence[tuple[Score, Score]], *, learned: bool = False) -> Compared:
    """The comparison of two readings of each line."""
    errors = np.array([(one.errors, two.errors) for one, two in pairs], np.float64)  # (N, 2)
    chars = np.array([one.chars for one, _ in pairs], np.float64)  # (N,)
    rng = np.random.default_rng(0)
    picks = rng.integers(len(pairs), size=(RESAMPLES, len(pairs)))  # (R, N)
    gained = (errors[:, 1] - errors[:, 0])[picks].sum(axis=1)
    spread = gained / np.maximum(1, chars[picks].sum(axis=1))  # (R,)
    low, high = (float(value) for value in np.quantile(spread, (0.025, 0.975)))
    cer_old, cer_new = (float(value) for value in errors.sum(axis=0) / max(1.0, chars.sum()))
    return Compared(
        set=name,
        learned=learned,
        lines=len(pairs),
        cer_old=round(cer_old, 5),
        cer_new=round(cer_new, 5),
        difference=round(cer_new - cer_old, 5),
        interval=(round(low, 5), round(high, 5)),
        surely=round(float((gained < 0).mean()), 4),
        better=int((errors[:, 1] < errors[:, 0]).sum()),
        worse=int((errors[:, 1] > errors[:, 0]).sum()),
    )
