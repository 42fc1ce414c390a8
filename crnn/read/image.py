"""bytes -> image: one grey picture (H, W) uint8 within limits, whatever was sent.

The header is read first: nothing is decoded whose pixels exceed the limit. Every error of the
decoding library becomes a ReadError here and nowhere else.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from crnn.errors import ImageTooLarge, ImageTooSmall, NotAnImage
from crnn.read import stamps, tiff

Grey = NDArray[np.uint8]

Image.MAX_IMAGE_PIXELS = None  # ImageLimits hold, and say what the limit is
warnings.filterwarnings("ignore", module=r"PIL\b")  # damaged metadata warns, and is not our concern

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
MIN_SIDE = 6
JPEG, JPEG_SCAN, MAX_JPEG_SCANS = b"\xff\xd8\xff", b"\xff\xda", 200
"""A progressive JPEG may ask for a pass over the whole picture every ten bytes."""


@dataclass(frozen=True)
class ImageLimits:
    """The largest image taken; the names in brackets are the settings of the service."""

    max_bytes: int = 20_000_000
    max_pixels: int = 40_000_000
    max_aspect: int = 400


def grey_image(source: bytes | NDArray[np.uint8], limits: ImageLimits) -> Grey:
    """The image (H, W) as grey levels.

    source: an encoded file, or pixels (H, W), (H, W, 3) BGR or (H, W, 4) BGRA uint8 as OpenCV has
    them.
    Raises: NotAnImage, ImageTooLarge, ImageTooSmall.
    """
    if not isinstance(source, bytes | bytearray | memoryview | np.ndarray):
        raise NotAnImage(
            f"{type(source).__name__}; expected the bytes of an image file, or an array"
        )
    if isinstance(source, np.ndarray):
        check_size(*_array_size(source), limits)
        return _grey_array(source)
    return decode(bytes(source), limits)


def decode(data: bytes, limits: ImageLimits) -> Grey:
    """The first picture (H, W) of a file, turned as its EXIF says, transparency on white."""
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(
            f"{len(data)} bytes; the limit is {limits.max_bytes} (OCR_MAX_IMAGE_BYTES)"
        )
    if not data:
        raise NotAnImage("no bytes where an image was expected")
    if data.startswith(JPEG) and data.count(JPEG_SCAN) > MAX_JPEG_SCANS:
        raise NotAnImage(f"a JPEG of over {MAX_JPEG_SCANS} scans; pictures have a dozen")
    if tiff.is_tiff(data):
        tiff.directories(data, 1)
    return decode_file(io.BytesIO(data), data[:8], limits)


def decode_file(file: IO[bytes], begins: bytes, limits: ImageLimits) -> Grey:
    """The picture (H, W) that an open file holds; begins: its first bytes, for the message.

    Raises: NotAnImage, ImageTooLarge, ImageTooSmall.
    """
    try:
        picture: Image.Image = Image.open(file, formats=FORMATS)
        size = picture.size
    except Exception as exc:  # decoders raise nearly anything on damaged files
        raise _not_an_image(begins) from exc
    check_size(*size, limits)
    try:
        if _has_stamps(picture):
            colour = ImageOps.exif_transpose(_opened_again(picture, file)).convert("RGB")
            bare = stamps.grey_without_stamps(np.asarray(colour))
            if bare is not None:
                return bare
        picture = _opened_again(picture, file)
        picture.draft("L", None)
        return np.asarray(_flat_grey(picture), np.uint8)
    except MemoryError:
        raise
    except Exception as exc:  # as above
        raise _not_an_image(begins) from exc


def _not_an_image(begins: bytes) -> NotAnImage:
    known = ", ".join(FORMATS)
    return NotAnImage(f"no {known} that can be decoded; the bytes begin {begins.hex(' ')}")


def _flat_grey(picture: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith(("I", "F")):
        return _from_deep(turned)
    if turned.mode == "CMYK":
        turned = turned.convert("RGB")
    if "A" not in turned.getbands() and "transparency" not in turned.info:
        return turned.convert("L")
    layered = turned.convert("LA" if turned.mode == "LA" else "RGBA")
    paper = Image.new("L", layered.size, 255)
    return Image.composite(layered.convert("L"), paper, layered.getchannel("A"))


def _has_stamps(picture: Image.Image) -> bool:
    """Whether a small copy of a colour picture shows red stamps; most have none."""
    if picture.mode not in ("RGB", "P") or "transparency" in picture.info:
        return False
    side = max(picture.size)
    picture.draft("RGB", (picture.width // 4, picture.height // 4))  # a JPEG is soon decoded so
    small = picture.convert("RGB")
    if max(small.size) == side:
        small = small.reduce(max(1, side // stamps.SEEN_SIDE))
    return bool(stamps.stamps(np.asarray(small, np.uint8)))


def _opened_again(picture: Image.Image, file: IO[bytes]) -> Image.Image:
    """A JPEG anew, which may have been decoded small; any other picture as it is."""
    if picture.format != "JPEG":
        return picture
    file.seek(0)
    return Image.open(file, formats=FORMATS)


def _from_deep(picture: Image.Image) -> Image.Image:
    """16-bit levels by their upper byte, other deep ones stretched over the range they use."""
    levels = np.asarray(picture)
    if picture.mode.startswith("I;16"):
        return Image.fromarray((levels >> 8).astype(np.uint8))
    shallow = np.nan_to_num(levels.astype(np.float32))
    low, high = float(shallow.min()), float(shallow.max())
    if low >= 0 and 255 < high <= 65535:
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    shallow -= low
    shallow *= 255 / max(high - low, 1e-9)
    return Image.fromarray(shallow.clip(0, 255).astype(np.uint8))


def _array_size(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    planes = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or planes not in (1, 3, 4):
        raise NotAnImage(
            f"an array of {pixels.dtype} {pixels.shape}; "
            "expected uint8 (H, W), (H, W, 3) or (H, W, 4)"
        )
    return pixels.shape[1], pixels.shape[0]


def _grey_array(pixels: NDArray[np.uint8]) -> Grey:
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    if pixels.shape[2] == 1:
        return np.ascontiguousarray(pixels[:, :, 0])
    if pixels.shape[2] == 3:
        bare = stamps.grey_without_stamps(pixels[:, :, ::-1])
        if bare is not None:
            return bare
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGRA2GRAY).astype(np.uint16)
    opaque = pixels[:, :, 3].astype(np.uint16)
    return np.asarray((grey * opaque + 255 * (255 - opaque)) // 255, np.uint8)


def check_size(width: int, height: int, limits: ImageLimits) -> None:
    """Refuse what is larger or smaller than an image may be.

    Raises: ImageTooLarge, ImageTooSmall.
    """
    if width * height > limits.max_pixels:
        raise ImageTooLarge(
            f"{width}x{height} pixels; "
            f"the limit is {limits.max_pixels / 1e6:g} megapixels (OCR_MAX_PIXELS)"
        )
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmall(
            f"{width}x{height} pixels; a line needs at least {MIN_SIDE} in each direction"
        )
    if max(width, height) > limits.max_aspect * min(width, height):
        raise ImageTooLarge(
            f"{width}x{height} pixels; a line may be {limits.max_aspect} times as long as high"
        )
