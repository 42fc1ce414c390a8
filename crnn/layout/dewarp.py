"""How a page lies: its skew, the fan of its lines under a camera, and whether it is on its side.

Lines of text pile ink up in rows: sheared by the right angle, the profile of the ink has the
sharpest steps (Postl 1986, the criterion; sheared points instead of a turned picture).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.layout.binarize import Grey

Floats = NDArray[np.float64]

SIDE = 640
"""The size at which slopes are measured: a tenth of a degree is a pixel there."""
MAX_POINTS = 24_000
WIDEST, COARSE, FINE = 0.16, 0.008, 0.0015
"""Slopes that are tried (rise over run), and the steps between them."""
LEAST_SLOPE = 0.004
"""Flatter lines are left as they are: they cross less than a fifth of their height."""
BANDS = 5
CLEARER = 1.08
"""How much sharper the profile of a fan must be than that of plain skew."""
ON_SIDE = 0.75
"""Ink run together along one side makes this share of the pieces, or fewer, of the other's."""


def ink_points(ink: Grey) -> tuple[Floats, float]:
    """Ink as points (P, 2) of x and y from the picture's centre, and their scale. ink: (H, W)."""
    scale = min(1.0, SIDE / max(ink.shape))
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    y, x = np.nonzero(small > 96)
    if len(x) > MAX_POINTS:
        chosen = np.linspace(0, len(x) - 1, MAX_POINTS).astype(int)
        x, y = x[chosen], y[chosen]
    height, width = small.shape
    return np.stack([x - width / 2, y - height / 2], axis=1).astype(np.float64), scale


def sharpness(y: Floats) -> float:
    """How steep the steps of a profile of points are. y: (P,)."""
    rows = np.rint(y - y.min()).astype(np.int64) if len(y) else np.zeros(0, np.int64)
    steps = np.diff(np.bincount(rows))
    return float((steps * steps).sum())


def slope(points: Floats, around: float = 0.0, widest: float = WIDEST) -> float:
    """The slope of the lines that points (P, 2) stand on, downwards to the right."""
    best = around
    for reach, step in ((widest, COARSE), (COARSE, FINE)):
        tried = best + np.arange(-reach, reach + step / 2, step)
        results = [sharpness(points[:, 1] - points[:, 0] * one) for one in tried]
        best = float(tried[int(np.argmax(results))])
    return best


def fan(points: Floats, plain: float) -> tuple[float, float]:
    """The slope at the centre and how it changes with y; the second is 0 for plain skew.

    points: (P, 2); plain: what `slope` found.
    """
    results = []
    edges = np.quantile(points[:, 1], np.linspace(0, 1, BANDS + 1))
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        band = points[(points[:, 1] >= low) & (points[:, 1] <= high)]
        if len(band) >= 200 and high - low > 8:
            results.append((band[:, 1].mean(), slope(band, plain, 0.06)))
    if len(results) < 3:
        return plain, 0.0
    at, slopes = np.array(results).T
    apart = [(b[1] - a[1]) / (b[0] - a[0]) for n, a in enumerate(results) for b in results[n + 1 :]]
    change = float(np.median(apart))  # Theil 1950: one odd band does not turn the page
    centre = float(np.median(slopes - change * at))
    flat = sharpness(points[:, 1] - points[:, 0] * plain)
    fanned = sharpness(points[:, 1] - points[:, 0] * (centre + change * points[:, 1]))
    return (centre, change) if fanned > CLEARER * flat else (plain, 0.0)


def straightening(ink: Grey) -> Floats | None:
    """The matrix (3, 3) that lays the lines of a page level; None where they are. ink: (H, W)."""
    points, scale = ink_points(ink)
    if len(points) < 100:
        return None
    height, width = ink.shape
    plain = slope(points)
    centre, change = fan(points, plain)
    change *= scale
    edge = abs(centre) + abs(change) * height / 2
    if edge < LEAST_SLOPE:
        return None
    if change == 0:
        return skewed(centre, width, height)
    x, y = width / 2, height / 2
    rows = (0.1 * height - y, 0.9 * height - y)
    corners = [
        (x + side * x, y + row + side * x * (centre + change * row))
        for row in rows
        for side in (-1, 1)
    ]
    level = [(x + side * x, y + row) for row in rows for side in (-1, 1)]
    result = cv2.getPerspectiveTransform(np.array(corners, np.float32), np.array(level, np.float32))
    return np.asarray(result, np.float64)


def skewed(rise: float, width: int, height: int) -> Floats:
    """The matrix (3, 3) that turns lines of a slope level about the centre, all corners kept."""
    angle = np.arctan(rise)
    cos, sin = np.cos(angle), np.sin(angle)
    wide, high = width * cos + height * abs(sin), height * cos + width * abs(sin)
    turn = np.array([(cos, sin, 0.0), (-sin, cos, 0.0), (0.0, 0.0, 1.0)])
    to_centre = np.array([(1, 0, -width / 2), (0, 1, -height / 2), (0, 0, 1)], np.float64)
    back = np.array([(1, 0, wide / 2), (0, 1, high / 2), (0, 0, 1)], np.float64)
    return np.asarray(back @ turn @ to_centre, np.float64)


def paper_corners(grey: Grey) -> Floats | None:
    """The corners (4, 2) of a sheet that lies on something darker; None where none is seen."""
    scale = min(1.0, 400 / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    size = max(3, max(small.shape) // 25) | 1
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(outlines, key=cv2.contourArea, default=None)
    if outline is None or not 0.4 < cv2.contourArea(outline) / small.size < 0.97:
        return None
    hull = cv2.convexHull(outline)
    result = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, closed=True), closed=True)
    if len(result) != 4 or cv2.contourArea(result) < 0.95 * cv2.contourArea(hull):
        return None
    corners = result.reshape(4, 2).astype(np.float64) / scale
    sums, differences = corners.sum(axis=1), corners[:, 0] - corners[:, 1]
    order = [sums.argmin(), differences.argmax(), sums.argmax(), differences.argmin()]
    return corners[order] if len(set(order)) == 4 else None


def flattening(corners: Floats) -> tuple[Floats, tuple[int, int]]:
    """The matrix (3, 3) from a sheet's corners (4, 2) to a rectangle, and its width and height."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = round((sides[0] + sides[2]) / 2), round((sides[1] + sides[3]) / 2)
    square = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    result = cv2.getPerspectiveTransform(corners.astype(np.float32), square)
    return np.asarray(result, np.float64), (width, height)


def on_side(ink: Grey, height: int) -> bool | None:
    """Whether the lines of a page run upwards or downwards; None where ink does not say.

    Characters of a line stand closer than lines do. ink: (H, W) without rules.
    """
    reach = max(3, round(0.7 * height)) | 1
    counts = []
    for shape in ((1, reach), (reach, 1)):
        joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(shape, np.uint8))
        counts.append(cv2.connectedComponents(joined)[0] - 1)
    across, down = counts
    if across <= ON_SIDE * down:
        return False
    return True if down <= ON_SIDE * across else None
