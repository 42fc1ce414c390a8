"""torch -> fp32 ONNX: the graph is written out node by node.

The network is small enough to say so, and the file then holds what the program runs and nothing
else: batch normalisation folded into the convolutions, width free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from crnn.model import EXPERTS, Crnn, Network, Residual, Routed
from crnn.read.session import SPEC_KEY
from crnn.spec import ModelSpec

OPSET = 17
INPUT, OUTPUT = "image", "scores"
SHARED_BYTES = 4096
"""Smaller tensors than this are not worth a name that two branches share."""

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


def to_onnx(model: Network, spec: ModelSpec) -> onnx.ModelProto:
    """The network as an ONNX model with its spec inside. image (1, K, H, W) -> scores (1, T, C)."""
    if isinstance(model, Routed):
        return routed(model, spec, [expert_to_onnx(model, name, spec) for name in EXPERTS])
    return _plain(model, model.classes, spec)


def expert_to_onnx(model: Routed, name: str, spec: ModelSpec) -> onnx.ModelProto:
    """One expert with the class matrix, as a model of its own."""
    expert = model.experts[name]
    assert isinstance(expert, Crnn)
    return _plain(expert, model.classes, spec)


def _plain(model: Crnn, classes: nn.Linear, spec: ModelSpec) -> onnx.ModelProto:
    graph = Graph()
    x = cnn(graph, INPUT, model.cnn)  # (1, D, H/16, S)
    if model.rows == "concat":
        # Turned as a matrix: four axes at once take ten times as long.
        x = graph.reshape(x, [model.direct.in_features, -1])  # (D*H/16, S)
        x = graph.add("Transpose", [x], perm=[1, 0])  # (S, D*H/16)
        x = graph.reshape(x, [-1, 1, model.direct.in_features])  # (S, 1, D*H/16)
    else:
        x = graph.add("ReduceMean", [x], axes=[2], keepdims=0)  # (1, D, S)
        x = graph.add("Transpose", [x], perm=[2, 0, 1])  # (S, 1, D)
    seen = graph.linear(x, model.direct)  # (S, 1, frames*B)
    for layer in range(model.lstm.num_layers):
        x = lstm(graph, x, model.lstm, layer)  # (S, 1, 2*hidden)
    x = graph.add("Add", [seen, graph.linear(x, model.bottleneck)])  # (S, 1, frames*B)
    x = graph.add("Transpose", [x], perm=[1, 0, 2])
    x = graph.reshape(x, [1, -1, classes.in_features])  # (1, T, B)
    graph.linear(x, classes)  # (1, T, C)
    graph.rename_last(OUTPUT)
    return _model(graph, spec)


def routed(model: Routed, spec: ModelSpec, experts: Sequence[onnx.ModelProto]) -> onnx.ModelProto:
    """One model that runs the expert its router names, and no other.

    experts: those of EXPERTS, in any precision; what they hold in common is stored once.
    """
    graph = Graph()
    x = cnn(graph, INPUT, model.router.cnn)  # (1, D, h, w)
    pooled = [graph.add(kind, [x], axes=[2, 3], keepdims=0) for kind in ("ReduceMean", "ReduceMax")]
    said = graph.linear(graph.add("Concat", pooled, axis=1), model.router.out)  # (1, 1)
    zero = graph.constant("zero", np.zeros((1, 1), np.float32))
    written = graph.reshape(graph.add("Greater", [said, zero]), [1])
    branches = [branch(name, one) for name, one in zip(EXPERTS, experts, strict=True)]
    graph.initialisers += in_common(branches)
    graph.add("If", [written], then_branch=branches[1], else_branch=branches[0])
    graph.rename_last(OUTPUT)
    opsets = {one.domain: one.version for model in experts for one in model.opset_import}
    return _model(graph, spec, opsets)


def branch(name: str, model: onnx.ModelProto) -> onnx.GraphProto:
    """A model's graph as a branch of If: it sees the image outside, its names are its own."""
    made = onnx.GraphProto()
    made.CopyFrom(model.graph)
    made.name = name
    del made.input[:], made.value_info[:]
    for node in made.node:
        node.name = f"{name}/{node.name}"
        for names in (node.input, node.output):
            names[:] = [f"{name}/{one}" if one not in ("", INPUT) else one for one in names]
    for one in (*made.initializer, *made.output):
        one.name = f"{name}/{one.name}"
    return made


def in_common(branches: Sequence[onnx.GraphProto]) -> list[onnx.TensorProto]:
    """Take out of branches, and give, the larger tensors that all of them hold."""
    held = [{content(tensor): tensor for tensor in one.initializer} for one in branches]
    shared = [key for key in held[0] if key[1] >= SHARED_BYTES and all(key in one for one in held)]
    found = []
    for number, key in enumerate(shared):
        tensor = onnx.TensorProto()
        tensor.CopyFrom(held[0][key])
        tensor.name = f"shared_{number}"
        found.append(tensor)
        for one, tensors in zip(branches, held, strict=True):
            old = tensors[key].name
            one.initializer.remove(tensors[key])
            for node in one.node:
                node.input[:] = [tensor.name if name == old else name for name in node.input]
    return found


def content(tensor: onnx.TensorProto) -> tuple[str, int]:
    """What tells a tensor from another, but for its name; and its bytes."""
    data = numpy_helper.to_array(tensor)
    digest = hashlib.sha256(data.tobytes()).hexdigest()
    return f"{tensor.data_type} {data.shape} {digest}", data.nbytes


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
    made = helper.make_graph(graph.nodes, "crnn", [image], [scores], graph.initialisers)
    known = [helper.make_opsetid(*one) for one in (opsets or {"": OPSET}).items()]
    model = helper.make_model(made, opset_imports=known, ir_version=8)
    helper.set_model_props(model, {SPEC_KEY: spec.to_json()})
    onnx.checker.check_model(model)
    return model


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the model's bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
