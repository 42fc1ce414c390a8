"""Pen tracks as a hand makes them: forms of the stroke table, bent, slanted, hurried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crnn.train.strokes import STEPS, latin

Track = list[list[float]]
"""A stroke: points (x, y) in pixels of a canvas, y downwards."""

KNOTS = 4
WAVER, BEND, SLANT, TURN, GAP = 0.006, 0.035, 0.16, 0.07, 0.16
"""In ems and radians: tremor of a point, of a knot of the warp, of the sign; paper between."""

HANZI = {
    "一": ["05 95"],
    "二": ["17 87", "02 92"],
    "三": ["19 89", "26 76", "02 92"],
    "十": ["06 96", "59 51"],
    "人": ["59 35 01", "56 73 91"],
    "大": ["06 96", "59 55 32 01", "56 73 91"],
    "天": ["18 88", "05 95", "58 54 32 01", "55 73 91"],
    "中": ["17 14", "17 87! 84", "14 84", "59 51"],
    "工": ["18 88", "58 52", "02 92"],
    "上": ["59 52", "56 86", "02 92"],
    "王": ["18 88", "25 75", "58 52", "02 92"],
    "日": ["28 22", "28 78! 72", "25 75", "22 72"],
    "本": ["06 96", "59 51", "56 33 02", "56 73 92", "33 73"],
    "口": ["27 22", "27 77! 72", "22 72"],
    "山": ["58 52", "15 12! 82", "85 82"],
    "水": ["59 52! 42", "16 36! 13", "77 55", "55 73 92"],
    "小": ["59 52! 41", "36 23 13", "66 84 93"],
    "木": ["06 96", "59 51", "56 33 02", "56 73 92"],
}
"""Characters in print hand, written down for these tests: two digits a point, y upwards."""


def drawn(
    text: str, rng: np.random.Generator, *, height: float, left: float, top: float
) -> list[Track]:
    """A text as one person writes it in one go, digits that many pixels high."""
    slant, turn = rng.normal(0, SLANT), rng.normal(0, TURN)
    aspect = float(np.exp(rng.normal(0, 0.12)))
    tracks, pen = [], 0.0
    for sign in text:
        if sign == " ":
            pen += 0.4
            continue
        bent = [_bent(stroke, rng) for stroke in [_strokes(sign, rng)]][0]
        wide = float(bent[..., 0].max() - bent[..., 0].min())
        bent[..., 0] += pen - bent[..., 0].min()
        bent[..., 1] += rng.normal(0, 0.02)
        pen += wide + GAP * float(np.exp(rng.normal(0, 0.25)))
        tracks += list(bent)
    return [_placed(track, rng, (slant, turn, aspect, height, left, top)) for track in tracks]


def _strokes(sign: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """The strokes of a sign in one of its forms, (S, STEPS, 2) in ems of a digit's height."""
    if sign in HANZI:
        from crnn.train.strokes import curve

        return 1.25 * np.stack([curve(row.split()) for row in HANZI[sign]]).astype(np.float64)
    forms = latin()[sign]
    return forms[int(rng.integers(len(forms)))].strokes.astype(np.float64) / 0.665


def _bent(strokes: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Strokes moved by a smooth field, so that neighbours move together."""
    field = rng.normal(0, BEND, (KNOTS, KNOTS, 2))
    where = np.clip(strokes * (KNOTS - 1), 0, KNOTS - 1)
    hats = np.maximum(0, 1 - np.abs(where[..., None] - np.arange(KNOTS)))  # (S, P, 2, KNOTS)
    weights = hats[..., 1, :, None] * hats[..., 0, None, :]
    moved: NDArray[np.float64] = np.einsum("spyx,yxd->spd", weights, field) + strokes
    return moved


def _placed(track: NDArray[np.float64], rng: np.random.Generator, how: Sequence[float]) -> Track:
    """A stroke on the canvas, with a tremor, in as many points as a pen of some speed leaves."""
    slant, turn, aspect, height, left, top = how
    count = int(rng.integers(10, 2 * STEPS))
    at = np.linspace(0, STEPS - 1, count)
    track = np.stack([np.interp(at, np.arange(STEPS), track[:, axis]) for axis in (0, 1)], -1)
    track += rng.normal(0, WAVER, track.shape)
    x, y = track[:, 0] * aspect, track[:, 1]
    x, y = x - slant * y - turn * y, y + turn * x
    return (np.stack([x * height + left, y * height + top], -1)).tolist()
