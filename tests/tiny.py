"""A tiny recogniser with random weights: what tests need where any weights will do."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from charset import Charset
from crnn.model import Crnn, NetShape
from crnn.spec import ModelSpec

SHAPE = NetShape(channels=(8, 8, 16, 16), hidden=16, bottleneck=16, dropout=0.0)


def spec(height: int = 32, preprocessing: str = "grey-1") -> ModelSpec:
    return ModelSpec("tiny", "digits", Charset.load("digits").classes, height, 4, preprocessing)


def network(found: ModelSpec, shape: NetShape = SHAPE) -> Crnn:
    """A network in evaluation mode whose batch statistics are not those it was born with."""
    torch.manual_seed(7)
    model = Crnn(len(found.classes), found.height, found.channels, shape)
    torch.nn.init.normal_(model.bottleneck.weight, std=0.1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.7, 1.3)
    return model.eval()


@cache
def onnx_bytes() -> bytes:
    """The tiny network as an ONNX file."""
    from export.to_onnx import to_onnx

    return to_onnx(network(spec()), spec()).SerializeToString()


def inputs(count: int, width: int = 96) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.random((1, 1, 32, width), np.float32) for _ in range(count)]
