"""Any bytes give a Page or a ReadError; threads and neighbours change nothing."""

import json
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crnn.errors import ReadError
from crnn.inputs.image import ImageLimits
from crnn.options import ReadOptions
from crnn.output import page_from_dict, page_to_dict
from crnn.page import Page
from crnn.reader import Reader
from crnn.recognize.session import Session
from tests.conftest import drawn, png
from tests.fixtures.papers import sheet
from tests.fixtures.tiny import onnx_bytes

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
FEW = settings(QUIET, max_examples=12)


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


@FEW
@given(
    texts=st.lists(st.text("0123456789", min_size=3, max_size=9), min_size=2, max_size=5),
    turns=st.integers(1, 3),
)
def test_a_page_turned_by_quarters_has_the_same_lines(zh_reader, texts, turns):
    upright = sheet(*texts)
    wish = ReadOptions(mode="page")
    plain = zh_reader.read(upright, wish)
    page = zh_reader.read(np.ascontiguousarray(np.rot90(upright, turns)), wish)
    assert len(page.lines) == len(plain.lines) == len(texts)
    assert all(0 <= x <= page.width and 0 <= y <= page.height for x, y in corners_of(page))
    if (page.turns + turns) % 4 == 0:  # digits such as 609 can be read on their heads
        assert [line.text for line in page.lines] == [line.text for line in plain.lines]


def corners_of(page: Page) -> list[tuple[float, float]]:
    return [corner for line in page.lines for corner in line.corners]


@FEW
@given(
    seed=st.integers(0, 2**31),
    corners=st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8),
    light=st.floats(0.2, 1.0),
    ruled=st.booleans(),
)
def test_any_page_in_any_place_and_light_is_read_or_refused(reader, seed, corners, light, ruled):
    rng = np.random.default_rng(seed)
    page = sheet(*("".join(map(str, rng.integers(0, 10, 6))) for _ in range(3)))
    height, width = page.shape
    if ruled:
        for y in range(30, height, 60):
            cv2.line(page, (10, y), (width - 10, y), 0, 2)
        cv2.line(page, (10, 30), (10, height - 30), 0, 2)
        cv2.line(page, (200, 30), (200, height - 30), 0, 2)
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = flat + (np.array(corners).reshape(4, 2) * (width, height)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(flat, moved.astype(np.float32))
    seen = cv2.warpPerspective(page, matrix, (width, height), borderValue=90)
    seen = (seen * np.linspace(light, 1, width)).astype(np.uint8)
    try:
        found = reader.read(seen, ReadOptions(mode="page"))
    except ReadError:
        return
    for line in found.lines:
        left, top, right, bottom = line.box
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    assert page_from_dict(json.loads(json.dumps(page_to_dict(found)))).tables == found.tables
