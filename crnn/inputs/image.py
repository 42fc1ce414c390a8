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
from PIL import Image

from crnn import budget
from crnn.budget import MAX_ASPECT
from crnn.errors import ImageTooLarge, ImageTooSmall, NotAnImage, OcrError
from crnn.inputs import grey_levels, stamp_removal, tiff

Grey = NDArray[np.uint8]

Image.MAX_IMAGE_PIXELS = None  # ImageLimits hold, and say what the limit is
warnings.filterwarnings("ignore", module=r"PIL\b")  # damaged metadata warns, and is not our concern

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
MIN_SIDE = 6
JPEG, JPEG_SCAN, MAX_JPEG_SCANS = b"\xff\xd8\xff", b"\xff\xda", 200
"""A progressive JPEG may ask for a pass over the whole picture every ten bytes."""


@dataclass(frozen=True)
class ImageLimits:
    """The largest image taken; setting: what the service calls the limit of pixels."""

    max_bytes: int = 20_000_000
    max_pixels: int = 40_000_000
    max_aspect: int = MAX_ASPECT
    setting: str = "OCR_MAX_PIXELS"


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
        with budget.room_for(size[0] * size[1]):
            return _decoded(picture, file)
    except (MemoryError, OcrError):
        raise
    except Exception as exc:  # as above
        raise _not_an_image(begins) from exc


def _decoded(picture: Image.Image, file: IO[bytes]) -> Grey:
    """The grey levels (H, W) of an opened picture, red stamps lifted off."""
    if _has_stamps(picture):
        colour = _opened_again(picture, file)
        pixels = np.asarray(colour if colour.mode == "RGB" else colour.convert("RGB"))
        bare = stamp_removal.grey_without_stamps(pixels)
        if bare is not None:
            return grey_levels.upright(bare, colour)
        del pixels
    picture = _opened_again(picture, file)
    picture.draft("L", None)
    return grey_levels.grey_levels(picture)


def _not_an_image(begins: bytes) -> NotAnImage:
    known = ", ".join(FORMATS)
    return NotAnImage(f"no {known} that can be decoded; the bytes begin {begins.hex(' ')}")


def _has_stamps(picture: Image.Image) -> bool:
    """Whether a small copy of a colour picture shows red stamps; most have none."""
    if picture.mode not in ("RGB", "P") or "transparency" in picture.info:
        return False
    side = max(picture.size)
    picture.draft("RGB", (picture.width // 4, picture.height // 4))  # a JPEG is soon decoded so
    factor = max(1, side // stamp_removal.PREVIEW_SIDE) if max(picture.size) == side else 1
    small = grey_levels.reduced(picture, factor)
    return bool(stamp_removal.stamps(np.asarray(small, np.uint8)))


def _opened_again(picture: Image.Image, file: IO[bytes]) -> Image.Image:
    """A JPEG anew, which may have been decoded small; any other picture as it is."""
    if picture.format != "JPEG":
        return picture
    file.seek(0)
    return Image.open(file, formats=FORMATS)


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
        bare = stamp_removal.grey_without_stamps(pixels[:, :, ::-1])
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
            f"the limit is {limits.max_pixels / 1e6:g} megapixels ({limits.setting})"
        )
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmall(
            f"{width}x{height} pixels; a line needs at least {MIN_SIDE} in each direction"
        )
    if max(width, height) > limits.max_aspect * min(width, height):
        raise ImageTooLarge(
            f"{width}x{height} pixels; a line may be {limits.max_aspect} times as long as high"
        )
