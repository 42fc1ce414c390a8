"""The last pixels of an alignment: corners of the print are looked for near where they must be.

What they moved by first mends the homography; what is left of it is smoothed over the page, which
follows paper that bulges.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.forms.registration.blank_features import HALF, Print

Grey = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Points = NDArray[np.float64]

REACHES = (16, 6)
"""How far a corner is looked for, in pixels of the small blank: first, and once mended."""
ALIKE = 0.6
SOFT, STIFF = 0.09, 1.2
"""A smooth field's width in parts of the longer side; and how much of it is no movement at all."""
STEP = 16


def align_locally(scan: Grey, blank: Print, matrix: Matrix) -> tuple[Matrix, Grey]:
    """The matrix mended, and the scan as it lies on the blank (H, W).

    scan: (h, w); matrix: (3, 3) from the blank's pixels to the scan's.
    """
    small, scale = blank.small
    to_small = np.diag([scale, scale, 1.0])
    moved = np.zeros((0, 2))
    at = moved
    for reach in REACHES:
        observed = warped(scan, matrix @ np.linalg.inv(to_small), (small.shape[1], small.shape[0]))
        at, moved = movements(small, observed, blank.corners, reach)
        mended = _mended(at, moved, matrix, to_small)
        if mended is None:
            break
        matrix, moved = mended
    field = _field(at / scale, moved / scale, blank.grey.shape)
    return matrix, _remapped(scan, matrix, field, blank.grey.shape)


def movements(blank: Grey, observed: Grey, places: Points, reach: int) -> tuple[Points, Points]:
    """Places (N, 2) found again in a picture, and by how far (N, 2) each has moved."""
    rim = HALF + reach
    padded = cv2.copyMakeBorder(observed, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    kept, moved = [], []
    for x, y in places.astype(int):
        patch = blank[y - HALF : y + HALF + 1, x - HALF : x + HALF + 1]
        area = padded[y + reach - rim : y + reach + rim + 1, x + reach - rim : x + reach + rim + 1]
        scores = np.asarray(cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED), np.float32)
        _, best, _, (column, row) = cv2.minMaxLoc(scores)
        if best >= ALIKE and 0 < column < 2 * reach and 0 < row < 2 * reach:
            kept.append((x, y))
            shift = (
                column + _peak(scores[row, column - 1 : column + 2]),
                row + _peak(scores[row - 1 : row + 2, column]),
            )
            moved.append((shift[0] - reach, shift[1] - reach))
    return np.array(kept, np.float64).reshape(-1, 2), np.array(moved, np.float64).reshape(-1, 2)


def warped(scan: Grey, matrix: Matrix, size: tuple[int, int]) -> Grey:
    """A scan seen through a matrix (3, 3) from a picture of size (W, H)."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    observed = cv2.warpPerspective(scan, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(observed, np.uint8)


def _peak(three: NDArray[np.float32]) -> float:
    """Where between three scores their parabola is highest, from the middle one."""
    before, middle, after = (float(one) for one in three)
    bend = before - 2 * middle + after
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (before - after) / bend))


def _mended(
    at: Points, moved: Points, matrix: Matrix, to_small: Matrix
) -> tuple[Matrix, Points] | None:
    """The matrix that follows the movements, and what it leaves of them; None with too few."""
    if len(at) < 8:
        return None
    change, inside = cv2.findHomography(at, at + moved, cv2.RANSAC, 3.0, maxIters=2000)
    if change is None or inside.sum() < 8:
        return None
    left = at + moved - cv2.perspectiveTransform(at[None], change)[0]
    far = np.linalg.norm(left, axis=1) > 6  # another corner that looks alike
    left[far] = 0
    return matrix @ np.linalg.inv(to_small) @ change @ to_small, left


def _field(at: Points, moved: Points, shape: tuple[int, ...]) -> Points:
    """Movements (N, 2) at places (N, 2) smoothed over a page, at knots STEP pixels apart.

    Gives (h, w, 2) with one knot more on every side than the page is long.
    """
    height, width = shape
    xs = (np.arange(-1, width // STEP + 2) + 0.5) * STEP - 0.5
    ys = (np.arange(-1, height // STEP + 2) + 0.5) * STEP - 0.5
    if not len(at):
        return np.zeros((len(ys), len(xs), 2))
    soft = 2 * (SOFT * max(shape)) ** 2
    across = np.exp(-((xs[:, None] - at[:, 0]) ** 2) / soft)  # (w, N)
    down = np.exp(-((ys[:, None] - at[:, 1]) ** 2) / soft)  # (h, N)
    weight = down @ across.T + STIFF
    sums = [(down * moved[:, axis]) @ across.T for axis in (0, 1)]
    return np.asarray(np.stack(sums, -1) / weight[..., None])


def _remapped(scan: Grey, matrix: Matrix, field: Points, shape: tuple[int, ...]) -> Grey:
    """The scan taken through field and matrix onto a page of that shape (H, W)."""
    height, width = shape
    rows, columns = field.shape[:2]
    xs = (np.arange(-1, columns - 1) + 0.5) * STEP - 0.5
    ys = (np.arange(-1, rows - 1) + 0.5) * STEP - 0.5
    knots = np.stack(np.meshgrid(xs, ys), -1) + field
    placed = cv2.perspectiveTransform(knots.reshape(1, -1, 2), matrix).reshape(rows, columns, 2)
    size = (columns * STEP, rows * STEP)
    full = cv2.resize(placed.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    full = full[STEP : STEP + height, STEP : STEP + width]
    xs, ys = np.ascontiguousarray(full[..., 0]), np.ascontiguousarray(full[..., 1])
    observed = cv2.remap(scan, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(observed, np.uint8)
