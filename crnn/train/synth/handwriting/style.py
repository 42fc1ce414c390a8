"""What makes a hand: a writer's habits and a pen, drawn once for a line (synthesis.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crnn.train.synth.handwriting.strokes import Points
from crnn.train.synth.text.text_sources import Rng

GRID = 4
"""Knots of a field of deformation, across and down an em."""


@dataclass(frozen=True)
class Hand:
    """One writer with one pen on one line. Lengths in ems, angles in radians.

    rise: how far the horizontals of hanzi climb to the right, while verticals stay upright;
    stretch: how unlike in length and place a stroke is to its model; running: how many of the parts
    it knows are in running hand (crnn.train.synth.handwriting.cursive).
    """

    field: Points
    stroke_jitter: float
    smoothing: int
    join: float
    turn: float
    bow: float
    trim: float
    slant: float
    rise: float
    stretch: float
    aspect: float
    gap: float
    latin_gap: float
    latin_size: float
    size_jitter: float
    drift: float
    wander: float
    pen: float
    pressure: tuple[float, float, float]
    unsteady: float
    dry: float
    faint: float
    word_gap: float
    running: float = 0.0


def new_hand(rng: Rng, severity: float) -> Hand:
    """A writer, tidier where severity is small."""
    wild = float(rng.beta(1.5, 1.6)) * (0.35 + 0.65 * severity)
    normal = rng.normal
    return Hand(
        field=normal(0, 0.03 * (0.5 + wild), (GRID, GRID, 2)).astype(np.float32),
        stroke_jitter=float(rng.uniform(0.008, 0.034) * (0.5 + 1.3 * wild)),
        smoothing=int(rng.integers(0, 2 + round(9 * wild))),
        join=float(rng.beta(1.0, 1.3) * wild * 2.2),
        turn=float(rng.uniform(0.02, 0.09) * (0.5 + wild)),
        bow=float(rng.uniform(0.0, 0.05) * (0.5 + wild)),
        trim=float(rng.uniform(0.0, 0.13)),
        slant=float(normal(0.04, 0.13)),
        rise=float(normal(0.1, 0.09)),
        stretch=float(rng.uniform(0.03, 0.2) * (0.4 + wild)),
        aspect=float(np.exp(np.clip(normal(-0.12, 0.18), -0.5, 0.3))),
        gap=float(rng.choice((rng.uniform(-0.08, 0.1), rng.uniform(0.0, 0.45)))),
        latin_gap=float(rng.uniform(0.04, 0.2)),
        latin_size=float(np.exp(normal(0.02, 0.14))),
        size_jitter=float(rng.uniform(0.01, 0.09)),
        drift=float(normal(0, 0.012)),
        wander=float(rng.uniform(0.0, 0.05)),
        pen=float(np.clip(np.exp(normal(np.log(0.038), 0.38)), 0.018, 0.1)),
        pressure=_pressure(rng),
        unsteady=float(rng.uniform(0.0, 0.22)),
        dry=float(rng.uniform(0.15, 0.9)) if rng.random() < 0.2 else 0.0,
        faint=float(rng.uniform(0.1, 0.5)) if rng.random() < 0.6 else 0.0,
        word_gap=float(rng.uniform(0.25, 0.7)),
    )


def running(rng: Rng, hand: Hand) -> Hand:
    """The same hand writing a part of what it writes, little or nearly all, in running hand."""
    return replace(hand, running=float(rng.uniform(0.1, 1.0)))


def _pressure(rng: Rng) -> tuple[float, float, float]:
    """Widths of a stroke's beginning, middle and end: ball pen, gel pen, soft tip."""
    kind = rng.random()
    if kind < 0.5:
        return (1.0, 1.0, 1.0)
    if kind < 0.8:
        return (1.1, 0.95, 0.7)
    return (float(rng.uniform(0.9, 1.4)), float(rng.uniform(0.7, 1.0)), float(rng.uniform(0.4, 1)))
