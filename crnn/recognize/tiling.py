"""Long lines: read in overlapping tiles, joined where both are surest that nothing is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID
from crnn.decode.ctc_score import log_total
from crnn.preprocess.normalize import MAX_WIDTH, as_input, pad_width
from crnn.spec import ModelSpec

WIDEST = MAX_WIDTH / 32
OVERLAP = 6.0
MARGIN = 1.5
"""In heights of the network's input: a tile's width, its overlap with the next one, and how near
its end no joint is made, since a tile's rim lacks context."""

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def scores(strip: NDArray[np.uint8], spec: ModelSpec, run: Run) -> NDArray[np.float32]:
    """Scores (T, C) of a strip (K, H, w) of any length; T covers w, the padding is left out."""
    width, widest, overlap = strip.shape[2], pixels(WIDEST, spec), pixels(OVERLAP, spec)
    if width <= widest:
        return run(as_input(pad_width(strip, spec), spec))[: spec.steps(width + spec.stride - 1)]
    # One array from the beginning: parts put together at the end would be held twice, and a step
    # of 18,753 classes is 75 kB.
    room = spec.steps(width + spec.stride - 1) + overlap // spec.stride
    whole = np.empty((room, len(spec.classes)), np.float32)
    end = 0
    for left in range(0, max(1, width - overlap), widest - overlap):
        tile = strip[:, :, left : left + widest]
        tensor = as_input(pad_width(tile, spec), spec)
        result = run(tensor)[: spec.steps(tile.shape[2] + spec.stride - 1)]  # (t, C)
        if end:
            parts = [whole[:end]]
            result = join(parts, result, spec)
            end = len(parts[0])
        whole[end : end + len(result)] = result
        end += len(result)
    return whole[:end]


def pixels(heights: float, spec: ModelSpec) -> int:
    """So many heights of the network's input, in pixels."""
    return round(heights * spec.height)


def join(
    parts: list[NDArray[np.float32]], result: NDArray[np.float32], spec: ModelSpec
) -> NDArray[np.float32]:
    """Cut the last part and the new one where both are surest of blank in their overlap.

    Shortens parts[-1] in place and gives what is left of the new part.
    """
    overlap, margin = (pixels(part, spec) // spec.stride for part in (OVERLAP, MARGIN))
    left, right = parts[-1][-overlap:], result[:overlap]
    size = min(len(left), len(right))
    blank = ln_blank(left[:size]) + ln_blank(right[:size])  # (size,)
    inner = blank[margin : max(margin + 1, size - margin)]
    cut = margin + int(inner.argmax()) if inner.size else size // 2
    parts[-1] = parts[-1][: len(parts[-1]) - overlap + cut]
    return result[cut:]


def ln_blank(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ln of the probability of the blank at each step. (t, C) -> (t,)."""
    result: NDArray[np.float64] = scores[:, BLANK_ID] - log_total(scores)
    return result
