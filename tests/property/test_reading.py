"""Any bytes give a Page or a ReadError; threads and neighbours change nothing."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crnn.errors import ReadError
from crnn.read import ImageLimits, Page, Reader, ReadOptions
from crnn.read.session import Session
from tests.conftest import drawn, png
from tests.tiny import onnx_bytes

LIMITS = ImageLimits(max_bytes=200_000, max_pixels=400_000)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Session(onnx_bytes()), limits=LIMITS)


def reads_or_refuses(reader: Reader, data: bytes, mode: str) -> None:
    try:
        page = reader.read(data, ReadOptions(mode=mode))
    except ReadError as refusal:
        assert str(refusal)
    else:
        assert isinstance(page, Page)
        assert all(0 <= line.confidence <= 1 for line in page.lines)


MODES = st.sampled_from(["auto", "line", "page"])
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@QUIET
@given(data=st.binary(max_size=400), mode=MODES)
def test_any_bytes_give_a_page_or_a_read_error(reader, data, mode):
    reads_or_refuses(reader, data, mode)


@QUIET
@given(
    kind=st.sampled_from([".png", ".jpg", ".bmp", ".tiff", ".webp"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    keep=st.floats(0.05, 1.0),
    mode=MODES,
)
def test_damaged_image_files_give_a_page_or_a_read_error(reader, kind, changes, keep, mode):
    data = bytearray(cv2.imencode(kind, drawn())[1].tobytes())
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    reads_or_refuses(reader, bytes(data[: int(keep * len(data))]), mode)


@QUIET
@given(seed=st.integers(0, 2**31), height=st.integers(1, 90), width=st.integers(1, 500), mode=MODES)
def test_any_picture_gives_a_page_or_a_read_error(reader, seed, height, width, mode):
    rng = np.random.default_rng(seed)
    pixels = (rng.integers(0, 2, (height, width)) * rng.integers(0, 256)).astype(np.uint8)
    reads_or_refuses(reader, png(pixels), mode)


def test_concurrent_answers_are_the_serial_answers(reader):
    images = [png(drawn(str(n) * (1 + n % 30))) for n in range(64)]
    serial = [reader.read(image) for image in images]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(reader.read, images)) == serial


def test_a_line_is_read_the_same_whatever_was_read_before(reader):
    first = reader.read(png(drawn("12")))
    reader.read(png(drawn("9" * 80)))
    assert reader.read(png(drawn("12"))) == first
