"""A drawn line -> what a scanner or a camera makes of it.

Every step is cheap (OpenCV or one pass of NumPy over some ten thousand pixels) and taken by chance;
the strengths scale with `severity`, 0 for clean print to 1 for the full range.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.damage import label_photo
from crnn.train.synth.damage.background import clutter
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.text.text_sources import Rng, is_latin

Grey = NDArray[np.uint8]

_NOISE = np.random.default_rng(0).normal(0, 1, 1 << 20).astype(np.float32)


COARSE_HANZI, COARSE_LATIN = (22.0, 14), (17.0, 11)
"""How high a line is on a page of 100 dpi: about, and at least, in pixels."""

COARSE_BILEVEL, COARSE_BEARS = 0.4, 0.6
"""How many lines of such a page were scanned in two levels before it was made smaller, and how much
of the other damage they bear."""

FAXED = 0.4
"""How many lines in two levels came by fax."""

FAX_ROWS_HANZI, FAX_ROWS_LATIN = 22.0, 13.0
"""How many rows of a fax a line is high, about."""


def scan(
    rng: Rng, drawn: Drawn, severity: float, coarse: float = 0.0, labels: float = 0.0
) -> tuple[Grey, NDArray[np.float32]]:
    """A grey crop (H, W) of the line, of either polarity, and its centres (L,) in its pixels.

    coarse: the share of lines that stand on a page of 100 dpi, whatever else befell it; labels:
    the share of short Latin ones that are photographed labels instead.
    """
    if label_photo.can_be(drawn.text) and rng.random() < labels:
        grey = label_photo.photograph(rng, drawn.ink)
        return grey, drawn.centres * np.float32(grey.shape[1] / max(1, drawn.ink.shape[1]))
    ink = clipped(rng, clutter(rng, drawn.ink, severity), severity)
    is_coarse = coarse > 0 and rng.random() < coarse
    severity *= COARSE_BEARS if is_coarse else 1.0
    height = _coarse_height(rng, drawn.text) if is_coarse else _height(rng, severity)
    spread = 0.10 if rng.random() < 0.8 else 0.28  # condensed and extended settings, fax pixels
    aspect = float(np.exp(rng.normal(0, spread * severity)))
    width = max(4, round(ink.shape[1] * height / ink.shape[0] * aspect))
    ink = bend(rng, ink, severity)
    if rng.random() < (COARSE_BILEVEL if is_coarse else 0.14 * severity):
        faxed = rng.random() < FAXED
        rows = FAX_ROWS_LATIN if is_latin(drawn.text) else FAX_ROWS_HANZI
        ink = facsimile(rng, ink, rows) if faxed else bilevel(rng, ink)
    small = height < ink.shape[0]
    ink = cv2.resize(
        ink, (width, height), interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR
    )
    centres = drawn.centres * np.float32(width / max(1, drawn.ink.shape[1]))
    return degrade(rng, ink, severity), centres


def _coarse_height(rng: Rng, text: str) -> int:
    middle, least = COARSE_LATIN if is_latin(text) else COARSE_HANZI
    return max(least, round(middle * float(np.exp(rng.normal(0, 0.22)))))


def _height(rng: Rng, severity: float) -> int:
    if rng.random() > severity:
        return int(rng.integers(28, 56))
    return int(np.clip(round(float(np.exp(rng.normal(3.28, 0.38)))), 14, 64))


def clipped(rng: Rng, ink: Grey, severity: float) -> Grey:
    """A crop set too high or too low: the top or the foot of the line is missing. (H, W)."""
    if rng.random() > 0.08 * severity:
        return ink
    lost = round(ink.shape[0] * float(rng.uniform(0.05, 0.25)))
    return ink[lost:] if rng.random() < 0.5 else ink[: ink.shape[0] - lost]


def bend(rng: Rng, ink: Grey, severity: float) -> Grey:
    """Skew, slant, and now and then a curved page. (H, W)."""
    if rng.random() > 0.55 * severity:
        return ink
    height, width = ink.shape
    slant = float(rng.normal(0, 0.07)) if rng.random() < 0.7 else float(rng.normal(0, 0.2))
    # How far the ends leave the middle's level, in heights: skewed pages cut long lines there.
    ends = float(np.clip(rng.normal(0, 0.05 if rng.random() < 0.5 else 0.17), -0.34, 0.34))
    rise = 2 * ends * height / max(width, 3 * height)
    kind = rng.random()
    if kind < 0.12:
        return _curve(rng, ink)
    if kind < 0.24:
        return _tilted_away(rng, ink)
    matrix = np.array([[1, -slant, slant * height / 2], [rise, 1, -rise * width / 2]], np.float32)
    return cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)


def _curve(rng: Rng, ink: Grey) -> Grey:
    height, width = ink.shape
    x = np.arange(width, dtype=np.float32)
    phase, waves = rng.uniform(0, 6.28), rng.uniform(0.3, 1.5)
    lift = (0.07 * height * np.sin(phase + waves * 6.28 * x / max(width, 8 * height))).astype(
        np.float32
    )
    map_y = np.arange(height, dtype=np.float32)[:, None] + lift[None]
    map_x = np.broadcast_to(x, (height, width)).astype(np.float32)
    return cv2.remap(ink, map_x, map_y, cv2.INTER_LINEAR)


def _tilted_away(rng: Rng, ink: Grey) -> Grey:
    """A label photographed from the side: one end smaller than the other. (H, W)."""
    height, width = ink.shape
    near, far = (float(v) for v in rng.uniform(-0.04, 0.28, 2) * height)
    slant = float(rng.normal(0, 0.15)) * height
    seen = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    if rng.random() < 0.5:
        shown = [[slant, near], [width + slant, 0], [width, height], [0, height - far]]
    else:
        shown = [[slant, 0], [width + slant, near], [width, height - far], [0, height]]
    matrix = cv2.getPerspectiveTransform(seen, np.array(shown, np.float32))
    return cv2.warpPerspective(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)


def degrade(rng: Rng, ink: Grey, severity: float) -> Grey:
    """Ink (bright on black) -> grey paper, through the damages in their physical order. (H, W)."""
    ink = _by_chance(rng, ink, 0.75 * severity, soften)
    grey = paper(rng, ink, severity)
    grey = _by_chance(rng, grey, 0.25 * severity, shade)
    grey = _by_chance(rng, grey, 0.55 * severity, noise)
    grey = _by_chance(rng, grey, 0.10 * severity, coarsen)
    grey = _by_chance(rng, grey, 0.10 * severity, photocopy)
    grey = _by_chance(rng, grey, 0.15 * severity, soften)
    grey = _by_chance(rng, grey, 0.18 * severity, jpeg)
    return cv2.bitwise_not(grey) if rng.random() < 0.05 else grey


def _by_chance(rng: Rng, grey: Grey, chance: float, step: Callable[[Rng, Grey], Grey]) -> Grey:
    return step(rng, grey) if rng.random() < chance else grey


def soften(rng: Rng, grey: Grey) -> Grey:
    """Optical blur, up to a few per cent of the line's height; sometimes along one axis. (H, W)."""
    sigma = float(rng.beta(1.2, 2.6)) * 0.07 * grey.shape[0]
    if rng.random() < 0.12:
        size = 1 + 2 * round(sigma)
        return cv2.blur(grey, (size, 1) if rng.random() < 0.5 else (1, size))
    return cv2.GaussianBlur(grey, (0, 0), max(sigma, 0.25))


def paper(rng: Rng, ink: Grey, severity: float) -> Grey:
    """Grey levels of paper and ink, at least 40 levels apart. (H, W)."""
    light = float(rng.uniform(255 - 120 * severity, 255))
    dark = float(rng.uniform(0, 110 * severity + 10)) if rng.random() < 0.8 else light - 40.0
    dark = min(dark, light - 40)
    gamma = float(np.exp(rng.normal(0, 0.25 * severity)))
    levels = light - (light - dark) * (np.arange(256, dtype=np.float32) / 255) ** gamma
    return cv2.LUT(ink, levels.clip(0, 255).astype(np.uint8))


def shade(rng: Rng, grey: Grey) -> Grey:
    """Uneven light: a smooth field over the crop. (H, W)."""
    strength = _contrast(grey) * float(rng.uniform(0.03, 0.22))
    coarse = rng.normal(0, strength, (2, int(rng.integers(2, 7)))).astype(np.float32)
    field = cv2.resize(coarse, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(grey + field, 0, 255).astype(np.uint8)


def noise(rng: Rng, grey: Grey) -> Grey:
    """Sensor and paper grain. (H, W)."""
    start = int(rng.integers(_NOISE.size - grey.size)) if grey.size < _NOISE.size else 0
    grain = np.resize(_NOISE[start : start + grey.size], grey.shape)
    if rng.random() < 0.3:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * 1.8
    strength = np.float32(_contrast(grey) * rng.uniform(0.005, 0.10))
    return np.clip(grey + grain * strength, 0, 255).astype(np.uint8)


def _contrast(grey: Grey) -> float:
    low, high, _, _ = cv2.minMaxLoc(grey)
    return float(high - low)


def coarsen(rng: Rng, grey: Grey) -> Grey:
    """A scan at too low a resolution, enlarged again. (H, W)."""
    height, width = grey.shape
    scale = float(rng.uniform(0.45, 0.9))
    size = (max(4, round(width * scale)), max(10, round(height * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    back = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
    return cv2.resize(small, (width, height), interpolation=back)


def photocopy(rng: Rng, grey: Grey) -> Grey:
    """Fax or photocopy: grain, then a hard threshold that thins or fattens the strokes. (H, W)."""
    grained = noise(rng, grey)
    low, high = (
        float(level) for level in np.percentile(grained[:: max(1, grey.shape[0] // 16)], (2, 90))
    )
    level = low + (high - low) * float(rng.uniform(0.35, 0.72))
    return np.where(grained > level, 255, 0).astype(np.uint8)


def bilevel(rng: Rng, ink: Grey) -> Grey:
    """Scanned in two levels at full resolution, before anything made it smaller. (H, W)."""
    worn = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.6, 2.2)))
    if rng.random() < 0.6:
        worn = noise(rng, worn)
    level = int(rng.uniform(0.25, 0.55) * max(int(worn.max()), 60))
    return cv2.threshold(worn, level, 255, cv2.THRESH_BINARY)[1]


def facsimile(rng: Rng, ink: Grey, rows: float) -> Grey:
    """Sent by fax: few rows, more columns, two levels or nearly. (H, W).

    A stroke along a row is as thick as one row or is lost, one across rows stays as it was (ITU-T
    T.4 has 98 rows to 204 columns an inch at its standard resolution). rows: how many the line
    has, about.
    """
    height, width = ink.shape
    count = float(np.clip(rows * np.exp(rng.normal(0, 0.3)), 0.6 * rows, 2 * rows))
    finer = float(rng.uniform(1.0, 2.2))
    size = (max(8, round(width * count * finer / height)), max(8, round(count)))
    worn = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.3, 1.5)))
    small = cv2.resize(worn, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.6:
        small = noise(rng, small)
    dark = max(float(np.percentile(small, 98)), 60.0)
    level, grey = dark * float(rng.uniform(0.25, 0.7)), dark * float(rng.uniform(0.01, 0.25))
    sent = ((small.astype(np.float32) - level) / grey + 0.5).clip(0, 1) * 255
    back = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    return cv2.resize(sent.astype(np.uint8), (width, height), interpolation=back)


def jpeg(rng: Rng, grey: Grey) -> Grey:
    """One generation of JPEG. (H, W)."""
    quality = int(rng.integers(12, 75))
    ok, data = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if ok else grey
