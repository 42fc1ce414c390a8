"""A tiny recogniser with random weights: what tests need where any weights will do."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from charset import Charset
from crnn.model import Crnn, NetShape, Routed
from crnn.spec import ModelSpec

SHAPE = NetShape(channels=(8, 8, 16, 16), hidden=16, bottleneck=16, dropout=0.0)


def spec(height: int = 32, preprocessing: str = "grey-1") -> ModelSpec:
    return ModelSpec("tiny", "digits", Charset.load("digits").classes, height, 4, preprocessing)


def network(found: ModelSpec, shape: NetShape = SHAPE) -> Crnn:
    """A network in evaluation mode whose batch statistics are not those it was born with."""
    torch.manual_seed(7)
    model = Crnn(len(found.classes), found.height, found.channels, shape)
    return _lived_in(model)


def routed_network(found: ModelSpec, shape: NetShape = SHAPE) -> Routed:
    """Two such experts, and a router that gives bright lines to handwriting's."""
    torch.manual_seed(8)
    model = _lived_in(Routed(len(found.classes), found.height, found.channels, shape))
    for module in model.router.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.constant_(module.weight, 1 / module.weight[0].numel())
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_parameters()
            module.reset_running_stats()
    torch.nn.init.constant_(model.router.out.weight, 1 / model.router.out.in_features)
    torch.nn.init.constant_(model.router.out.bias, -0.3)
    return model


def _lived_in(model):
    for module in model.modules():
        if isinstance(module, Crnn):
            torch.nn.init.normal_(module.bottleneck.weight, std=0.1)
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
