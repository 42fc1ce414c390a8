"""Fonts as arrays: every glyph drawn once, kept on disk, shared by all renderers.

A line is then a matter of copying rectangles, which is what lets two cores both render and train.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTCollection, TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from charset import Charset
from crnn.train.data.font_files import font_rows

EM = 40
"""Pixels per em that glyphs are drawn at."""

VERSION = 1

HELD_OUT, HELD_OUT_LATIN = "held-out", "latin-held-out"
"""The kinds of fonts that no recipe trains on: pens with hanzi, and Latin print."""


@dataclass(frozen=True)
class Glyph:
    """One drawn character. ink: (h, w) uint8; left and top from the pen on the baseline, y down."""

    ink: NDArray[np.uint8]
    left: int
    top: int
    advance: float


class Face:
    """A font's glyphs of one charset."""

    def __init__(self, name: str, kind: str, weight: float, arrays: dict[str, NDArray]) -> None:
        self.name, self.kind, self.weight = name, kind, weight
        self._pixels = arrays["pixels"].view(np.ndarray)  # indexing a memmap costs twice as much
        self._boxes = arrays["boxes"].tolist()
        self._rows = {chr(code): row for row, code in enumerate(arrays["codes"].tolist())}
        self._drawn: dict[str, Glyph] = {}

    def __contains__(self, char: str) -> bool:
        return char in self._rows

    def chars(self) -> set[str]:
        """The characters this face can draw."""
        return set(self._rows)

    def glyph(self, char: str) -> Glyph:
        """The drawn character; KeyError where the face has none."""
        result = self._drawn.get(char)
        if result is None:
            start, height, width, left, top, advance = self._boxes[self._rows[char]]
            ink = self._pixels[start : start + height * width].reshape(height, width)
            result = self._drawn[char] = Glyph(ink, left, top, advance / 64)
        return result


def load_faces(fonts: Path, cache: Path, charset: Charset) -> list[Face]:
    """Every face of fonts.toml whose file is in `fonts`, drawn now or taken from the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    faces = []
    for row in font_rows():
        path = fonts / row["file"]
        if path.exists():
            arrays = _cached(path, row.get("index", 0), cache, charset)
            faces.append(Face(path.stem, row["kind"], row["weight"], arrays))
    if not faces:
        raise FileNotFoundError(
            f"no fonts in {fonts}; python -m crnn.train.data.fetch fetches them"
        )
    return faces


def _cached(path: Path, index: int, cache: Path, charset: Charset) -> dict[str, NDArray]:
    stat = path.stat()
    key = f"{VERSION} {EM} {index} {stat.st_size} {''.join(charset.classes)}"
    stem = f"{path.stem}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    names = ("codes", "boxes", "pixels")
    files = {name: cache / f"{stem}-{name}.npy" for name in names}
    if not all(file.exists() for file in files.values()):
        for name, array in draw(path, index, charset).items():
            scratch = cache / f"{stem}-{name}-{os.getpid()}.npy"
            np.save(scratch, array)
            scratch.replace(files[name])
    return {name: np.load(files[name], mmap_mode="r") for name in names}


def draw(path: Path, index: int, charset: Charset) -> dict[str, NDArray]:
    """Draw every character of the charset that the font covers.

    codes: (G,) code points. boxes: (G, 6) start in pixels, height, width, left, top, advance * 64.
    """
    font = ImageFont.truetype(str(path), EM, index=index, layout_engine=ImageFont.Layout.BASIC)
    codes, boxes, pixels, start = [], [], [], 0
    for char in charset.classes[1:]:
        if ord(char) not in coverage(path, index):
            continue
        left, top, right, bottom = font.getbbox(char, anchor="ls")
        width, height = max(0, right - left), max(0, bottom - top)
        ink = np.zeros((0, 0), np.uint8)
        if width and height:
            image = Image.new("L", (width, height))
            ImageDraw.Draw(image).text((-left, -top), char, 255, font, anchor="ls")
            ink = np.asarray(image)
        if char != " " and not ink.any():
            continue  # some fonts map characters to empty glyphs
        codes.append(ord(char))
        boxes.append((start, height, width, left, top, round(font.getlength(char) * 64)))
        pixels.append(ink.ravel())
        start += ink.size
    return {
        "codes": np.array(codes, np.int32),
        "boxes": np.array(boxes, np.int64),
        "pixels": np.concatenate(pixels),
    }


_COVERAGE: dict[tuple[Path, int], set[int]] = {}


def coverage(path: Path, index: int) -> set[int]:
    """The code points that a font file maps to a glyph."""
    key = (path, index)
    if key not in _COVERAGE:
        opened = TTCollection if path.suffix == ".ttc" else TTFont
        with opened(str(path), lazy=True) as font:
            face = font.fonts[index] if isinstance(font, TTCollection) else font
            _COVERAGE[key] = set(face.getBestCmap())
    return _COVERAGE[key]
