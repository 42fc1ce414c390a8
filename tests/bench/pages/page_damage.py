"""What happens to a page on its way: (rng, picture (H, W, 3), corners (N, 4, 2)) -> the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import cv2
import numpy as np

Rng = np.random.Generator
Damage = Callable[[Rng, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
DESK = (96, 84, 78)


def clean(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As it is."""
    return picture, quads


def moved(
    picture: np.ndarray, quads: np.ndarray, matrix: np.ndarray, size: tuple[int, int], rim: tuple
) -> tuple[np.ndarray, np.ndarray]:
    """Picture and corners under a 3x3 matrix."""
    warped = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_CUBIC, borderValue=rim)
    points = cv2.perspectiveTransform(quads.reshape(1, -1, 2), matrix).reshape(-1, 4, 2)
    return warped, points


def skew(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Laid on the glass at an angle of one to five degrees."""
    height, width = picture.shape[:2]
    angle = rng.uniform(1, 5) * rng.choice((-1, 1))
    matrix = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1), (0, 0, 1)])
    return moved(picture, quads, matrix, (width, height), (250, 250, 250))


def turned(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scanned on its side or upside down."""
    turns = int(rng.integers(1, 4))
    for _ in range(turns):
        quads = np.stack([quads[:, :, 1], picture.shape[1] - quads[:, :, 0]], axis=-1)
        picture = np.rot90(picture)
    return np.ascontiguousarray(picture), quads


def perspective(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Photographed from a little aside, on a desk."""
    height, width = picture.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    shift = rng.uniform(0.01, 0.05, (4, 2)) * (width, height)
    inward = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    matrix = cv2.getPerspectiveTransform(corners, (corners + shift * inward).astype(np.float32))
    return moved(picture, quads, matrix, (width, height), DESK)


def shadow(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Light that falls off to one side, and the edge of a hand's shadow."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    way = rng.uniform(0, 2 * np.pi)
    along = (x / width - 0.5) * np.cos(way) + (y / height - 0.5) * np.sin(way)
    edge = 1 / (1 + np.exp(-(along - rng.uniform(-0.2, 0.2)) * 60))
    light = (0.85 + 0.25 * along) * (1 - rng.uniform(0.3, 0.5) * edge)
    return (picture * light[:, :, None]).clip(0, 255).astype(np.uint8), quads


def noise(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bad copy: dark rim, punched holes, specks, grain."""
    picture = picture.copy()
    height, width = picture.shape[:2]
    left, below = int(rng.integers(6, 26)), int(rng.integers(4, 20))
    picture[:, :left] = 20
    picture[height - below :] = 30
    for y in (height // 3, 2 * height // 3):
        cv2.circle(picture, (48, y), 17, (30, 30, 30), -1)
    for _ in range(160):
        place = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(picture, place, int(rng.integers(1, 3)), (60, 60, 60), -1)
    grain = rng.normal(0, 9, (height, width, 1)).astype(np.float32)
    return (picture + grain).clip(0, 255).astype(np.uint8), quads


def phone(rng: Rng, picture: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Perspective, shadow, a soft lens and grain at once."""
    steps: tuple[Damage, ...] = (perspective, shadow)
    picture, quads = reduce(lambda state, step: step(rng, *state), steps, (picture, quads))
    soft = cv2.GaussianBlur(picture, (0, 0), 0.8)
    grain = rng.normal(0, 4, soft.shape).astype(np.float32)
    return (soft + grain).clip(0, 255).astype(np.uint8), quads


DAMAGES: dict[str, Damage] = {
    "clean": clean,
    "skew": skew,
    "turned": turned,
    "perspective": perspective,
    "shadow": shadow,
    "noise": noise,
    "phone": phone,
}
