"""torch -> fp32 ONNX: the graph is written out node by node.

The network is small enough to say so, and the file then holds what the program runs and nothing
else: batch normalisation folded into the convolutions, width free.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from crnn.recognize.session import SPEC_KEY
from crnn.spec import ModelSpec
from crnn.train.models.crnn import Crnn, Residual, Standardize
from crnn.train.models.lcnet import LCNet, SeparableBlock

OPSET = 17
INPUT, OUTPUT = "image", "scores"

Array = NDArray[np.float32]


class Graph:
    """Nodes and initialisers in the order they are added; each method names its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """A stored array."""
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: list[str], **attributes: object) -> str:
        """A node with one output."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def reshape(self, x: str, shape: list[int]) -> str:
        """A reshape; 0 keeps an axis, -1 is what is left."""
        target = self.constant(f"shape_{len(self.nodes)}", np.array(shape, np.int64))
        return self.add("Reshape", [x, target])

    def rename_last(self, name: str) -> None:
        """Give the last node's output that name."""
        self.nodes[-1].output[0] = name

    def linear(self, x: str, layer: nn.Linear) -> str:
        """MatMul and Add, the form that dynamic quantisation looks for. (..., I) -> (..., O)."""
        stem = f"linear_{len(self.nodes)}"
        weight = self.constant(f"{stem}.weight", _array(layer.weight).T)
        product = self.add("MatMul", [x, weight])
        return self.add("Add", [product, self.constant(f"{stem}.bias", _array(layer.bias))])


def to_onnx(model: Crnn, spec: ModelSpec) -> onnx.ModelProto:
    """The network as an ONNX model with its spec inside. image (1, K, H, W) -> scores (1, T, C)."""
    graph = Graph()
    if isinstance(model.cnn, LCNet):
        x = lcnet(graph, INPUT, model.cnn)  # (1, D, 1, S)
    else:
        assert isinstance(model.cnn, nn.Sequential)
        x = cnn(graph, INPUT, model.cnn)  # (1, D, H/16, S)
    if model.rows == "concat":
        # Turned as a matrix: four axes at once take ten times as long.
        x = graph.reshape(x, [model.direct.in_features, -1])  # (D*H/16, S)
        x = graph.add("Transpose", [x], perm=[1, 0])  # (S, D*H/16)
        x = graph.reshape(x, [-1, 1, model.direct.in_features])  # (S, 1, D*H/16)
    else:
        x = graph.add("ReduceMean", [x], axes=[2], keepdims=0)  # (1, D, S)
        x = graph.add("Transpose", [x], perm=[2, 0, 1])  # (S, 1, D)
    if isinstance(model.standardize, Standardize):
        mean, scale = _array(model.standardize.mean), _array(model.standardize.scale)
        x = graph.add("Sub", [x, graph.constant("standard.mean", mean)])
        x = graph.add("Mul", [x, graph.constant("standard.scale", scale)])
    seen = graph.linear(x, model.direct)  # (S, 1, frames*B)
    for layer in range(model.lstm.num_layers):
        x = lstm(graph, x, model.lstm, layer)  # (S, 1, 2*hidden)
    x = graph.add("Add", [seen, graph.linear(x, model.bottleneck)])  # (S, 1, frames*B)
    x = graph.add("Transpose", [x], perm=[1, 0, 2])
    x = graph.reshape(x, [1, -1, model.classes.in_features])  # (1, T, B)
    graph.linear(x, model.classes)  # (1, T, C)
    graph.rename_last(OUTPUT)
    return _model(graph, spec)


def cnn(graph: Graph, x: str, stages: nn.Sequential) -> str:
    """The convolutions. (1, K, H, W) -> (1, D, h, S)."""
    for stage in stages:
        if isinstance(stage, nn.ReLU):
            x = graph.add("Relu", [x])
        elif isinstance(stage, Residual):
            x = graph.add("Relu", [graph.add("Add", [x, convolution(graph, x, stage.conv)])])
        else:
            x = convolution(graph, x, stage)
    return x


def lcnet(graph: Graph, x: str, net: LCNet) -> str:
    """The convolutions of an LCNet. (1, K, 48, W) -> (1, 384, 1, W/8)."""
    stem, below_right = net.stem, (0, 0, 1, 1)
    x = graph.add("Relu", [plain_convolution(graph, x, stem.first)])
    pooled = graph.add("MaxPool", [x], kernel_shape=[2, 2], strides=[1, 1], pads=below_right)
    y = graph.add("Relu", [plain_convolution(graph, x, stem.narrow, below_right)])
    y = graph.add("Relu", [plain_convolution(graph, y, stem.wide, below_right)])
    y = graph.add("Concat", [pooled, y], axis=1)
    y = graph.add("Relu", [plain_convolution(graph, y, stem.second)])
    x = graph.add("Relu", [plain_convolution(graph, y, stem.third)])
    for block in net.blocks:
        assert isinstance(block, SeparableBlock)
        x = separable_block(graph, x, block)
    return graph.add("AveragePool", [x], kernel_shape=[3, 2], strides=[3, 2])


def separable_block(graph: Graph, x: str, block: SeparableBlock) -> str:
    """One block of an LCNet. (1, I, h, w) -> (1, O, h or h/2, w)."""
    x = plain_convolution(graph, x, block.depthwise)
    if block.excitation is not None:
        mean = graph.add("ReduceMean", [x], axes=[2, 3], keepdims=1)
        y = graph.add("Relu", [plain_convolution(graph, mean, block.excitation.squeeze)])
        y = plain_convolution(graph, y, block.excitation.excite)
        x = graph.add("Mul", [x, graph.add("HardSigmoid", [y], alpha=1 / 6, beta=0.5)])
    y = plain_convolution(graph, x, block.expand)
    y = graph.add("Mul", [y, graph.add("Sigmoid", [y])])
    y = plain_convolution(graph, y, block.project)
    return graph.add("Add", [x, y]) if block.has_identity else y


def plain_convolution(
    graph: Graph, x: str, layer: nn.Conv2d, pads: Sequence[int] | None = None
) -> str:
    """A convolution with its bias. pads: above, left, below, right, where uneven."""
    assert isinstance(layer.padding, tuple)
    stem = f"conv_{len(graph.nodes)}"
    weight, bias = (_array(part) for part in (layer.weight, layer.bias))
    names = [graph.constant(f"{stem}.weight", weight), graph.constant(f"{stem}.bias", bias)]
    return graph.add(
        "Conv",
        [x, *names],
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        dilations=list(layer.dilation),
        group=layer.groups,
        pads=list(pads or [*layer.padding, *layer.padding]),
    )


def convolution(graph: Graph, x: str, pair: nn.Sequential) -> str:
    """A convolution with its batch normalisation folded in.

    Jacob 2017, arXiv:1712.05877, section 3.2.
    """
    conv, norm = pair[0], pair[1]
    scale = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    weight = _array(conv.weight) * scale[:, None, None, None]
    bias = _array(norm.bias) - _array(norm.running_mean) * scale
    stem = f"conv_{len(graph.nodes)}"
    names = [graph.constant(f"{stem}.weight", weight), graph.constant(f"{stem}.bias", bias)]
    pads = [conv.padding[0], conv.padding[1]] * 2
    return graph.add(
        "Conv",
        [x, *names],
        kernel_shape=list(conv.kernel_size),
        strides=list(conv.stride),
        dilations=list(conv.dilation),
        pads=pads,
    )


def lstm(graph: Graph, x: str, module: nn.LSTM, layer: int) -> str:
    """One bidirectional layer. (T, 1, I) -> (T, 1, 2*hidden)."""
    ends = (f"l{layer}", f"l{layer}_reverse")
    weights = np.stack([_gates(getattr(module, f"weight_ih_{end}")) for end in ends])
    recurrent = np.stack([_gates(getattr(module, f"weight_hh_{end}")) for end in ends])
    biases = np.stack(
        [
            np.concatenate([_gates(getattr(module, f"bias_{kind}_{end}")) for kind in ("ih", "hh")])
            for end in ends
        ]
    )
    arrays = {"w": weights, "r": recurrent, "b": biases}
    names = [graph.constant(f"lstm_{layer}.{key}", array) for key, array in arrays.items()]
    y = graph.add("LSTM", [x, *names], hidden_size=module.hidden_size, direction="bidirectional")
    y = graph.add("Transpose", [y], perm=[0, 2, 1, 3])  # (T, 2, 1, h) -> (T, 1, 2, h)
    return graph.reshape(y, [0, 0, -1])


def _gates(tensor: torch.Tensor) -> Array:
    """Torch orders gates input, forget, cell, output; ONNX input, output, forget, cell."""
    i, f, c, o = np.split(_array(tensor), 4)
    return np.concatenate([i, o, f, c])


def _array(tensor: torch.Tensor | None) -> Array:
    assert tensor is not None
    array: Array = tensor.detach().float().cpu().numpy()
    return array


def _model(graph: Graph, spec: ModelSpec) -> onnx.ModelProto:
    image = helper.make_tensor_value_info(
        INPUT, TensorProto.FLOAT, [1, spec.channels, spec.height, "width"]
    )
    scores = helper.make_tensor_value_info(
        OUTPUT, TensorProto.FLOAT, [1, "steps", len(spec.classes)]
    )
    made = helper.make_graph(graph.nodes, "crnn", [image], [scores], graph.initialisers)
    known = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(made, opset_imports=known, ir_version=8)
    helper.set_model_props(model, {SPEC_KEY: spec.to_json()})
    onnx.checker.check_model(model)
    return model


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the model's bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
