"""What beam search means, to be read: plain Python, one hypothesis at a time, nothing left out.

`brute_force` sums over every path; `slow_beam` is Hannun's algorithm 1 with a dictionary of texts.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np

from crnn.decode.constraints import DEAD, DecodingConstraints

Text = tuple[int, ...]


def collapse(path: tuple[int, ...]) -> Text:
    """The text of a path: repeats joined, blanks (class 0) taken out."""
    return tuple(c for t, c in enumerate(path) if c and (t == 0 or path[t - 1] != c))


def brute_force(log_probs: np.ndarray) -> dict[Text, float]:
    """ln P of every text, summed over all C ** T paths."""
    found: dict[Text, float] = defaultdict(lambda: -math.inf)
    steps, classes = log_probs.shape
    for path in itertools.product(range(classes), repeat=steps):
        log_prob = sum(float(log_probs[t, c]) for t, c in enumerate(path))
        text = collapse(path)
        found[text] = np.logaddexp(found[text], log_prob)
    return dict(found)


def prior(text: Text, steering: DecodingConstraints, *, ended: bool) -> float:
    """What language and length add to the score of a text."""
    total = steering.length_bonus * len(text)
    if steering.language:
        state = np.array([steering.language.start], np.int32)
        for label in text:
            states, likely = steering.language.advance(state, np.array([label], np.int32))
            total += steering.language_weight * float(likely[0, 0])
            state = states[:, 0]
        if ended:
            total += steering.language_weight * float(steering.language.ends(state)[0])
    return total


def state_of(text: Text, steering: DecodingConstraints) -> int:
    """The constraint's state after a text."""
    if steering.constraint is None:
        return 0
    state = np.array([steering.constraint.start], np.int32)
    for label in text:
        if state[0] != DEAD:
            state = steering.constraint.advance(state, np.array([label], np.int32))[:, 0]
    return int(state[0])


def accepted(text: Text, steering: DecodingConstraints) -> bool:
    """Whether the constraint lets the text through."""
    state = state_of(text, steering)
    if steering.constraint is None or state == DEAD:
        return state != DEAD
    return bool(steering.constraint.accepts(np.array([state], np.int32))[0])


def slow_beam(
    log_probs: np.ndarray, width: int, steering: DecodingConstraints
) -> list[tuple[Text, float]]:
    """Texts with their scores, best first. log_probs: (T, C)."""
    beam: dict[Text, tuple[float, float]] = {(): (0.0, -math.inf)}  # ends in blank, in label
    for step in log_probs:
        grown: dict[Text, list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
        for text, (blank, label) in beam.items():
            total = np.logaddexp(blank, label)
            stays = grown[text]
            stays[0] = np.logaddexp(stays[0], total + step[0])
            if text:
                stays[1] = np.logaddexp(stays[1], label + step[text[-1]])
            for c in range(1, len(step)):
                if state_of((*text, c), steering) == DEAD:
                    continue
                before = blank if text and text[-1] == c else total
                longer = grown[*text, c]
                longer[1] = np.logaddexp(longer[1], before + step[c])
        ranked = sorted(
            grown,
            key=lambda t: np.logaddexp(*grown[t]) + prior(t, steering, ended=False),
            reverse=True,
        )
        beam = {text: (grown[text][0], grown[text][1]) for text in ranked[:width]}
    scored = [
        (text, float(np.logaddexp(*ends)) + prior(text, steering, ended=True))
        for text, ends in beam.items()
        if np.logaddexp(*ends) > -math.inf and accepted(text, steering)
    ]
    return sorted(scored, key=lambda found: (-found[1], found[0]))
