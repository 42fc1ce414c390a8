"""A small readable prefix beam search that a constraint steers: slow, for tests only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crnn.decode import log_softmax
from crnn.decode.constraints import DEAD, Constraint

NEVER = -np.inf


def readings(
    scores: np.ndarray,
    classes: Sequence[str],
    constraint: Constraint,
    *,
    width: int = 12,
    floor: float = -14.0,
) -> list[tuple[str, float]]:
    """Allowed texts and their log-probabilities, the likeliest first. scores: (T, C).

    A prefix carries ln P of ending in the blank and of ending in its last class. Only allowed
    classes are tried, and of these all above `floor` and the best three whatever they are.
    Graves 2012, section 7.5; Hannun 2014.
    """
    log_probs = log_softmax(scores).astype(float)
    everything = np.arange(len(classes), dtype=np.int32)
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, NEVER)}
    states = {(): constraint.start}
    for step in log_probs:
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (blank, last) in beam.items():
            both = np.logaddexp(blank, last)
            stay = grown.setdefault(prefix, [NEVER, NEVER])
            stay[0] = np.logaddexp(stay[0], both + step[0])
            if prefix:
                stay[1] = np.logaddexp(stay[1], last + step[prefix[-1]])
            after = constraint.advance(np.array([states[prefix]], np.int32), everything)[0]
            allowed = np.flatnonzero(after != DEAD)
            best = allowed[np.argsort(-step[allowed], kind="stable")]
            for rank, class_id in enumerate(best):
                if rank >= 3 and step[class_id] < floor:
                    break
                longer = (*prefix, int(class_id))
                states[longer] = int(after[class_id])
                before = blank if prefix[-1:] == (class_id,) else both
                entry = grown.setdefault(longer, [NEVER, NEVER])
                entry[1] = np.logaddexp(entry[1], before + step[class_id])
        kept = sorted(grown, key=lambda prefix: -np.logaddexp(*grown[prefix]))[:width]
        beam = {prefix: (grown[prefix][0], grown[prefix][1]) for prefix in kept}
        states = {prefix: states[prefix] for prefix in kept}
    ends = [p for p in beam if constraint.accepts(np.array([states[p]], np.int32))[0]]
    return [
        ("".join(classes[i] for i in prefix), float(np.logaddexp(*beam[prefix]))) for prefix in ends
    ]
