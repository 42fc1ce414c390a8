"""Weights of an open recogniser to begin from, and the recogniser itself as a teacher.

PP-OCRv6 small (PaddleOCR, Baidu; Apache-2.0) as PyPI package rapidocr ships it. Its CNN becomes an
LCNet of ours, layer by layer; its class matrix gives the rows of the classes that it knows. As a
teacher it gives, for a line, the columns of its CNN and the vectors before its class matrix.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from charset import BLANK
from crnn.errors import OcrError
from crnn.train.data.fetch import unpack
from crnn.train.models.lcnet import GELU_SLOPE, LCNet, SeparableBlock

Array = NDArray[np.float32]

PACKAGE = "pypi:rapidocr==3.10.0"
MEMBER = "rapidocr/models/PP-OCRv6_rec_small.onnx"
SHA256 = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
"""The file within the package, and its digest."""

FILE = Path("pretrained") / "PP-OCRv6_rec_small.onnx"
"""Where `fetch` puts it, in the folder of the sources."""

FACTS = {
    "origin": "PP-OCRv6 small recogniser, PaddleOCR (Baidu), as PyPI rapidocr 3.10.0 ships it",
    "licence": "Apache-2.0",
    "sha256": SHA256,
    "changes": "CNN taken over with GELU(x) as x * sigmoid(1.702 x), class matrix by character, "
    "BiLSTM in place of its neck; all trained on",
}
"""What card, manifest and NOTICE say of it."""

COLUMNS, VECTORS = "p2o.pd_op.pool2d.1.0", "p2o.pd_op.transpose.8.0"
"""Names in its graph: what its CNN gives, and what its class matrix is multiplied with."""

CLASS_WEIGHT, CLASS_SUM = "p2o.pd_op.matmul.12.0", "Add.209"
"""The product with its class matrix, and the sum with its bias."""

UNSEEN_BIAS = -1.0
"""Added to the bias of a class that it lacks, so that a guess does not displace what it knows."""

LOOKALIKES = 3


class PretrainedError(OcrError):
    """The file is not the one that this program takes weights from."""


@dataclass(frozen=True)
class Head:
    """Its last layer. classes: C characters, blank first; weight: (C, 120); bias: (C,)."""

    classes: tuple[str, ...]
    weight: Array
    bias: Array


def fetch(sources: Path) -> Path:
    """The recogniser's file in the folder of the sources, taken from its package where missing.

    Raises: PretrainedError where its digest is another.
    """
    target = sources / FILE
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copy(unpack(PACKAGE, Path(scratch)) / MEMBER, target)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if digest != SHA256:
        raise PretrainedError(f"{target}: sha256 is {digest}; expected {SHA256}. Delete it")
    return target


def load_cnn(net: LCNet, file: Path) -> None:
    """Give an LCNet the published weights. Raises: PretrainedError where a shape differs."""
    model = onnx.load(file)
    theirs = _convolutions(model)
    ours = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    inputs = ours[0].in_channels
    for number, layer in enumerate(ours):
        weight, bias = next(theirs, (np.zeros(0, np.float32),) * 2)
        if number == 0 and inputs == 1:
            weight = weight.sum(axis=1, keepdims=True)  # grey: its three inputs are the same
        if weight.shape != tuple(layer.weight.shape):
            reason = f"convolution {number} is {weight.shape}; expected {tuple(layer.weight.shape)}"
            raise PretrainedError(f"{file}: {reason}")
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.copy()))
            layer.bias.copy_(torch.from_numpy(bias.copy()))
    for block in net.blocks:
        assert isinstance(block, SeparableBlock)
        scale_for_silu(block)


@torch.no_grad()
def scale_for_silu(block: SeparableBlock) -> None:
    """Put the slope of GELU's approximation into the convolutions around the activation."""
    block.expand.weight.mul_(GELU_SLOPE)
    block.expand.bias.mul_(GELU_SLOPE)
    block.project.weight.div_(GELU_SLOPE)


def head(file: Path) -> Head:
    """Its class matrix and what the classes are."""
    model = onnx.load(file)
    arrays = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    by_output = {name: node for node in model.graph.node for name in node.output}
    weight = next(arrays[name] for name in by_output[CLASS_WEIGHT].input if name in arrays)
    bias = next(arrays[name] for name in by_output[CLASS_SUM].input if name in arrays)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    return Head((BLANK, *metadata["character"].splitlines(), " "), weight.T.copy(), bias.ravel())


def class_rows(known: Head, classes: Sequence[str], alike: dict[str, list[str]]) -> Head:
    """Rows for other classes: each character's own, or the mean of those that look like it.

    alike: character -> characters of `known` that look like it.
    """
    rows = {char: row for row, char in enumerate(known.classes)}
    weight = np.zeros((len(classes), known.weight.shape[1]), np.float32)
    bias = np.zeros(len(classes), np.float32)
    for number, char in enumerate(classes):
        own = [char] if char in rows else [one for one in alike.get(char, []) if one in rows]
        if not own:
            raise PretrainedError(f"no class and no look-alike for U+{ord(char):04X}")
        chosen = [rows[one] for one in own]
        weight[number] = known.weight[chosen].mean(axis=0)
        bias[number] = known.bias[chosen].mean() + (0.0 if char in rows else UNSEEN_BIAS)
    return Head(tuple(classes), weight, bias)


def teacher(file: Path) -> onnx.ModelProto:
    """The recogniser up to its class matrix. x (N, 3, 48, W) -> columns, vectors (N, T, 120)."""
    model = onnx.load(file)
    by_output = {name: node for node in model.graph.node for name in node.output}
    waiting, used = [COLUMNS, VECTORS], set()
    while waiting:
        node = by_output.get(waiting.pop())
        if node is not None and id(node) not in used:
            used.add(id(node))
            waiting += list(node.input)
    nodes = [node for node in model.graph.node if id(node) in used]
    names = {name for node in nodes for name in node.input}
    kept = [one for one in model.graph.initializer if one.name in names]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in (COLUMNS, VECTORS)
    ]
    graph = helper.make_graph(nodes, "teacher", list(model.graph.input), outputs, kept)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def _convolutions(model: onnx.ModelProto) -> Iterator[tuple[Array, Array]]:
    """Weight and bias of each convolution, in the order of the graph."""
    arrays = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    by_output = {name: node for node in model.graph.node for name in node.output}
    sums = {name: node for node in model.graph.node if node.op_type == "Add" for name in node.input}
    for node in model.graph.node:
        if node.op_type != "Conv":
            continue
        total = sums[node.output[0]]
        name = next(one for one in total.input if one != node.output[0])
        while name not in arrays:
            name = by_output[name].input[0]  # a reshape
        yield arrays[node.input[1]], arrays[name].ravel()
