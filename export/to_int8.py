"""fp32 ONNX -> INT8: convolutions static, LSTM and matrix products dynamic.

A convolution is quantised together with the ReLU behind it: of what the ReLU takes away, no level
is to be spent on, and the two are one kernel.

The first convolution stays in single precision: it sees the picture itself, where a faint stroke is
a few grey levels, and with one channel going in it is next to nothing of the work.

Weights keep seven of their eight bits (reduce_range). On CPUs without VNNI the product of unsigned
activations and signed weights is summed in pairs in sixteen bits and saturates: 255 * 127 * 2 is
over 32,767, 255 * 64 * 2 is not. So the same file reads the same on old machines. Which
level a weight of a convolution or a product takes is decided by what it is multiplied with
(export.weight_rounding).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from export.activation_ranges import best_ranges
from export.to_onnx import INPUT
from export.weight_rounding import round_anew, second_moments

Input = NDArray[np.float32]

STATIC = ("Conv", "Relu")
STATIC_OF_LCNET = (*STATIC, "Add", "Concat", "Mul", "Sigmoid")
"""Operators whose inputs and outputs are bytes. MaxPool is not: its kernel for bytes takes longer
than the one for single precision with both conversions."""


class Lines(CalibrationDataReader):
    """Calibration inputs one by one, as crnn.preprocess.normalize made them."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        self._left: Iterator[Input] = iter(inputs)

    def get_next(self) -> dict[str, Input] | None:
        """The next input by name, or None at the end."""
        result = next(self._left, None)
        return None if result is None else {INPUT: result}


def to_int8(model: onnx.ModelProto, calibration: Sequence[Input]) -> onnx.ModelProto:
    """The quantised model, metadata kept. calibration: arrays (1, K, H, W)."""
    with tempfile.TemporaryDirectory() as folder:
        fp32, mixed, int8 = (Path(folder) / f"{step}.onnx" for step in ("fp32", "mixed", "int8"))
        fp32.write_bytes(model.SerializeToString())
        kinds, left_out = static_operators(model)
        ranges = {
            name: [{"rmin": np.float32(low), "rmax": np.float32(high)}]
            for name, (low, high) in best_ranges(model, calibration, kinds, left_out).items()
        }
        quantize_static(
            fp32,
            mixed,
            Lines(calibration[:1]),  # asked for, though every range is given
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(kinds),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=list(left_out),
            extra_options={"TensorQuantOverrides": ranges},
        )
        quantize_dynamic(
            mixed,
            int8,
            op_types_to_quantize=["LSTM", "MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
        quantised = onnx.load(int8)
    round_anew(quantised, model, second_moments(model, calibration))
    del quantised.metadata_props[:]
    quantised.metadata_props.extend(model.metadata_props)
    return quantised


def static_operators(model: onnx.ModelProto) -> tuple[tuple[str, ...], frozenset[str]]:
    """Operators of a network's convolutional part, and names of nodes that stay as they are.

    Those are the first convolution, the excitations, which see one number a channel, and all behind
    the last convolution.
    """
    nodes = model.graph.node
    convolutions = [number for number, node in enumerate(nodes) if node.op_type == "Conv"]
    is_lcnet = any(node.op_type == "Sigmoid" for node in nodes[: convolutions[-1] + 1])
    if not is_lcnet:
        return STATIC, frozenset((nodes[convolutions[0]].name,))
    left_out = {nodes[convolutions[0]].name, nodes[convolutions[0] + 1].name}
    end = convolutions[-1] + 1 + (nodes[convolutions[-1] + 1].op_type == "Add")
    left_out.update(node.name for node in nodes[end:])
    squeezed: set[str] = set()
    for node in nodes[:end]:
        if node.op_type == "ReduceMean" or (node.op_type != "Mul" and squeezed & {*node.input}):
            squeezed.add(node.output[0])
            left_out.add(node.name)
    return STATIC_OF_LCNET, frozenset(left_out)
