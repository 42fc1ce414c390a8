"""A filled scan brought onto its blank: features, a homography, then small tiles one by one.

ORB features (Rublee 2011) are matched by Lowe's ratio, RANSAC finds the homography, and what is
left - paper that bulges, a scanner that slips - is measured at corners of the print and smoothed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.errors import UnknownForm
from crnn.forms.registration.fit import Fit, fit_of
from crnn.forms.registration.keypoints import SIDE, Keypoints, keypoints_of, match, voted
from crnn.forms.registration.local_alignment import align_locally
from crnn.forms.template import Template

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]
Matrix = NDArray[np.float64]
Pairing = Callable[[Keypoints, Keypoints], tuple[Points, Points]]

REACH = 5.0
"""Pixels of a picture of features.SIDE that a place may lie beside where the matrix has it."""
MIN_INLIERS = 14
TRIED = 3
"""So many templates are aligned of those whose features match best."""
MIN_FIT = 0.45
"""A scan of which less print is found is not this form, or more than half of it is covered."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """A scan on its blank. picture: (h, w) as the blank is; to_scan: blank -> scan pixels (3, 3).

    fit: how much of the blank's print was found in it.
    """

    template: Template
    picture: Grey
    to_scan: Matrix
    fit: Fit

    def corners(self, box: tuple[int, int, int, int]) -> tuple[tuple[int, int], ...]:
        """The four corners of a box of the blank in pixels of the scan, clockwise."""
        left, top, right, bottom = box
        four = [[left, top], [right, top], [right, bottom], [left, bottom]]
        placed = cv2.perspectiveTransform(np.array([four], np.float64), self.to_scan)[0]
        return tuple((round(float(x)), round(float(y))) for x, y in placed)


class Scan:
    """A filled form, and its features, which every template is compared with."""

    def __init__(self, grey: Grey) -> None:
        self.grey = grey

    @cached_property
    def keypoints(self) -> Keypoints:
        """Its features."""
        return keypoints_of(self.grey)


def homography(blank: Points, scan: Points, reach: float) -> tuple[Matrix, int] | None:
    """The matrix (3, 3) from blank to scan that most pairs (N, 2) follow, and how many do."""
    if len(blank) < MIN_INLIERS:
        return None
    matrix, inside = cv2.findHomography(blank, scan, cv2.RANSAC, reach, maxIters=4000)
    if matrix is None:
        return None
    count = int(inside.sum())
    return (np.asarray(matrix, np.float64), count) if count >= MIN_INLIERS else None


def is_sheet(matrix: Matrix, size: tuple[int, int], scan: tuple[int, ...]) -> bool:
    """Whether a matrix places a blank (W, H) on a scan (H, W) as a camera or a scanner would."""
    width, height = size
    four = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    placed = cv2.perspectiveTransform(four, matrix)[0]
    if not np.isfinite(placed).all() or not cv2.isContourConvex(placed.astype(np.float32)):
        return False
    area = float(cv2.contourArea(placed.astype(np.float32), True))
    sides = np.linalg.norm(placed - np.roll(placed, 1, 0), axis=1)
    facing = sides[:2] / np.maximum(sides[2:], 1e-6)
    whole = scan[0] * scan[1]
    return bool(0.1 * whole < area < 4 * whole and (facing < 2).all() and (facing > 0.5).all())


def align(scan: Scan, template: Template) -> Aligned | None:
    """A scan brought onto a template's blank; None where it shows another form."""
    try:
        return best_template(scan, [template])
    except UnknownForm:
        return None


def _rough(scan: Scan, template: Template, pair: Pairing) -> tuple[Matrix, int] | None:
    reach = REACH * max(scan.grey.shape) / min(SIDE, max(scan.grey.shape))
    result = homography(*pair(template.print.keypoints, scan.keypoints), reach)
    if result is None or not is_sheet(result[0], template.size, scan.grey.shape):
        return None
    return result


def _refined(scan: Scan, template: Template, matrix: Matrix) -> Aligned | None:
    matrix, picture = align_locally(scan.grey, template.print, matrix)
    fit = fit_of(template.print, picture)
    if fit.print_found < MIN_FIT:
        return None
    return Aligned(template, picture, matrix, fit)


def best_template(scan: Scan, templates: Sequence[Template]) -> Aligned:
    """The template that a scan is of, with the scan on its blank.

    Raises: UnknownForm.
    """
    for pair in (match, voted):
        best = _best(scan, templates, pair)
        if best is not None:
            return best
    names = ", ".join(one.name for one in templates[:5]) + (", ..." * (len(templates) > 5))
    raise UnknownForm(f"the picture is none of the forms it may be ({names or 'there are none'})")


def _best(scan: Scan, templates: Sequence[Template], pair: Pairing) -> Aligned | None:
    """The best of the templates whose features match most, where one of them fits."""
    ranked = []
    for template in templates:
        result = _rough(scan, template, pair)
        if result is not None:
            ranked.append((result[1], template, result[0]))
    ranked.sort(key=lambda one: -one[0])
    fitting = [_refined(scan, template, matrix) for _, template, matrix in ranked[:TRIED]]
    return max((one for one in fitting if one), key=lambda one: one.fit.rank, default=None)
