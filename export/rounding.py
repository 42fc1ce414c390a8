"""Rounding weights one after the other, so that those to come make up for what each has lost.

Rounded to the nearest level, a weight is as near as it can be and the sum it goes into is not:
what matters is the error of that sum over the inputs there are. Input by input, the error of
rounding is spread over the inputs not rounded yet, by how they go together (GPTQ: Frantar 2022,
arXiv:2210.17323, after the "optimal brain surgeon", Hassibi and Stork 1993). Seven bits then read
as eight did (docs/training.md, "The fourteenth run").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from export.ranges import activations
from export.to_onnx import INPUT

Array = NDArray[np.float32]
Moments = dict[str, Tensor]

KINDS = ("Conv", "MatMul")
MOST = 64
"""The greatest level of a weight of seven bits (reduce_range)."""
DAMPING = 0.01
"""Share of the mean square input that is added to each, so that inputs never seen can be divided
by."""
AT_ONCE = 128
"""Inputs whose errors are spread among themselves before they are spread over all others."""


def moments(model: onnx.ModelProto, inputs: Sequence[Array]) -> Moments:
    """How the inputs of each weighted sum go together, by the node's name: mean of x x^T, (I, I).

    inputs: arrays (1, K, H, W) of any widths. Sums over the picture itself are left out.
    """
    nodes = [one for one in model.graph.node if one.op_type in KINDS and one.input[0] != INPUT]
    names = sorted({one.input[0] for one in nodes})
    sums: Moments = {}
    counts = dict.fromkeys((one.name for one in nodes), 0)
    by_input = {name: [one for one in nodes if one.input[0] == name] for name in names}
    for name, values in activations(model, names, inputs):
        for node in by_input[name]:
            seen = _columns(node, torch.from_numpy(values))  # (I, M)
            sums[node.name] = sums.get(node.name, torch.zeros(())) + seen @ seen.T
            counts[node.name] += seen.shape[1]
    return {name: found.double() / counts[name] for name, found in sums.items()}


def _columns(node: onnx.NodeProto, x: Tensor) -> Tensor:
    """What the weights of a node are multiplied with, a column for each sum: (I, M)."""
    if node.op_type == "MatMul":
        return x.reshape(-1, x.shape[-1]).T
    known = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    above, left, below, right = known["pads"]
    padded = F.pad(x, (left, right, above, below))
    return F.unfold(
        padded, known["kernel_shape"], dilation=known["dilations"], stride=known["strides"]
    )[0]


def alike(found: Sequence[Moments], models: Sequence[onnx.ModelProto]) -> list[Moments]:
    """The same moment in all models for weights that all of them hold, which stay the same so."""
    weights = [
        {
            node.name: next(one for one in model.graph.initializer if one.name == node.input[1])
            for node in model.graph.node
            if node.name in its
        }
        for model, its in zip(models, found, strict=True)
    ]
    shared = {
        name: torch.stack([its[name] for its in found]).mean(0)
        for name, tensor in weights[0].items()
        if all(one[name].raw_data == tensor.raw_data for one in weights)
    }
    return [its | shared for its in found]


def round_anew(quantised: onnx.ModelProto, model: onnx.ModelProto, found: Moments) -> None:
    """Put other levels of the same scales in place of a quantised model's weights.

    quantised: the model as ONNX Runtime's tools quantised it, weights of KINDS to the nearest
    level; model: in single precision; found: its moments.
    """
    held = {one.name: one for one in quantised.graph.initializer}
    exact = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    for node in model.graph.node:
        if node.name not in found:
            continue
        name = node.input[1]
        weights = exact[name].astype(np.float64)
        rows = weights.T if node.op_type == "MatMul" else weights.reshape(len(weights), -1)  # (O,I)
        scales = numpy_helper.to_array(held[f"{name}_scale"]).astype(np.float64).reshape(-1)
        told = torch.from_numpy(np.broadcast_to(scales, len(rows)).copy())
        levels = rounded(torch.from_numpy(rows.copy()), told, found[node.name]).numpy()
        made = levels.T if node.op_type == "MatMul" else levels.reshape(weights.shape)
        stored = np.ascontiguousarray(made.astype(np.int8))
        held[f"{name}_quantized"].CopyFrom(numpy_helper.from_array(stored, f"{name}_quantized"))


def rounded(weights: Tensor, scales: Tensor, moment: Tensor) -> Tensor:
    """Levels from -MOST to MOST that stand for weights with the least squared error of the sums.

    weights: (O, I) float64; scales: (O,), what a level is worth; moment: (I, I) of their inputs.
    Inputs of the greatest mean square are rounded first, while there is most left to make up.
    """
    size = len(moment)
    damped = moment + DAMPING * moment.diagonal().mean() * torch.eye(size, dtype=moment.dtype)
    order = damped.diagonal().argsort(descending=True)
    inverse = torch.linalg.inv(damped[order][:, order])
    spread = torch.linalg.cholesky(inverse, upper=True)  # (I, I)
    left, levels = weights[:, order], torch.zeros_like(weights)
    for start in range(0, size, AT_ONCE):
        end = min(start + AT_ONCE, size)
        errors = torch.zeros(len(weights), end - start, dtype=weights.dtype)
        for i in range(start, end):
            levels[:, i] = (left[:, i] / scales).round().clamp(-MOST, MOST)
            errors[:, i - start] = (left[:, i] - levels[:, i] * scales) / spread[i, i]
            left[:, i + 1 : end] -= errors[:, i - start, None] * spread[i, i + 1 : end]
        left[:, end:] -= errors @ spread[start:end, end:]
    found = torch.zeros_like(levels)
    found[:, order] = levels
    return found
