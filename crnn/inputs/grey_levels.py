"""Pictures of any mode -> grey levels, a band of rows at a time.

A picture of forty megapixels takes up to 160 MB as its file says it; converted whole it would take
that three times more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

Grey = NDArray[np.uint8]

BAND_PIXELS = 1_000_000
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The values of EXIF's orientation."""


def grey_levels(picture: Image.Image) -> Grey:
    """The grey levels (H, W) of a picture as its EXIF turns it, transparency on white paper."""
    made = np.empty((picture.height, picture.width), np.uint8)
    of_band = _maker(picture)
    for top, band in bands(picture):
        made[top : top + band.height] = of_band(band)
    return upright(made, picture)


def upright(grey: Grey, picture: Image.Image) -> Grey:
    """Grey levels (H, W) of a picture, turned as its EXIF says."""
    way = TURNED.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return grey if way is None else np.asarray(Image.fromarray(grey).transpose(way), np.uint8)


def reduced(picture: Image.Image, factor: int) -> Image.Image:
    """A picture in RGB, smaller by a whole factor."""
    small = Image.new("RGB", (-(-picture.width // factor), -(-picture.height // factor)))
    for top, band in bands(picture, factor):
        small.paste(band.convert("RGB").reduce(factor), (0, top // factor))
    return small


def bands(picture: Image.Image, unit: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """The parts of a picture from the top, each a whole number of `unit` rows but for the last."""
    rows = max(1, BAND_PIXELS // max(1, picture.width * unit)) * unit
    for top in range(0, picture.height, rows):
        end = min(picture.height, top + rows)
        yield top, picture.crop((0, top, picture.width, end))


def _maker(picture: Image.Image) -> Callable[[Image.Image], Grey]:
    """What makes grey levels of a part of a picture."""
    if picture.mode.startswith("I;16"):
        return lambda band: (np.asarray(band) >> 8).astype(np.uint8)
    if picture.mode.startswith(("I", "F")):
        low, high = _range(picture)
        return lambda band: _stretched(band, low, high)
    return _flat


def _range(picture: Image.Image) -> tuple[float, float]:
    """The levels that become black and white: the range of 8 or 16 bits, or that of the picture."""
    ends = [(float(part.min()), float(part.max())) for part in map(_shallow, _parts(picture))]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    if low >= 0 and 255 < high <= 65535:
        return 0.0, 65535.0
    return (0.0, 255.0) if low >= 0 and high <= 255 else (low, high)


def _parts(picture: Image.Image) -> Iterator[Image.Image]:
    return (band for _, band in bands(picture))


def _shallow(band: Image.Image) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(band).astype(np.float32))


def _stretched(band: Image.Image, low: float, high: float) -> Grey:
    levels = _shallow(band)
    levels -= low
    levels *= 255 / max(high - low, 1e-9)
    return levels.clip(0, 255).astype(np.uint8)


def _flat(band: Image.Image) -> Grey:
    if band.mode == "CMYK":
        band = band.convert("RGB")
    if "A" not in band.getbands() and "transparency" not in band.info:
        return np.asarray(band.convert("L"), np.uint8)
    layered = band.convert("LA" if band.mode == "LA" else "RGBA")
    paper = Image.new("L", layered.size, 255)
    shown = Image.composite(layered.convert("L"), paper, layered.getchannel("A"))
    return np.asarray(shown, np.uint8)
