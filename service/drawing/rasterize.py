"""What a hand drew -> image: strokes of a pen on white paper, and the ink of a picture alone."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Stroke = Sequence[Sequence[float]]
"""Points (x, y) or (x, y, pressure from 0 to 1), in units of the canvas, y downwards."""

LEAST_HEIGHT, MOST_SIDE = 64.0, 2048.0
"""The ink is drawn at least that high, and its longer side at most that long, in pixels."""
PEN_SHARE = 0.06
"""Width of a pen that no one names, of the height of the ink."""
FINEST_PEN, PLAIN_PRESSURE = 1.5, 0.5
MARGIN_SHARE, LEAST_MARGIN = 0.15, 6
APART = 0.3
"""Paper between two signs that do not overlap, at least, of the height of the ink: repeated digits
drawn close together fall into one where the network looks at every fourth column only."""
SHIFT = 4
"""cv2 takes points in sixteenths of a pixel."""
LEAST_CONTRAST = 24


def rendered(strokes: Sequence[Stroke], pen: float = 0.0) -> Grey:
    """Strokes as a picture (H, W), dark on white, smooth at the edges, cut to the ink.

    pen: its width in units of the canvas; 0 for one that fits the writing.
    """
    points = np.array([point[:2] for stroke in strokes for point in stroke], np.float64)
    if not len(points):
        return np.full((round(LEAST_HEIGHT), round(LEAST_HEIGHT)), 255, np.uint8)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    least = max(float(size.max()) / 8, pen, 1e-6)  # a dash or a dot has no height of its own
    scale = LEAST_HEIGHT / max(float(size[1]), least)
    scale = max(scale, 1.0) if size.max() <= MOST_SIDE else scale
    scale = min(scale, MOST_SIDE / max(float(size.max()), least))
    width = max(FINEST_PEN, scale * (pen or PEN_SHARE * max(float(size[1]), least)))
    margin = LEAST_MARGIN + width + MARGIN_SHARE * scale * float(size[1])
    wide, high = np.ceil(scale * size + 2 * margin).astype(int)
    beside = max(0, int(high) - int(wide)) // 2  # what stands on end would be turned
    wide += 2 * beside
    double = np.full((2 * high, 2 * wide), 255, np.uint8)
    for stroke in strokes:
        if len(stroke):
            place = (np.array([point[:2] for point in stroke]) - low) * scale + (
                margin + beside,
                margin,
            )
            _draw(double, 2 * place, [_pressure(point) for point in stroke], 2 * width)
    shrunk = cv2.resize(double, (int(wide), int(high)), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def spaced(strokes: Sequence[Stroke], apart: float = APART) -> list[Stroke]:
    """The strokes with clear columns between them widened to that share of the ink's height.

    For digits and operators: a Chinese sign has columns like these inside it.
    """
    drawn = [stroke for stroke in strokes if len(stroke)]
    if not drawn:
        return []
    high = np.ptp([point[1] for stroke in drawn for point in stroke])
    least, moved, edge = apart * float(high), 0.0, float("inf")
    results: list[Stroke] = []
    for stroke in sorted(drawn, key=lambda one: min(point[0] for point in one)):
        left = min(point[0] for point in stroke)
        if left > edge:
            moved += max(0.0, least - (left - edge))
        right = max(point[0] for point in stroke)
        edge = right if edge == float("inf") else max(edge, right)
        results.append([[point[0] + moved, *point[1:]] for point in stroke])
    return results


def trimmed(grey: Grey) -> Grey | None:
    """The ink of a picture (H, W) with a margin of paper, dark on light; None where there is none.

    A drawing board sends all of its canvas, often light on dark.
    """
    low, high = int(grey.min()), int(grey.max())
    if high - low < LEAST_CONTRAST:
        return None
    is_dark = float(np.median(grey)) < (low + high) / 2  # ink is little beside a whole canvas
    paper = 255 - grey if is_dark else grey
    _, ink = cv2.threshold(paper, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    left, top, width, height = cv2.boundingRect(ink)
    margin = max(LEAST_MARGIN, round(MARGIN_SHARE * height))
    beside = margin + max(0, height - width) // 2  # what stands on end would be turned
    cut = paper[top : top + height, left : left + width]
    light = int(np.quantile(paper, 0.9))
    sides = (margin, margin, beside, beside)
    return np.asarray(cv2.copyMakeBorder(cut, *sides, cv2.BORDER_CONSTANT, value=light), np.uint8)


def _pressure(point: Sequence[float]) -> float:
    return min(1.0, max(0.0, point[2])) if len(point) > 2 else PLAIN_PRESSURE


def _draw(canvas: Grey, place: NDArray[np.float64], pressures: list[float], pen: float) -> None:
    """One stroke onto a canvas (H, W), in place; place: (P, 2) in its pixels."""
    fixed = np.round(place * (1 << SHIFT)).astype(np.int32)
    widths = [max(1, round(pen * (0.5 + pressure))) for pressure in pressures]
    if len(fixed) == 1:
        radius = round(widths[0] / 2 * (1 << SHIFT))
        middle = (int(fixed[0][0]), int(fixed[0][1]))
        cv2.circle(canvas, middle, radius, 0, cv2.FILLED, cv2.LINE_AA, SHIFT)
    elif len(set(widths)) == 1:
        cv2.polylines(canvas, [fixed], False, 0, widths[0], cv2.LINE_AA, SHIFT)
    else:
        for start, end, width in zip(fixed, fixed[1:], widths[1:], strict=False):
            cv2.polylines(canvas, [np.stack([start, end])], False, 0, width, cv2.LINE_AA, SHIFT)
