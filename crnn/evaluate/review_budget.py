"""How much a person must check: the confidence above which readings may be taken as they are.

For lines and for single characters: the lowest threshold that leaves at most the wished error among
what is accepted, what that leaves to a person, and how sure a set of this size makes one of it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

from charset import fold
from crnn.evaluate.evaluation import Judged
from crnn.evaluate.reliability import LEVEL, at_most, interval
from crnn.evaluate.text_alignment import align

DIGITS = 4
"""Decimals of a confidence over HTTP."""

Answer = tuple[float, bool]
"""A confidence, and whether what it stands beside is right."""


@dataclass(frozen=True)
class Cut:
    """Accepting from a threshold on. threshold: None where none keeps the target.

    low, high: the error rates that the accepted agree with, at 95 %. elsewhere: the error where
    the threshold was chosen on one half of the answers and used on the other, both ways.
    shown_from: the lowest threshold whose `high` keeps the target, which accepts shown_accepted.
    """

    total: int
    wrong_in_all: int
    threshold: float | None
    accepted: int
    wrong: int
    low: float
    high: float
    promised: float
    elsewhere: float | None
    shown_from: float | None
    shown_accepted: int

    @property
    def error(self) -> float:
        """Share of the accepted that is wrong."""
        return self.wrong / max(1, self.accepted)

    @property
    def to_person(self) -> float:
        """Share that a person must see."""
        return 1 - self.accepted / max(1, self.total)


@dataclass(frozen=True)
class Budget:
    """The answer for lines and for characters. missed: characters that no reading shows."""

    target: float
    lines: Cut
    chars: Cut
    missed: int


def rate(text: str) -> float:
    """A share as people write it: `0.5%` or `0.005`."""
    bare = text.strip()
    try:
        result = float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
    except ValueError:
        result = math.nan
    if not 0 <= result < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate like 0.5% or 0.005, under 100%")
    return result


def budget(judged: Sequence[Judged], target: float) -> Budget:
    """What accepting by confidence leaves, for whole lines and for characters.

    Confidences are taken as the service tells them, so that a threshold means there what it does
    here.
    """
    lines = [(round(one.line.confidence, DIGITS), one.right) for one in judged]
    rounded = [[(round(c, DIGITS), right) for c, right in one.chars] for one in judged]
    chars = [answer for rows in rounded for answer in rows]
    missed = sum(
        not read
        for one in judged
        for read, _ in align(fold(one.line.text), fold(one.truth))
    )  # fmt: skip
    halves = [[answer for rows in rounded[start::2] for answer in rows] for start in (0, 1)]
    return Budget(
        target,
        cut(lines, target, [lines[::2], lines[1::2]]),
        cut(chars, target, halves),
        missed,
    )


def cut(answers: Sequence[Answer], target: float, halves: Sequence[Sequence[Answer]]) -> Cut:
    """The lowest threshold that keeps the target. halves: the answers in two parts of one kind."""
    threshold = lowest(answers, target)
    kept = above(answers, threshold)
    wrong = sum(not right for _, right in kept)
    low, high = interval(wrong, len(kept))
    shown_from = lowest(answers, target, shown=True)
    return Cut(
        total=len(answers),
        wrong_in_all=sum(not right for _, right in answers),
        threshold=threshold,
        accepted=len(kept),
        wrong=wrong,
        low=low,
        high=high,
        promised=sum(1 - confidence for confidence, _ in kept) / max(1, len(kept)),
        elsewhere=_crosswise(halves, target),
        shown_from=shown_from,
        shown_accepted=len(above(answers, shown_from)),
    )


def lowest(answers: Sequence[Answer], target: float, *, shown: bool = False) -> float | None:
    """The lowest confidence from which on at most `target` of the answers are wrong, or None.

    shown: where the upper end of the 95 % interval keeps the target too, not only what was seen.
    """
    result, wrong = None, 0
    ranked = sorted(answers, key=lambda answer: -answer[0])
    for count, (confidence, right) in enumerate(ranked, start=1):
        wrong += not right
        last_of_equals = count == len(ranked) or ranked[count][0] < confidence
        if last_of_equals and wrong <= target * count:
            likely = not shown or at_most(wrong, count, target) <= (1 - LEVEL) / 2
            result = confidence if likely else result
    return result


def above(answers: Sequence[Answer], threshold: float | None) -> list[Answer]:
    """The answers that a threshold accepts; None accepts nothing."""
    return [a for a in answers if threshold is not None and a[0] >= threshold]


def _crosswise(halves: Sequence[Sequence[Answer]], target: float) -> float | None:
    """The error on each half at the other's threshold, together; None where nothing is accepted."""
    one, other = halves
    kept = [*above(one, lowest(other, target)), *above(other, lowest(one, target))]
    return sum(not right for _, right in kept) / len(kept) if kept else None


def as_text(name: str, result: Budget, *, calibrated: bool) -> str:
    """The budget in words."""
    rows = [
        f"{name}: at most {result.target:.2%} wrong among what is accepted",
        "",
        *_cut_text("lines", result.lines, result.target),
        "",
        *_cut_text("characters", result.chars, result.target),
    ]
    if result.missed:
        rows += [
            f"  {result.missed} more characters were missed altogether: no character's confidence",
            "  shows them, only the line's does.",
        ]
    if not calibrated:
        rows += ["", "The model carries no calibration: thresholds hold for this set alone."]
    return "\n".join(rows)


def _cut_text(what: str, result: Cut, target: float) -> list[str]:
    head = f"{what}: {result.total}, {result.wrong_in_all} of them wrong"
    if result.threshold is None:
        return [head, "  No threshold keeps the target: a person must see all of them."]
    rows = [
        head,
        f"  accept from confidence {result.threshold:.{DIGITS}f} on: "
        f"{result.accepted} accepted, {result.to_person:.1%} to a person",
        f"  wrong among the accepted: {result.wrong}, {result.error:.2%} "
        f"({result.low:.2%} to {result.high:.2%} at {LEVEL:.0%}); "
        f"the confidences promise {result.promised:.2%}",
    ]
    if result.elsewhere is not None:
        rows.append(f"  threshold from one half, used on the other: {result.elsewhere:.2%} wrong")
    if result.shown_from is None:
        rows.append(f"  {needed(target)}")
    else:
        rows.append(
            f"  with the whole interval under the target: from {result.shown_from:.{DIGITS}f} on, "
            f"{1 - result.shown_accepted / result.total:.1%} to a person"
        )
    return rows


def needed(target: float) -> str:
    """How many faultless answers would show a target at 95 %."""
    if target <= 0:
        return "No set, however large, shows that nothing is ever wrong."
    least = math.ceil(math.log((1 - LEVEL) / 2) / math.log1p(-target))
    return (
        f"No threshold shows it at {LEVEL:.0%}: that takes {least:,} accepted without a mistake, "
        "or more with some."
    )
