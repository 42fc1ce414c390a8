"""A filled form becomes a file: laid askew, stamped, shadowed, covered, copied, compressed.

All of it is drawn from one generator, so a seed gives the same bytes. Colours are BGR.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.forms.printing import BOLD, FONTS, Page, typed
from crnn.train.synth.text.text_sources import Rng

RED = (52, 44, 205)


@dataclass(frozen=True)
class Damage:
    """What may happen to a form: chances, and the greatest strength of what has one.

    shift in shares of the width, scale around 1, skew in degrees, corners in shares of the width
    (perspective); low, high: JPEG quality.
    """

    shift: float = 0.02
    scale: float = 0.04
    skew: float = 1.5
    corners: float = 0.0
    stamp: float = 0.25
    shadow: float = 0.15
    cover: float = 0.0
    copied: float = 0.15
    faxed: float = 0.0
    noise: float = 4.0
    low: int = 55
    high: int = 90


OFFICE = Damage()
"""A flat-bed or feeding scanner."""

ROUGH = Damage(0.05, 0.1, 4.0, 0.025, 0.4, 0.5, 0.15, 0.25, 0.15, 9.0, 30, 80)
"""A telephone's camera, a fax, a copy of a copy."""


SMALL = Damage(noise=1.5, low=28, high=40)
"""The office's scanner, set to files that may be committed."""


@dataclass(frozen=True)
class Scan:
    """A scanned form. image: (H, W, 3) BGR; matrix: (3, 3) from the blank's pixels to its own.

    harm: what happened to it, by name.
    """

    image: Page
    matrix: NDArray[np.float64]
    harm: tuple[str, ...]
    quality: int

    def jpeg(self) -> bytes:
        """The file."""
        return cv2.imencode(".jpg", self.image, (cv2.IMWRITE_JPEG_QUALITY, self.quality))[
            1
        ].tobytes()


def scanned(rng: Rng, page: Page, damage: Damage = OFFICE, fonts: Path = FONTS) -> Scan:
    """A page (H, W, 3) as a scanner of that kind gives it."""
    page, harm = page.copy(), []
    if rng.random() < damage.stamp:
        _stamp(rng, page, fonts)
        harm.append("stamp")
    matrix = _motion(rng, page.shape, damage)
    height, width = page.shape[:2]
    rim = (60,) * 3 if damage.corners and rng.random() < 0.5 else (255,) * 3
    page = cv2.warpPerspective(
        page, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=rim
    )
    if rng.random() < damage.cover:
        _cover(rng, page)
        harm.append("cover")
    if rng.random() < damage.shadow:
        page = _shadowed(rng, page)
        harm.append("shadow")
    page = _grained(rng, page, damage.noise)
    fate = rng.random()
    if fate < damage.faxed:
        page = _faxed(rng, page)
        harm.append("fax")
    elif fate < damage.faxed + damage.copied:
        page = _copied(rng, page)
        harm.append("copy")
    return Scan(page, matrix, tuple(harm), int(rng.integers(damage.low, damage.high + 1)))


def _motion(rng: Rng, shape: tuple[int, ...], damage: Damage) -> NDArray[np.float64]:
    """Shift, scale, skew, and where corners move, perspective. (3, 3)."""
    height, width = shape[:2]
    angle = float(np.clip(rng.normal(0, 0.5), -1, 1)) * damage.skew
    scale = 1 + damage.scale * float(rng.uniform(-1, 0.3))
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    matrix[:2, 2] += rng.uniform(-damage.shift, damage.shift, 2) * width
    if damage.corners:
        flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        moved = (
            flat + rng.uniform(-damage.corners, damage.corners, (4, 2)).astype(np.float32) * width
        )
        matrix = cv2.getPerspectiveTransform(flat, moved.astype(np.float32)) @ matrix
    return matrix


def _stamp(rng: Rng, page: Page, fonts: Path) -> None:
    """A round red seal with a star, a ring of signs and a line of text, uneven in its ink."""
    height, width = page.shape[:2]
    radius = int(rng.uniform(0.055, 0.085) * width)
    side = 2 * radius + 8
    seal = np.zeros((side, side), np.uint8)
    middle = side // 2
    cv2.circle(seal, (middle, middle), radius, 255, max(2, radius // 22), cv2.LINE_AA)
    star = [
        (middle + radius * r * np.sin(t), middle - radius * r * np.cos(t))
        for t, r in zip(np.arange(10) * np.pi / 5, (0.3, 0.12) * 5, strict=True)
    ]
    cv2.fillPoly(seal, [np.round(np.array(star)).astype(np.int32)], 255)
    for number, char in enumerate("示例有限公司专用章"):
        angle = np.radians(-120 + 30 * number)
        glyph = typed(fonts / BOLD, char, max(12, radius // 4))
        turn = cv2.getRotationMatrix2D(
            (glyph.shape[1] / 2, glyph.shape[0] / 2), -float(np.degrees(angle)), 1
        )
        glyph = cv2.warpAffine(glyph, turn, glyph.shape[::-1])
        x = round(middle + 0.78 * radius * np.sin(angle) - glyph.shape[1] / 2)
        y = round(middle - 0.78 * radius * np.cos(angle) - glyph.shape[0] / 2)
        part = seal[y : y + glyph.shape[0], x : x + glyph.shape[1]]
        np.maximum(part, glyph[: part.shape[0], : part.shape[1]], out=part)
    patches = cv2.resize(rng.uniform(0.35, 0.95, (6, 6)).astype(np.float32), (side, side))
    turn = cv2.getRotationMatrix2D((middle, middle), float(rng.uniform(-25, 25)), 1)
    ink = cv2.warpAffine((seal * patches).astype(np.uint8), turn, (side, side))
    x, y = rng.uniform(0.1, 0.85, 2) * (width, height) - radius
    _multiply(page, ink, (max(0, int(x)), max(0, int(y))))


def _multiply(page: Page, ink: NDArray[np.uint8], place: tuple[int, int]) -> None:
    """Red ink (h, w) over what is there: black stays black."""
    x, y = place
    part = page[y : y + ink.shape[0], x : x + ink.shape[1]]
    strength = ink[: part.shape[0], : part.shape[1], None] / np.float32(255)
    tint = np.array(RED, np.float32) / 255
    part[:] = np.round(part * (1 - strength * (1 - tint)))


def _cover(rng: Rng, page: Page) -> None:
    """A slip of paper or a finger over one edge."""
    height, width = page.shape[:2]
    half = rng.uniform(0.04, 0.09, 2) * width
    edge = rng.integers(4)
    along = float(rng.uniform(0.15, 0.85))
    spot = [
        (along * width, 0),
        (width, along * height),
        (along * width, height),
        (0, along * height),
    ]
    x, y = spot[int(edge)]
    colour = tuple(int(v) for v in rng.choice(((120, 220, 245), (150, 175, 215), (235, 235, 235))))
    corner, far = (int(x - half[0]), int(y - half[1])), (int(x + half[0]), int(y + half[1]))
    cv2.rectangle(page, corner, far, colour, -1)


def _shadowed(rng: Rng, page: Page) -> Page:
    """Uneven light, darker towards one side. (H, W, 3)."""
    coarse = rng.uniform(0.55, 1.0, (3, 3)).astype(np.float32)
    coarse[:, int(rng.integers(3))] = 1.0
    field = cv2.resize(coarse, (page.shape[1], page.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(page * np.clip(field, 0.4, 1)[..., None], 0, 255).astype(np.uint8)


def _grained(rng: Rng, page: Page, strength: float) -> Page:
    """Sensor noise on slightly blurred paper. (H, W, 3)."""
    page = cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.4, 0.4 + strength / 14)))
    grain = rng.normal(0, float(rng.uniform(0.3, 1)) * strength, page.shape[:2]).astype(np.float32)
    return np.clip(page * np.float32(0.98) + grain[..., None], 0, 255).astype(np.uint8)


def _copied(rng: Rng, page: Page) -> Page:
    """A photocopy: grey, hard, with specks. (H, W, 3)."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY).astype(np.float32)
    paper = cv2.GaussianBlur(cv2.dilate(grey, np.ones((25, 25))), (0, 0), 15)
    hard = np.clip((grey / paper - 0.45) * float(rng.uniform(1.6, 2.6)), 0, 1) * 255
    count = int(rng.integers(5, 60))
    ys, xs = rng.integers(0, grey.shape[0], count), rng.integers(0, grey.shape[1], count)
    for y, x in zip(ys, xs, strict=True):
        cv2.circle(hard, (int(x), int(y)), int(rng.integers(0, 3)), 40.0, -1)
    return cv2.cvtColor(hard.astype(np.uint8), cv2.COLOR_GRAY2BGR)


def _faxed(rng: Rng, page: Page) -> Page:
    """Two levels at fax resolution. (H, W, 3)."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    low = cv2.resize(grey, (int(width * 0.85), int(height * 0.7)), interpolation=cv2.INTER_AREA)
    local = cv2.GaussianBlur(low.astype(np.float32), (0, 0), 21)
    bits = np.where(low > local * float(rng.uniform(0.78, 0.88)), 255, 0).astype(np.uint8)
    back = cv2.resize(bits, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(back, cv2.COLOR_GRAY2BGR)
