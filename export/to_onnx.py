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

from crnn.errors import WeightsMismatch
from crnn.model import EXPERTS, Crnn, Network, Residual, Routed, Standardize
from crnn.read.session import LEAST, NUMBERS_ASKED, SPEC_KEY, WRITTEN
from crnn.spec import ModelSpec
from crnn.train.lcnet import LCNet, SeparableBlock
from export.branches import INPUT, around, branch, in_common, spelled

OPSET = 17
OUTPUT = "scores"

Array = NDArray[np.float32]


class Graph:
    """Nodes and initialisers in the order they are added; each method names its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self.wishes: list[onnx.ValueInfoProto] = []

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

    def wish(self, name: str, array: NDArray[np.generic]) -> None:
        """A value that whoever runs the model may replace."""
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        self.wishes.append(helper.make_tensor_value_info(name, kind, array.shape))
        self.constant(name, array)

    def linear(self, x: str, layer: nn.Linear) -> str:
        """MatMul and Add, the form that dynamic quantisation looks for. (..., I) -> (..., O)."""
        stem = f"linear_{len(self.nodes)}"
        weight = self.constant(f"{stem}.weight", _array(layer.weight).T)
        product = self.add("MatMul", [x, weight])
        return self.add("Add", [product, self.constant(f"{stem}.bias", _array(layer.bias))])


def to_onnx(
    model: Network, spec: ModelSpec, numbers: onnx.ModelProto | None = None
) -> onnx.ModelProto:
    """The network as an ONNX model with its spec inside. image (1, K, H, W) -> scores (1, T, C).

    numbers: a routed network may carry one that reads numbers as a further expert.
    Raises: WeightsMismatch where one is given that it cannot carry.
    """
    if isinstance(model, Routed):
        made = [expert_to_onnx(model, name, spec) for name in EXPERTS]
        return routed(model, spec, made, numbers)
    if numbers:
        raise WeightsMismatch(f"{spec.name!r} is one network: only routed ones carry another")
    return _plain(model, model.classes, spec)


def expert_to_onnx(model: Routed, name: str, spec: ModelSpec) -> onnx.ModelProto:
    """One expert with the class matrix, as a model of its own."""
    expert = model.experts[name]
    assert isinstance(expert, Crnn)
    return _plain(expert, model.classes, spec)


def _plain(model: Crnn, classes: nn.Linear, spec: ModelSpec) -> onnx.ModelProto:
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
    x = graph.reshape(x, [1, -1, classes.in_features])  # (1, T, B)
    graph.linear(x, classes)  # (1, T, C)
    graph.rename_last(OUTPUT)
    return _model(graph, spec)


def routed(
    model: Routed,
    spec: ModelSpec,
    experts: Sequence[onnx.ModelProto],
    numbers: onnx.ModelProto | None = None,
) -> onnx.ModelProto:
    """One model that runs the expert its router names, or the one that is asked for.

    What it gives and takes beside scores and image: crnn.read.session.

    experts: those of EXPERTS, in any precision; what they hold in common is stored once. numbers: a
    further one, which reads where `numbers_asked` is set. Raises: WeightsMismatch.
    """
    graph = Graph()
    x = cnn(graph, INPUT, model.router.cnn)  # (1, D, h, w)
    pooled = [graph.add(kind, [x], axes=[2, 3], keepdims=0) for kind in ("ReduceMean", "ReduceMax")]
    said = graph.linear(graph.add("Concat", pooled, axis=1), model.router.out)  # (1, 1)
    graph.reshape(said, [1])
    graph.rename_last(WRITTEN)
    graph.wish(LEAST, np.zeros(1, np.float32))
    chosen = graph.add("Greater", [WRITTEN, LEAST])
    branches = [branch(name, one) for name, one in zip(EXPERTS, experts, strict=True)]
    common = in_common(branches)
    graph.add("If", [chosen], then_branch=branches[1], else_branch=branches[0])
    if numbers:
        other = around(graph.nodes.pop(), "routed")
        other.initializer.extend(common)  # two graphs up they would not be packed for the product
        graph.wish(NUMBERS_ASKED, np.zeros(1, bool))
        then = spelled(numbers, spec)
        graph.add("If", [NUMBERS_ASKED], then_branch=then, else_branch=other)
    else:
        graph.initialisers += common
    graph.rename_last(OUTPUT)
    return _model(graph, spec, opsets([*experts, *([numbers] if numbers else [])]))


def opsets(models: Sequence[onnx.ModelProto]) -> dict[str, int]:
    """The operator sets that models share. Raises: WeightsMismatch where two versions differ."""
    found: dict[str, int] = {}
    for one in (one for model in models for one in model.opset_import):
        if found.setdefault(one.domain, one.version) != one.version:
            raise WeightsMismatch(f"operators {one.domain!r} of two versions in one file")
    return found


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


def _model(graph: Graph, spec: ModelSpec, opsets: dict[str, int] | None = None) -> onnx.ModelProto:
    image = helper.make_tensor_value_info(
        INPUT, TensorProto.FLOAT, [1, spec.channels, spec.height, "width"]
    )
    scores = helper.make_tensor_value_info(
        OUTPUT, TensorProto.FLOAT, [1, "steps", len(spec.classes)]
    )
    given = [scores]
    if graph.wishes:
        given.append(helper.make_tensor_value_info(WRITTEN, TensorProto.FLOAT, [1]))
    made = helper.make_graph(graph.nodes, "crnn", [image, *graph.wishes], given, graph.initialisers)
    known = [helper.make_opsetid(*one) for one in (opsets or {"": OPSET}).items()]
    model = helper.make_model(made, opset_imports=known, ir_version=8)
    helper.set_model_props(model, {SPEC_KEY: spec.to_json()})
    onnx.checker.check_model(model)
    return model


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the model's bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
