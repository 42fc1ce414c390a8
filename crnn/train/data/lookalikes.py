"""Which characters look like a given one: nearest pictures in one font."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.fonts.glyphs import EM, Face

SIZE = 48
"""Pixels of a side of the squares that glyphs are compared on; glyphs are drawn at EM."""

BASELINE = 40


def lookalikes(
    chars: Sequence[str], known: Sequence[str], faces: Sequence[Face], count: int
) -> dict[str, list[str]]:
    """For each of chars, `count` of `known` whose pictures are most alike, by cosine.

    The face is the first that has both; characters that no face draws are left out.
    """
    result: dict[str, list[str]] = {}
    for face in faces:
        wanted = [char for char in chars if char in face and char not in result]
        others = [char for char in known if char in face and char.strip()]
        if not wanted or not others:
            continue
        theirs = np.stack([picture(face, char) for char in others])  # (M, P)
        for char in wanted:
            likeness = theirs @ picture(face, char)  # (M,)
            best = np.argsort(-likeness, kind="stable")[:count]
            result[char] = [others[int(at)] for at in best]
    return result


def picture(face: Face, char: str) -> NDArray[np.float32]:
    """A glyph on a square where the pen puts it, of length 1: (SIZE * SIZE,)."""
    glyph = face.glyph(char)
    square = np.zeros((SIZE * 2, SIZE * 2), np.float32)
    height, width = glyph.ink.shape
    top = max(0, BASELINE + glyph.top)
    left = max(0, round((EM - glyph.advance) / 2) + glyph.left)
    part = glyph.ink[: SIZE * 2 - top, : SIZE * 2 - left]
    square[top : top + part.shape[0], left : left + part.shape[1]] = part
    flat = square[:SIZE, :SIZE].ravel()
    length = float(np.linalg.norm(flat))
    return flat / length if length else flat
