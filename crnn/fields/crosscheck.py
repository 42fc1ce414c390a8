"""One amount written twice, in capital numerals and in digits: two lines read as one."""

from __future__ import annotations

from dataclasses import dataclass

from crnn.decode.rerank import NBest
from crnn.fields.field import Field

Best = dict[object, tuple[float, int]]


@dataclass(frozen=True)
class Agreement:
    """The likeliest pair of readings with one value.

    agrees: whether that pair is likelier than every pair with two values; first, second: indexes
    into the lists, None where no pair has one value; score: the sum of the log-probabilities;
    margin: score less that of the likeliest pair with two values, None where one of them is absent.
    """

    agrees: bool
    first: int | None = None
    second: int | None = None
    value: object = None
    score: float | None = None
    margin: float | None = None


def crosscheck(first: NBest, second: NBest, fields: tuple[Field, Field]) -> Agreement:
    """What two readings of one value agree on, `fields` being the fields of the two lists."""
    a, b = _best(first, fields[0]), _best(second, fields[1])
    shared = [value for value in a if value in b]
    if not shared:
        return Agreement(False)
    value = max(shared, key=lambda result: a[result][0] + b[result][0])
    score = a[value][0] + b[value][0]
    rival = _rival(a, b)
    return Agreement(
        rival is None or score > rival,
        a[value][1],
        b[value][1],
        value,
        score,
        None if rival is None else score - rival,
    )


def _best(n_best: NBest, field: Field) -> Best:
    """The best reading of each value, the likeliest value first."""
    results: Best = {}
    for index in sorted(range(len(n_best)), key=lambda i: -n_best[i][1]):
        text, score = n_best[index]
        meant = field.value(text)
        if meant is not None:
            results.setdefault(meant["value"], (score, index))
    return results


def _rival(a: Best, b: Best) -> float | None:
    """The best joint score of two readings with two values; the two best of each will do."""
    pairs = [
        score + other
        for value, (score, _) in list(a.items())[:2]
        for value_b, (other, _) in list(b.items())[:2]
        if value != value_b
    ]
    return max(pairs, default=None)
