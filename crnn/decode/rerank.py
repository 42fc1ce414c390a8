"""Among several readings of a field, the one that means something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crnn.decode.field_grammar import FieldGrammar, Value

NBest = Sequence[tuple[str, float]]
"""Readings of one line with their log-probabilities, in any order."""


@dataclass(frozen=True)
class Choice:
    """The reading that was chosen.

    index: in the list that was given, None where it is empty; cost: the log-probability given up
    against the likeliest reading; margin: what is gained against the next valid reading of another
    value, None where there is none; reasons: why likelier readings were passed over, or, where
    nothing is valid, what is wrong with this one.
    """

    index: int | None
    text: str
    valid: bool
    value: Value | None
    cost: float
    margin: float | None
    reasons: tuple[str, ...]


def choose(n_best: NBest, field: FieldGrammar) -> Choice:
    """The likeliest valid reading, or the likeliest where none is valid."""
    order = sorted(range(len(n_best)), key=lambda index: -n_best[index][1])
    if not order:
        return Choice(None, "", False, None, 0.0, None, ("there are no readings",))
    faults = {index: field.fault(n_best[index][0]) for index in order}
    valid = [index for index in order if not faults[index]]
    chosen = valid[0] if valid else order[0]
    text, score = n_best[chosen]
    passed = order[: order.index(chosen)] or ([] if valid else [chosen])
    value = field.value(text)
    others = (n_best[i][1] for i in valid if field.value(n_best[i][0]) != value)
    rival = next(others, None)
    return Choice(
        chosen,
        text,
        bool(valid),
        value,
        n_best[order[0]][1] - score,
        None if rival is None else score - rival,
        tuple(f"{n_best[index][0]}: {faults[index]}" for index in passed),
    )
