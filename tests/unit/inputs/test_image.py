import io

import numpy as np
import pytest
from PIL import Image

from crnn.errors import ImageTooLarge, ImageTooSmall, NotAnImage
from crnn.inputs.image import ImageLimits, grey_image
from tests.conftest import drawn, png

LIMITS = ImageLimits(max_bytes=1_000_000, max_pixels=1_000_000, max_aspect=100)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "PPM"])
def test_lossless_formats_give_the_very_pixels(kind):
    pixels = drawn()
    assert np.array_equal(grey_image(encoded(Image.fromarray(pixels), kind), LIMITS), pixels)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_formats_give_nearly_the_pixels(kind):
    pixels = drawn()
    found = grey_image(encoded(Image.fromarray(pixels), kind, quality=95), LIMITS)
    assert np.abs(found.astype(int) - pixels).mean() < 4


def test_transparency_lies_on_white():
    layered = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    assert grey_image(encoded(layered, "PNG"), LIMITS).min() == 255


def test_sixteen_bits_and_cmyk_are_brought_to_grey():
    deep = Image.fromarray(drawn().astype(np.uint16) * 257)
    assert np.abs(grey_image(encoded(deep, "PNG"), LIMITS).astype(int) - drawn()).max() <= 1
    inks = Image.fromarray(drawn()).convert("CMYK")
    assert grey_image(encoded(inks, "JPEG"), LIMITS).shape == drawn().shape


def test_a_picture_is_turned_as_its_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    found = grey_image(encoded(Image.fromarray(drawn()), "JPEG", exif=exif), LIMITS)
    assert found.shape == drawn().shape[::-1]


def test_the_header_is_measured_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    bomb = png(np.zeros((1, 1), np.uint8))
    bomb = bomb.replace(bomb[16:24], (30_000).to_bytes(4, "big") * 2)
    with pytest.raises((ImageTooLarge, NotAnImage)):
        grey_image(bomb, LIMITS)


def test_too_many_pixels_are_refused_with_the_limits_name():
    with pytest.raises(ImageTooLarge, match="OCR_MAX_PIXELS"):
        grey_image(png(np.zeros((1001, 1000), np.uint8)), LIMITS)


def test_too_many_bytes_are_refused_unread():
    with pytest.raises(ImageTooLarge, match="OCR_MAX_IMAGE_BYTES"):
        grey_image(b"\0" * 1_000_001, LIMITS)


def test_a_thread_of_pixels_is_refused_whatever_its_size():
    with pytest.raises(ImageTooLarge, match="as long as high"):
        grey_image(png(np.zeros((8, 900), np.uint8)), LIMITS)


def test_a_few_pixels_are_refused():
    with pytest.raises(ImageTooSmall):
        grey_image(png(np.zeros((3, 40), np.uint8)), LIMITS)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"%PDF-1.7"])
def test_what_is_no_image_is_said_to_be_none(data):
    with pytest.raises(NotAnImage):
        grey_image(data, LIMITS)


def test_a_cut_off_file_is_no_image():
    whole = png(drawn())
    with pytest.raises(NotAnImage):
        grey_image(whole[: len(whole) // 2], LIMITS)


@pytest.mark.parametrize(
    "pixels", [np.zeros((20, 20)), np.zeros((20, 20, 2), np.uint8), np.zeros(20, np.uint8)]
)
def test_arrays_of_another_kind_are_refused(pixels):
    with pytest.raises(NotAnImage, match="expected uint8"):
        grey_image(pixels, LIMITS)


def test_colour_arrays_become_grey():
    colour = np.dstack([drawn()] * 3)
    assert np.array_equal(grey_image(colour, LIMITS), drawn())
