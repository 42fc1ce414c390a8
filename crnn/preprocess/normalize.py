"""crop -> tensor: the only preprocessing there is.

Serving, validation, training and INT8 calibration all call `strip`, so that what is learned is what
is served. Its name and version are part of ModelSpec.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.spec import ModelSpec

Grey = NDArray[np.uint8]

WIDTH_STEPS: tuple[int, ...] = (*range(32, 513, 32), *range(576, 1025, 64))
"""Widths that lines are rendered for, in pixels, in training and calibration."""

MAX_WIDTH = WIDTH_STEPS[-1]
NARROW, COLUMNS = (32, 64), 8
"""Tensors have one of these widths or, wider, a whole number of COLUMNS: paper beside a line takes
time as ink does, and beside a character alone it helps."""
MIN_INK_WIDTH = 8
SIGNED = "signed"
"""The kind of preprocessing that keeps grey levels as the crop has them, as -1 to 1."""
MIDDLE_GREY = 128
"""What stands for no pixel at all there: a convolution's padding is 0, too."""
PAPER_QUANTILE, INK_QUANTILE = 0.90, 0.01
MIN_CONTRAST = 24.0
POLARITY_HEIGHT, AROUND = 16, 0.7
"""Ink is told from paper at that height in pixels, against the mean of so many heights around."""


def padded_width(width: int) -> int:
    """The smallest width that tensors have and that holds that many pixels."""
    for step in NARROW:
        if width <= step:
            return step
    return -(-width // COLUMNS) * COLUMNS


def scaled_width(height: int, width: int, spec: ModelSpec) -> int:
    """The width of a (height, width) crop once it stands spec.height high.

    Signed inputs are stretched to whole COLUMNS, by half of them at most: nothing is padded.
    """
    exact = width * spec.height / height
    if is_signed(spec):
        return max(2, round(exact / COLUMNS)) * COLUMNS
    return max(MIN_INK_WIDTH, round(exact))


def is_signed(spec: ModelSpec) -> bool:
    """Whether a model takes grey levels from -1, black, to 1, white."""
    return spec.preprocessing.partition("-")[0] == SIGNED


def empty_level(spec: ModelSpec) -> int:
    """The level of pixels that are added beside a strip."""
    return MIDDLE_GREY if is_signed(spec) else 0


def normalize_line(crop: Grey, spec: ModelSpec) -> Grey:
    """The crop at the model's height, at its own width: (K, h, w) uint8.

    Ink is bright on black paper; signed inputs have dark ink on light paper, its levels as they
    are. crop: (H, W) grey, of either polarity.
    """
    height, width = crop.shape
    size = (scaled_width(height, width, spec), spec.height)
    shrinks = height > spec.height and not is_signed(spec)
    grey = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    grey = dark_on_light(np.asarray(grey, np.uint8))
    planes = []
    kind = spec.preprocessing.partition("-")[0]
    if kind == SIGNED:
        planes.append(grey)
    if kind == "flat":
        planes.append(ink(flat_field(grey)))
    if kind in ("grey", "both"):
        planes.append(ink(grey))
    if kind in ("binary", "both"):
        planes.append(binarised(grey))
    return np.stack(planes)  # (K, h, w)


def pad_width(strip_: Grey, spec: ModelSpec) -> Grey:
    """A strip with paper added on its right, (K, h, w) -> (K, h, W): see `padded_width`."""
    channels, height, width = strip_.shape
    if is_signed(spec):
        return strip_
    padded = np.zeros((channels, height, padded_width(width)), np.uint8)
    padded[:, :, :width] = strip_
    return padded


def tensor(crop: Grey, spec: ModelSpec) -> NDArray[np.float32]:
    """What the network takes: (1, K, H, W) float32, W as padded."""
    return as_input(pad_width(normalize_line(crop, spec), spec), spec)


def as_input(padded: Grey, spec: ModelSpec) -> NDArray[np.float32]:
    """(K, H, W) uint8 -> (1, K, H, W) float32: 0 paper to 1 ink, or signed -1 black to 1 white."""
    scale, offset = input_scale(spec)
    scaled = padded[None].astype(np.float32) * np.float32(scale)
    return scaled + np.float32(offset) if offset else scaled


def input_scale(spec: ModelSpec) -> tuple[float, float]:
    """Factor and offset from a strip's levels to the network's input."""
    return (1 / 127.5, -1.0) if is_signed(spec) else (1 / 255, 0.0)


def dark_on_light(grey: Grey) -> Grey:
    """The image (H, W) with dark ink on light paper.

    Ink is the rarer side: against what lies around it, paper differs little and often, ink much and
    seldom. Taken against the whole image, uneven light would say instead which is which.
    """
    stride = max(1, grey.shape[0] // (2 * POLARITY_HEIGHT))
    small = np.ascontiguousarray(grey[::stride, ::stride])
    height, width = small.shape
    if height > POLARITY_HEIGHT:
        size = (max(1, round(width * POLARITY_HEIGHT / height)), POLARITY_HEIGHT)
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
    around = round(AROUND * small.shape[0]) | 1
    level = small.astype(np.float32)
    apart = (level - cv2.blur(level, (around, around), borderType=cv2.BORDER_REFLECT)).ravel()
    apart -= cv2.mean(apart)[0]
    skew = float(np.dot(apart * apart, apart))  # its sign is all that is asked for
    return np.asarray(cv2.bitwise_not(grey), np.uint8) if skew > 0 else grey


def flat_field(grey: Grey) -> Grey:
    """Dark-on-light grey with uneven light divided out: paper is what is left where ink is closed.

    (H, W) -> (H, W).
    """
    size = (grey.shape[0] // 2) | 1
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    light = cv2.blur(closed, (size, size), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.divide(grey, np.maximum(light, 1), scale=255), np.uint8)


def ink(grey: Grey) -> Grey:
    """Ink strength 0 to 255 of dark-on-light grey, stretched to the line's own contrast. (H, W)."""
    darkest, paper = quantiles(grey, INK_QUANTILE, PAPER_QUANTILE)
    contrast = max(paper - darkest, MIN_CONTRAST)
    levels = (paper - np.arange(256, dtype=np.float32)) * np.float32(255 / contrast)
    return np.asarray(cv2.LUT(grey, levels.clip(0, 255).astype(np.uint8)), np.uint8)


def binarised(grey: Grey) -> Grey:
    """Ink 255, paper 0, by a Gaussian adaptive threshold over one line height. (H, W)."""
    block = grey.shape[0] | 1
    mask = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, block, 10
    )
    return np.asarray(mask, np.uint8)


def paper_level(grey: Grey) -> int:
    """The grey of a crop's paper: its median, since ink is the lesser part."""
    return int(quantiles(grey, 0.5, 0.5)[0])


def quantiles(grey: Grey, low: float, high: float) -> tuple[float, float]:
    """The grey levels below which those shares of the pixels lie."""
    counts = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel(), dtype=np.int64)
    result = np.searchsorted(counts, (low * grey.size, high * grey.size))
    return float(result[0]), float(result[1])
