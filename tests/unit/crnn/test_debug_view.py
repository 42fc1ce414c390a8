"""What people are shown of preprocessing is what the network gets."""

import numpy as np
import pytest

from crnn.debug_view import network_inputs
from crnn.errors import ReadError
from crnn.preprocess.normalize import as_input, pad_width
from crnn.reader import Reader
from crnn.recognize.session import Session
from tests.conftest import drawn
from tests.fixtures.papers import sheet
from tests.fixtures.tiny import onnx_bytes


@pytest.fixture
def given(monkeypatch):
    """A reader, and every tensor that its network was given."""
    reader, tensors = Reader(Session(onnx_bytes())), []
    run = reader._run

    def kept(tensor):
        tensors.append(tensor)
        return run(tensor)

    monkeypatch.setattr(reader, "_run", kept)
    return reader, tensors


@pytest.mark.parametrize("image", [drawn("2026"), 255 - drawn("2026", 60), drawn("12")[::-1, ::-1]])
def test_a_line_is_shown_as_the_network_gets_it(given, image):
    reader, tensors = given
    (line,) = network_inputs(reader, image, "line")
    assert line.box == (0, 0, image.shape[1], image.shape[0])
    assert any(
        np.array_equal(as_input(pad_width(line.ink, reader.spec), reader.spec), tensor)
        for tensor in tensors
    )


def test_every_line_of_a_page_is_shown_in_the_order_it_is_read(given):
    reader, tensors = given
    page = sheet("2026", "1234", "99")
    shown = network_inputs(reader, page, "page")
    assert [line.box for line in shown] == [line.box for line in reader.read(page).lines]
    for line in shown:
        assert any(
            np.array_equal(as_input(pad_width(line.ink, reader.spec), reader.spec), tensor)
            for tensor in tensors
        )


def test_planes_of_a_strip_stand_one_under_the_other(given):
    reader, _ = given
    (line,) = network_inputs(reader, drawn("2026"), "line")
    planes, height, width = line.ink.shape
    assert line.picture.shape == (planes * height, width)
    assert np.array_equal(line.picture[:height], line.ink[0])


def test_a_mode_that_there_is_not_is_refused(given):
    with pytest.raises(ReadError, match="mode"):
        network_inputs(given[0], drawn("1"), "odd")
