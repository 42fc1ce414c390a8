"""Rounding weights one input after the other, so that those to come make up for what each has lost.

Rounded to the nearest level, a weight is as near as it can be and the sum it goes into is not:
what matters is the error of that sum over the inputs there are. Input by input, the error of
rounding is spread over the inputs not rounded yet, by how they go together (GPTQ: Frantar 2022,
arXiv:2210.17323; after the "optimal brain surgeon", Hassibi and Stork 1993). Seven bits then read
nearly as eight did (docs/training.md, "The fourteenth run"). Convolutions and products are rounded
so; the LSTM, which loses little, to the nearest level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from export.activation_ranges import activations
from export.to_onnx import INPUT

Array = NDArray[np.float32]

KINDS = ("Conv", "MatMul")
MOST = 64
"""The greatest level of a weight of seven bits, as reduce_range gives it."""
DAMPING = 0.01
"""Share of the mean square input that is added to each, so that inputs hardly seen are not divided
by."""
AT_ONCE = 128
"""Inputs whose errors are spread among themselves before they are spread over all others."""


@dataclass(frozen=True)
class Moment:
    """The second moment of the inputs of a weighted sum: half the Hessian of GPTQ.

    total: the sum of x x^T, (I, I); count: of how many x.
    """

    total: Tensor
    count: int

    def __add__(self, other: Moment) -> Moment:
        return Moment(self.total + other.total, self.count + other.count)

    def mean(self) -> Tensor:
        """(I, I) float64."""
        return self.total.double() / self.count


Moments = dict[str, Moment]
"""By the name of the node."""


def second_moments(model: onnx.ModelProto, inputs: Sequence[Array]) -> Moments:
    """How the inputs of each weighted sum go together; sums over the picture itself are left out.

    inputs: arrays (1, K, H, W) of any widths.
    """
    nodes = [
        one
        for one in model.graph.node
        if one.op_type in KINDS and one.input[0] != INPUT and not is_depthwise(one)
    ]
    by_input: defaultdict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in nodes:
        by_input[node.input[0]].append(node)
    results: Moments = {}
    for name, values in activations(model, sorted(by_input), inputs):
        for node in by_input[name]:
            seen = _columns(node, torch.from_numpy(values))  # (I, M)
            more = Moment(seen @ seen.T, seen.shape[1])
            results[node.name] = results[node.name] + more if node.name in results else more
    return results


def is_depthwise(node: onnx.NodeProto) -> bool:
    """Whether a convolution sums over its own channel alone: its levels are the nearest ones."""
    return any(one.name == "group" and one.i > 1 for one in node.attribute)


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


def round_anew(quantised: onnx.ModelProto, model: onnx.ModelProto, moments: Moments) -> None:
    """Put other levels of the same scales in place of a quantised model's weights.

    quantised: the model as ONNX Runtime's tools quantised it, weights of KINDS in seven bits, a
    scale for each output and no zero points; model: in single precision.
    Raises: ValueError where the weights are quantised in another way.
    """
    held, exact = _held(quantised), _held(model)
    for node in model.graph.node:
        if node.name not in moments or f"{node.input[1]}_quantized" not in held:
            continue  # it stays in single precision
        name, flat = node.input[1], node.op_type == "MatMul"
        weights = numpy_helper.to_array(exact[name]).astype(np.float64)
        rows = weights.T if flat else weights.reshape(len(weights), -1)  # (O, I)
        scales, zeros, nearest = (
            numpy_helper.to_array(held[f"{name}_{part}"])
            for part in ("scale", "zero_point", "quantized")
        )
        if scales.shape != (len(rows),) or zeros.any() or np.abs(nearest.astype(int)).max() > MOST:
            raise ValueError(f"{name} is not quantised in seven bits, an output at a time")
        exactly = torch.from_numpy(rows.copy()), torch.from_numpy(scales.astype(np.float64))
        levels = rounded(*exactly, moments[node.name].mean()).numpy()
        made = levels.T if flat else levels.reshape(weights.shape)
        stored = np.ascontiguousarray(made.astype(np.int8))
        held[f"{name}_quantized"].CopyFrom(numpy_helper.from_array(stored, f"{name}_quantized"))


def _held(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    return {one.name: one for one in model.graph.initializer}


def rounded(weights: Tensor, scales: Tensor, moment: Tensor) -> Tensor:
    """Levels from -MOST to MOST that stand for weights with little squared error of the sums.

    weights: (O, I) float64; scales: (O,), what a level is worth; moment: (I, I) of their inputs.
    Greedy, one input after the other, as GPTQ's algorithm 1; those of the greatest mean square
    first, while there is most left to make up. Where nothing was ever seen, the nearest levels.
    """
    size = len(moment)
    mean_square = float(moment.diagonal().mean())
    if not mean_square:
        return (weights / scales[:, None]).round().clamp(-MOST, MOST)
    damped = moment + DAMPING * mean_square * torch.eye(size, dtype=moment.dtype)
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
    result = torch.zeros_like(levels)
    result[:, order] = levels
    return result
