"""LCNet: what goes in and out, and its graph."""

import numpy as np
import pytest
import torch

from charset import BLANK
from crnn.preprocess.normalize import as_input, normalize_line
from crnn.recognize.session import Session
from crnn.spec import ModelSpec
from crnn.train.models.crnn import Crnn, NetShape
from crnn.train.models.lcnet import CHANNELS, HEIGHT, STRIDE, LCNet
from export.to_onnx import to_onnx
from tests.conftest import drawn

SPEC = ModelSpec("t", "zh", (BLANK, *"0123456789"), HEIGHT, STRIDE, "signed-1")
SHAPE = NetShape(cnn="lcnet", hidden=16, layers=1, bottleneck=24, dropout=0.0)


def network() -> Crnn:
    torch.manual_seed(3)
    return Crnn(len(SPEC.classes), SPEC.height, SPEC.channels, SHAPE).eval()


@pytest.mark.parametrize("width", [16, 40, 320])
def test_a_column_stands_for_eight_pixels(width):
    with torch.inference_mode():
        columns = LCNet(1)(torch.zeros(2, 1, HEIGHT, width))
    assert columns.shape == (2, CHANNELS, 1, width // STRIDE)


@pytest.mark.parametrize("width", [16, 64, 488])
def test_the_graph_gives_what_the_network_gives(width):
    model = network()
    torch.nn.init.normal_(model.bottleneck.weight, 0, 0.1)
    model.standardize.mean.fill_(0.1)
    model.standardize.scale.fill_(2.0)
    session = Session(to_onnx(model, SPEC).SerializeToString())
    tensor = np.random.default_rng(width).uniform(-1, 1, (1, 1, HEIGHT, width)).astype(np.float32)
    with torch.inference_mode():
        expected = model(torch.from_numpy(tensor))[0].numpy()
    found = session.run(tensor)
    assert found.shape == (SPEC.steps(width), len(SPEC.classes))
    assert np.abs(found - expected).max() < 1e-4


def test_signed_input_has_whole_steps_and_the_levels_of_the_crop():
    crop = drawn("2026")
    image = normalize_line(crop, SPEC)
    assert image.shape[1] == HEIGHT and image.shape[2] % STRIDE == 0
    tensor = as_input(image, SPEC)
    assert tensor.min() >= -1 and tensor.max() <= 1
    assert np.array_equal(np.round((tensor[0] + 1) * 127.5).astype(np.uint8), image)


def test_signed_input_has_dark_ink_whatever_the_crop_has():
    crop = drawn("2026")
    light = normalize_line(255 - crop, SPEC)
    assert np.median(light) > 128
    assert np.abs(light.astype(int) - normalize_line(crop, SPEC)).max() <= 1
