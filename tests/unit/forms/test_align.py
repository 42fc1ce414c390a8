"""Filled scans find their blank, whatever a scanner did; other pages do not."""

import cv2
import numpy as np
import pytest

from crnn.errors import UnknownForm
from crnn.forms import Template
from crnn.forms.registration.align import Scan, align, best_template
from tests.fixtures import drawn_forms

PLACES = np.array([[[x, y] for x in (80, 600, 1160) for y in (160, 500, 890)]], np.float64)


@pytest.fixture(scope="module")
def claim() -> Template:
    return Template.from_dict(drawn_forms.template_dict(), drawn_forms.blank())


def off_by(aligned, scan) -> float:
    found = cv2.perspectiveTransform(PLACES, aligned.to_scan)
    true = cv2.perspectiveTransform(PLACES, scan.matrix)
    return float(np.linalg.norm(found - true, axis=2).max())


@pytest.mark.parametrize(
    "damage",
    [
        {"shift": (140, 90)},
        {"scale": 0.6},
        {"scale": 1.5},
        {"angle": 4.0},
        {"angle": 90.0},
        {"angle": 180.0},
        {"angle": -93.0, "scale": 0.8},
        {"tilt": 0.12},
        {"angle": 177.0, "tilt": -0.08, "scale": 0.9, "noise": 9.0},
    ],
    ids=str,
)
def test_a_scan_is_found_within_a_pixel(claim, damage):
    scan = drawn_forms.scanned(drawn_forms.filled(), **damage)
    aligned = align(Scan(scan.grey), claim)
    assert aligned is not None
    assert off_by(aligned, scan) < 1.0
    assert aligned.fit.print_found > 0.9


def test_a_sheet_of_which_a_third_is_covered_is_found(claim):
    scan = drawn_forms.scanned(drawn_forms.filled(), angle=2.0)
    covered = scan.grey.copy()
    covered[:, : covered.shape[1] // 3] = 225
    aligned = align(Scan(covered), claim)
    assert aligned is not None
    assert off_by(aligned, scan) < 2.0


def test_paper_that_bulges_is_followed(claim):
    page = drawn_forms.filled()
    ys, xs = np.mgrid[: page.shape[0], : page.shape[1]].astype(np.float32)
    bulge = 5 * np.sin(xs / page.shape[1] * np.pi)
    bent = cv2.remap(page, xs, ys + bulge.astype(np.float32), cv2.INTER_LINEAR, borderValue=255)
    aligned = align(Scan(bent), claim)
    assert aligned is not None
    apart = cv2.absdiff(aligned.picture, page)
    flat = align(Scan(page), claim)
    assert flat is not None
    assert apart.mean() < 0.35 * cv2.absdiff(bent, page).mean()
    assert aligned.fit.print_found > 0.9


def other_form() -> np.ndarray:
    page = np.full(drawn_forms.SIZE[::-1], 255, np.uint8)
    for row in range(8):
        for column in range(4):
            left, top = 60 + 280 * column, 150 + 90 * row
            cv2.rectangle(page, (left, top), (left + 280, top + 90), 30, 2)
            drawn_forms.put(page, f"Field {column} of row {row}", (left + 10, top + 50), 0.6)
    return page


@pytest.mark.parametrize(
    "page",
    [
        other_form(),
        np.full((900, 900), 255, np.uint8),
        np.random.default_rng(3).integers(0, 256, (700, 900), np.uint8),
        np.zeros((6, 6), np.uint8),
    ],
    ids=["another form", "white", "noise", "tiny"],
)
def test_what_is_no_such_form_is_said_to_be_none(claim, page):
    with pytest.raises(UnknownForm, match="none of the forms it may be .claim"):
        best_template(Scan(page), [claim])


def test_of_several_forms_the_right_one_is_chosen(claim):
    other = Template.from_dict({"name": "other"}, other_form())
    titled = Template.from_dict(
        drawn_forms.template_dict("advance"), drawn_forms.blank("REQUEST FOR AN ADVANCE")
    )
    many = [other, titled, claim]
    filled = drawn_forms.filled(page=drawn_forms.blank("REQUEST FOR AN ADVANCE"))
    for page, name in (
        (drawn_forms.filled(), "claim"),
        (filled, "advance"),
        (other_form(), "other"),
    ):
        scan = drawn_forms.scanned(page, angle=1.5, scale=0.9)
        assert best_template(Scan(scan.grey), many).template.name == name


def test_corners_tell_where_a_zone_lies_on_the_scan(claim):
    scan = drawn_forms.scanned(drawn_forms.filled(), angle=180.0)
    aligned = align(Scan(scan.grey), claim)
    assert aligned is not None
    (left, top), _, (right, bottom), _ = aligned.corners((860, 150, 1180, 210))
    assert left > right
    assert top > bottom
