"""Pen fonts written by hand: a line set in a font that a person wrote, deformed as a hand varies.

The stroke engine (crnn.train.synth.handwriting.synthesis) deforms model characters; how people run
strokes together and shorten components stands in pen fonts, but each of their characters in one
shape alone. Here every line bends, leans and weighs differently, so that a font is many hands
(Simard 2003, elastic distortion).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.handwriting.synthesis import uneven
from crnn.train.synth.text.text_sources import Rng

Ink = NDArray[np.uint8]

KNOT = 0.42
"""Ems between the knots of the field that moves the ink."""

FAINT = 0.45
"""By how much unevenly dark ink is lighter, at most."""

STRAY = (0.012, 0.05)
"""How far knots move, in ems."""


def rewritten(rng: Rng, drawn: Drawn) -> Drawn:
    """The line as another hand with another pen: bent, leaning, lighter or heavier. (H, W)."""
    ink = _pen(rng, drawn.ink)
    return _moved(rng, Drawn(ink, drawn.text, drawn.centres))


def _pen(rng: Rng, ink: Ink) -> Ink:
    """Brush to ball pen: strokes thinned, or as they are, and unevenly dark."""
    thinner = int(rng.choice((0, 1, 1, 2)))
    if thinner:
        thin = cv2.erode(ink, np.ones((1 + thinner,) * 2, np.uint8))
        # hair lines are not to vanish: what stays of them is what they had
        ink = np.maximum(thin, cv2.addWeighted(ink, float(rng.uniform(0.25, 0.6)), thin, 0.4, 0))
    if rng.random() < 0.5:
        ink = uneven(rng, ink, FAINT)
    return cv2.convertScaleAbs(ink, alpha=min(3.0, 250 / max(1, int(ink.max()))))


def _moved(rng: Rng, drawn: Drawn) -> Drawn:
    """Sheared, narrowed and moved by a smooth field; centres go along."""
    height, width = drawn.ink.shape
    slant = float(rng.normal(0.0, 0.13))
    narrow = float(np.exp(np.clip(rng.normal(-0.08, 0.16), -0.45, 0.25)))
    target_width = round(abs(slant) * height / 2) + 2
    out = max(8, round(width * narrow) + 2 * target_width)
    rows, columns = max(3, round(height / EM / KNOT) + 1), max(3, round(width / EM / KNOT) + 1)
    stray = float(rng.uniform(*STRAY)) * EM
    field = rng.normal(0, stray, (rows, columns, 2)).astype(np.float32)
    field[..., 1] += rng.normal(0, 0.02 * EM, (1, columns)).astype(np.float32)
    field = cv2.resize(field, (out, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0:height, 0:out].astype(np.float32)
    from_x = (x - target_width + slant * (y - height / 2)) / narrow
    ink = cv2.remap(drawn.ink, from_x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR)
    return Drawn(ink, drawn.text, drawn.centres * np.float32(narrow) + np.float32(target_width))
