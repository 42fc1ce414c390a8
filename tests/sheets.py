"""Forms drawn for tests: a blank, its zones, what is written on it, what a scanner does to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

SIZE = (1240, 1000)
"""Width and height: half a sheet of A4 at 150 dots per inch."""

FONT = cv2.FONT_HERSHEY_SIMPLEX
ZONES: list[dict[str, Any]] = [
    {"name": "name", "box": [260, 150, 620, 210]},
    {"name": "date", "box": [860, 150, 1180, 210], "type": "date"},
    {"name": "agree", "box": [262, 246, 286, 270], "kind": "checkbox", "label": "yes"},
    {"name": "refuse", "box": [462, 246, 486, 270], "kind": "checkbox", "label": "no"},
    {"name": "number", "box": [860, 232, 1180, 282], "kind": "comb", "cells": 8, "type": "digits"},
    {
        "name": "amounts",
        "box": [860, 360, 1180, 660],
        "kind": "column",
        "rows": 5,
        "type": "amount",
    },
    {"name": "items", "box": [60, 360, 860, 660], "kind": "column", "rows": 5},
    {"name": "total", "box": [860, 660, 1180, 720], "type": "amount"},
    {"name": "note", "box": [260, 720, 1180, 900], "multiline": True},
]
CHECKS: list[dict[str, Any]] = [{"kind": "sum", "fields": ["amounts", "total"]}]


def put(page: np.ndarray, text: str, at: tuple[int, int], scale: float = 0.8) -> None:
    """Text of OpenCV's own strokes, its foot at (x, y)."""
    cv2.putText(page, text, at, FONT, scale, 25, 2, cv2.LINE_AA)


def blank(title: str = "CLAIM FOR TRAVEL EXPENSES") -> np.ndarray:
    """An empty form (H, W)."""
    page = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    put(page, title, (330, 90), 1.2)
    put(page, "Form 27-B, to be sent to the accounts department", (330, 125), 0.55)
    for box in (
        (60, 150, 260, 210), (260, 150, 620, 210), (620, 150, 860, 210), (860, 150, 1180, 210),
        (60, 300, 860, 360), (860, 300, 1180, 360), (60, 660, 860, 720), (860, 660, 1180, 720),
        (60, 720, 260, 900), (260, 720, 1180, 900),
    ):  # fmt: skip
        cv2.rectangle(page, box[:2], box[2:], 30, 2)
    for row in range(5):
        for left, right in ((60, 860), (860, 1180)):
            cv2.rectangle(page, (left, 360 + 60 * row), (right, 420 + 60 * row), 30, 2)
    for x in (262, 462):
        cv2.rectangle(page, (x, 246), (x + 24, 270), 30, 2)
    for cell in range(8):
        cv2.rectangle(page, (860 + 40 * cell, 232), (900 + 40 * cell, 282), 30, 2)
    for text, x, y in (
        ("Name", 80, 190), ("Date", 640, 190), ("Paid already?", 60, 268), ("yes", 300, 268),
        ("no", 500, 268), ("Number", 700, 268), ("Item", 80, 340), ("Amount", 880, 340),
        ("Total", 760, 700), ("Note", 80, 760),
    ):  # fmt: skip
        put(page, text, (x, y))
    put(page, "Kept for seven years. Page 1 of 1. No. 0012345", (330, 960), 0.55)
    return page


def template_dict(name: str = "claim") -> dict[str, Any]:
    """The template's JSON."""
    return {"name": name, "version": 1, "size": list(SIZE), "zones": ZONES, "checks": CHECKS}


VALUES: dict[str, Any] = {
    "name": "J. R. SMITH", "date": "2026-11-21", "agree": True, "refuse": False,
    "number": "20261187", "amounts": ["12.50", "300.00", "7.25"], "total": "319.75",
    "items": ["Taxi", "Hotel", "Lunch"], "note": ["Receipts are attached", "to this sheet"],
}  # fmt: skip


def filled(values: dict[str, Any] | None = None, page: np.ndarray | None = None) -> np.ndarray:
    """A form (H, W) with values written in."""
    page = (blank() if page is None else page).copy()
    values = VALUES if values is None else values
    for zone in ZONES:
        _write(page, zone, values.get(zone["name"]))
    return page


def _write(page: np.ndarray, zone: dict[str, Any], value: Any) -> None:
    left, top, right, bottom = zone["box"]
    if value is None or value is False:
        return
    if zone.get("kind") == "checkbox":
        points = np.array([[left + 3, top + 12], [left + 10, bottom - 3], [right + 4, top - 4]])
        cv2.polylines(page, [points], False, 40, 3, cv2.LINE_AA)
    elif zone.get("kind") == "comb":
        width = (right - left) / zone["cells"]
        for at, sign in enumerate(value):
            put(page, sign, (int(left + width * at + 10), bottom - 13), 0.95)
    elif zone.get("kind") == "column":
        for row, text in enumerate(value):
            put(page, text, (left + 25, top + 60 * row + 42), 0.9)
    else:
        for row, text in enumerate(value if isinstance(value, list) else [value]):
            put(page, text, (left + 25, top + 42 + 50 * row), 0.9)


@dataclass(frozen=True)
class Scanned:
    """A form as a scanner gave it. matrix: (3, 3) from the form's pixels to the scan's."""

    grey: np.ndarray
    matrix: np.ndarray


def scanned(  # noqa: PLR0913
    page: np.ndarray,
    *,
    angle: float = 0.0,
    scale: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    tilt: float = 0.0,
    noise: float = 4.0,
    margin: int = 60,
    seed: int = 1,
) -> Scanned:
    """A page turned by degrees, scaled, shifted and seen from the side, on a larger sheet."""
    height, width = page.shape
    turned = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    matrix = np.vstack([turned, [0, 0, 1]])
    lean = np.array([[1, 0, 0], [0, 1, 0], [tilt / width, tilt / height / 2, 1]])
    matrix = lean @ matrix
    four = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    placed = cv2.perspectiveTransform(four, matrix)[0]
    low, high = placed.min(0) - margin, placed.max(0) + margin
    move = np.array([[1, 0, -low[0] + shift[0]], [0, 1, -low[1] + shift[1]], [0, 0, 1]])
    matrix = move @ matrix
    size = tuple(int(v) for v in np.ceil(high - low + np.abs(shift)))
    seen = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_AREA, borderValue=235)
    rng = np.random.default_rng(seed)
    lit = seen * np.linspace(0.9, 1.0, seen.shape[1]) + rng.normal(0, noise, seen.shape)
    return Scanned(cv2.GaussianBlur(lit.clip(0, 255).astype(np.uint8), (0, 0), 0.7), matrix)
