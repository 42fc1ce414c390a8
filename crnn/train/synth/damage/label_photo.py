"""A printed line -> the photograph of a label: tubes on wires, terminal strips, stickers, plates.

A phone held aslant, in the light there is: the text is bent round a tube or seen from the side, its
upper and lower edge lie in shade, a crop cuts into it, and the focus lies elsewhere.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.text.text_sources import Rng, is_latin

Grey = NDArray[np.uint8]

LENGTH = 18
"""Labels say so many characters at most."""

CUT = (-0.25, 0.16)
"""How much of the text's height a crop leaves beside it (below nothing) or takes off, each side."""

CUT_DEEP, DEEP = 0.22, (0.12, 0.4)
"""So many crops cut off so much of the text's height, above or below."""

HEIGHT = (3.25, 0.42, 11, 72)
"""How high a crop is: mean and spread of its logarithm, and bounds in pixels."""

BLUR = 0.11
"""The widest blur's standard deviation in heights of the crop."""


def can_be(text: str) -> bool:
    """Whether a label may say that."""
    return 0 < len(text) <= LENGTH and is_latin(text)


def photograph(rng: Rng, ink: Grey) -> Grey:
    """Ink (bright on black) -> a grey photograph of it, at a size of its own. (h, w) -> (H, W)."""
    ink = _stretched(rng, ink)
    ink = _perspective(rng, ink)
    ink = _cropped(rng, ink)
    if rng.random() < 0.5:
        ink = _round_a_tube(rng, ink)
    grey = _sized(rng, _lit(rng, _out_of_focus(rng, ink)))
    grey = _grained(rng, grey)
    if rng.random() < 0.3:
        quality = (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90)))
        grey = cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], cv2.IMREAD_GRAYSCALE)
    return cv2.bitwise_not(grey) if rng.random() < 0.08 else grey


def _stretched(rng: Rng, ink: Grey) -> Grey:
    """Condensed or extended letters; thicker or thinner strokes come from the setting."""
    width = max(4, round(ink.shape[1] * float(np.exp(rng.normal(0, 0.27)))))
    return cv2.resize(ink, (width, ink.shape[0]), interpolation=cv2.INTER_LINEAR)


def _perspective(rng: Rng, ink: Grey) -> Grey:
    """Sheared, turned a little, one end nearer than the other, with room for all of it."""
    height, width = ink.shape
    space = height // 2
    shear = float(rng.normal(0, 0.12 if rng.random() < 0.7 else 0.35)) * height
    turn = float(np.clip(rng.normal(0, 0.07), -0.2, 0.2)) * min(width, 4 * height)
    near = float(np.clip(rng.normal(0, 0.08), -0.25, 0.25)) * height
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to = corners + np.array(
        [
            [shear / 2, turn / 2 - near / 2],
            [shear / 2, -turn / 2 + near / 2],
            [-shear / 2, -turn / 2 - near / 2],
            [-shear / 2, turn / 2 + near / 2],
        ],
        np.float32,
    )
    to += np.array([space, space], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, to.astype(np.float32))
    return cv2.warpPerspective(ink, matrix, (width + 2 * space, height + 2 * space))


def _cropped(rng: Rng, ink: Grey) -> Grey:
    """To what is written, with some paper or with some of it cut off."""
    rows, columns = np.flatnonzero(ink.max(1) > 60), np.flatnonzero(ink.max(0) > 60)
    if not rows.size:
        return ink
    high = int(rows[-1] + 1 - rows[0])
    top, bottom = (
        round(high * float(rng.uniform(*CUT) if rng.random() < 0.7 else rng.uniform(-0.2, 0)))
        for _ in range(2)
    )
    if rng.random() < CUT_DEEP:
        deep = round(high * float(rng.uniform(*DEEP)))
        top, bottom = (deep, min(bottom, 0)) if rng.random() < 0.5 else (min(top, 0), deep)
    left, right = (round(high * float(rng.uniform(-0.05, 0.35))) for _ in range(2))
    above, under = max(0, rows[0] + top), min(ink.shape[0], rows[-1] + 1 - bottom)
    if under - above < 8:
        return ink
    before, after = max(0, columns[0] - left), min(ink.shape[1], columns[-1] + 1 + right)
    return np.ascontiguousarray(ink[above:under, before:after])


def _round_a_tube(rng: Rng, ink: Grey) -> Grey:
    """Rows draw together towards the edges that turn away from the eye."""
    height, width = ink.shape
    most = float(rng.uniform(0.5, 0.97))
    middle = float(rng.normal(0, 0.25))
    seen = np.linspace(-most, most, height)
    angle = np.arcsin(np.clip(seen + middle * (1 - most), -0.995, 0.995))
    rows = (angle - angle[0]) / max(1e-6, float(angle[-1] - angle[0])) * (height - 1)
    map_y = np.broadcast_to(rows[:, None], (height, width)).astype(np.float32)
    map_x = np.broadcast_to(np.arange(width), (height, width)).astype(np.float32)
    return cv2.remap(ink, map_x, map_y, cv2.INTER_LINEAR)


def _out_of_focus(rng: Rng, ink: Grey) -> Grey:
    """Blurred, now and then along a stroke of the hand."""
    high = ink.shape[0]
    ink = cv2.GaussianBlur(ink, (0, 0), max(0.4, float(rng.beta(1.3, 2.6)) * BLUR * high))
    if rng.random() < 0.2:
        reach = max(2, round(float(rng.uniform(0.04, 0.16)) * high))
        kernel = np.zeros((2 * reach + 1,) * 2, np.float32)
        direction = float(rng.uniform(0, np.pi))
        ends = [
            (reach + s * np.cos(direction) * reach / 2, reach + s * np.sin(direction) * reach / 2)
            for s in (-1, 1)
        ]
        a, b = ((round(x), round(y)) for x, y in ends)
        cv2.line(kernel, a, b, 1.0, 1)
        ink = cv2.filter2D(ink, -1, kernel / kernel.sum())
    return ink


def _lit(rng: Rng, ink: Grey) -> Grey:
    """Ink on a ground whose edges lie in shade, light that falls off to one side."""
    height, width = ink.shape
    light = float(rng.uniform(110, 250))
    dark = light * float(rng.beta(1.6, 2.6)) * 0.85
    share = ink.astype(np.float32) / 255
    full = float(share.max())
    grey = light - (light - min(dark, light - 30)) * share / max(full, 0.3)
    y = np.linspace(-1, 1, height, dtype=np.float32) + np.float32(rng.normal(0, 0.4))
    x = np.linspace(-1, 1, width, dtype=np.float32)
    fall = np.ones((height, width), np.float32)
    if rng.random() < 0.6:
        deep, steep = float(rng.uniform(0, 0.65)), float(rng.choice((2, 3, 5)))
        fall *= (1 - deep * np.minimum(1, np.abs(y) ** steep))[:, None]
    fall *= (1 + float(rng.normal(0, 0.13)) * x)[None]
    if rng.random() < 0.3:  # a gleam along the tube
        at, wide = float(rng.uniform(-1, 1)), float(rng.uniform(0.1, 0.5))
        fall *= (1 + float(rng.uniform(0.05, 0.4)) * np.exp(-(((y - at) / wide) ** 2)))[:, None]
    return np.clip(grey * fall, 0, 255).astype(np.uint8)


def _sized(rng: Rng, grey: Grey) -> Grey:
    mean, spread, least, most = HEIGHT
    height = int(np.clip(round(float(np.exp(rng.normal(mean, spread)))), least, most))
    width = max(6, round(grey.shape[1] * height / grey.shape[0]))
    small = height < grey.shape[0]
    return cv2.resize(
        grey, (width, height), interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR
    )


def _grained(rng: Rng, grey: Grey) -> Grey:
    """Sensor noise, smoothed as phones do."""
    if rng.random() < 0.4:
        return grey
    grain = rng.normal(0, float(rng.uniform(0.5, 7)), grey.shape).astype(np.float32)
    if rng.random() < 0.6:
        grain = cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.6, 1.2)))
    return np.clip(grey + grain, 0, 255).astype(np.uint8)
