"""A drawn line -> what a scanner or a camera makes of it.

Every step is cheap (OpenCV or one pass of NumPy over some ten thousand pixels) and taken by chance;
the strengths scale with `severity`, 0 for clean print to 1 for the full range.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth import Drawn
from crnn.train.text import Rng

Grey = NDArray[np.uint8]

_NOISE = np.random.default_rng(0).normal(0, 1, 1 << 20).astype(np.float32)


def scan(rng: Rng, drawn: Drawn, severity: float) -> tuple[Grey, NDArray[np.float32]]:
    """A grey crop (H, W) of the line, of either polarity, and its centres (L,) in its pixels."""
    ink = rules(rng, drawn.ink, severity)
    height = _height(rng, ink.shape[0], severity)
    aspect = float(np.exp(rng.normal(0, 0.10 * severity)))
    width = max(4, round(ink.shape[1] * height / ink.shape[0] * aspect))
    ink = bend(rng, ink, severity)
    small = height < ink.shape[0]
    ink = cv2.resize(
        ink, (width, height), interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR
    )
    centres = drawn.centres * np.float32(width / max(1, drawn.ink.shape[1]))
    return degrade(rng, ink, severity), centres


def _height(rng: Rng, drawn: int, severity: float) -> int:
    if rng.random() > severity:
        return int(rng.integers(28, 56))
    return int(np.clip(round(float(np.exp(rng.normal(3.28, 0.38)))), 14, 64))


def rules(rng: Rng, ink: Grey, severity: float) -> Grey:
    """Underlines, box edges and cell rules, at the rim of the crop or through its foot. (H, W)."""
    if rng.random() > 0.22 * severity:
        return ink
    ink = ink.copy()
    height, width = ink.shape
    strength = int(rng.integers(110, 256))
    for _ in range(int(rng.integers(1, 3))):
        thick = int(rng.integers(1, 4))
        if rng.random() < 0.65:
            at = float(rng.choice((rng.uniform(0.86, 1.0), rng.uniform(0.0, 0.08))))
            y = min(height - 1, int(at * height))
            tilt = int(rng.integers(-2, 3))
            x0, x1 = 0, width
            if rng.random() < 0.3:
                x0, x1 = sorted(int(x) for x in rng.integers(0, width + 1, 2))
            if rng.random() < 0.2:
                for x in range(x0, x1, 4):
                    ink[y : y + thick, x : x + 2] = strength
            else:
                cv2.line(ink, (x0, y), (x1, y + tilt), strength, thick)
        else:
            x = int(rng.choice((rng.integers(0, 4), width - 1 - rng.integers(0, 4))))
            cv2.line(ink, (x, 0), (x, height), strength, thick)
    return ink


def bend(rng: Rng, ink: Grey, severity: float) -> Grey:
    """Skew, slant, and now and then a curved page. (H, W)."""
    if rng.random() > 0.55 * severity:
        return ink
    height, width = ink.shape
    slant = float(rng.normal(0, 0.07)) if rng.random() < 0.7 else float(rng.normal(0, 0.2))
    # How far the ends leave the middle's level, in heights: skewed pages cut long lines there.
    ends = float(np.clip(rng.normal(0, 0.05 if rng.random() < 0.5 else 0.17), -0.34, 0.34))
    rise = 2 * ends * height / max(width, 3 * height)
    if rng.random() < 0.12:
        return _curve(rng, ink)
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


def jpeg(rng: Rng, grey: Grey) -> Grey:
    """One generation of JPEG. (H, W)."""
    quality = int(rng.integers(12, 75))
    ok, data = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if ok else grey
