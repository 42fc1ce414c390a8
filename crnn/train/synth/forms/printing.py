"""Printing: a design as a blank page, and text in the fonts that training uses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from crnn.train.synth.fonts.glyphs import coverage
from crnn.train.synth.forms.design import Design, Print

Ink = NDArray[np.uint8]
Page = NDArray[np.uint8]

FONTS = Path("runs/sources/fonts")
TEXT, BOLD = "FandolSong-Regular.otf", "FandolHei-Bold.otf"
TYPED = (
    "FandolSong-Regular.otf", "FandolFang-Regular.otf", "FandolHei-Regular.otf",
    "FandolKai-Regular.otf", "LXGWWenKai-Regular.ttf", "wqy-zenhei.ttc", "uming.ttc",
)  # fmt: skip
"""What forms are filled in on a printer or on a screen."""

BLACK = 40


def blank_page(design: Design, fonts: Path = FONTS) -> Page:
    """The empty form. (H, W, 3) BGR."""
    width, height = design.size
    page = np.full((height, width, 3), 255, np.uint8)
    if design.waves:
        _waves(page)
    for rule in design.rules:
        left, top, right, bottom = rule.box
        cv2.rectangle(page, (left, top), (right, bottom), (BLACK,) * 3, rule.thick)
    for text in design.prints:
        _print(page, text, fonts)
    return page


def _print(page: Page, text: Print, fonts: Path) -> None:
    left, top, right, bottom = text.box
    name, size = (BOLD if text.bold else TEXT), text.size
    ink = typed(fonts / name, text.text, size)
    while ink.shape[1] > right - left and size > 12:
        size -= 1
        ink = typed(fonts / name, text.text, size)
    x = left + (right - left - ink.shape[1]) // 2 if text.centred else left
    lay(page, ink, (x, (top + bottom - ink.shape[0]) // 2), (BLACK,) * 3)


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def typed(path: Path, text: str, size: int) -> Ink:
    """A line of print, bright on black, 1.3 of its size high. (H, W)."""
    font = _font(path, size)
    width = max(1, round(font.getlength(text)))
    image = Image.new("L", (width, round(1.3 * size)))
    ImageDraw.Draw(image).text((0, 1.02 * size), text, 255, font, anchor="ls")
    return np.asarray(image)


def can_set(path: Path, text: str) -> bool:
    """Whether a font has every character of a text."""
    return {ord(char) for char in text if char != " "} <= coverage(path, 0)


def lay(page: Page, ink: Ink, place: tuple[int, int], colour: tuple[int, ...]) -> None:
    """Put ink (h, w), bright on black, on a page (H, W, 3) at (x, y); what hangs over is lost."""
    x, y = place
    left, top = max(0, x), max(0, y)
    part = page[top : y + ink.shape[0], left : x + ink.shape[1]]
    if not part.size:
        return
    strength = ink[top - y :, left - x :][: part.shape[0], : part.shape[1], None] / np.float32(255)
    part[:] = np.round(part * (1 - strength) + np.array(colour, np.float32) * strength)


def _waves(page: Page) -> None:
    """The fine coloured lines of a cheque's paper."""
    height, width = page.shape[:2]
    x = np.arange(0, width + 8, 8)
    for start in range(-20, height + 20, 11):
        y = start + 6 * np.sin(x / 37 + start)
        track = np.stack([x, y], -1)
        cv2.polylines(
            page, [np.round(track * 16).astype(np.int32)], False, (232, 226, 214), 1, 16, 4
        )
