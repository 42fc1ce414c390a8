"""Several models in one ONNX graph: the branches of its If nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

from charset import Charset
from crnn.errors import WeightsMismatch
from crnn.read.session import SPEC_KEY, UNKNOWN
from crnn.spec import ModelSpec

INPUT = "image"
SHARED_BYTES = 4096
"""Smaller tensors than this are not worth a name that two branches share."""


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


def around(node: onnx.NodeProto, name: str) -> onnx.GraphProto:
    """A node with one output as a branch by itself: all that it takes is outside."""
    found = onnx.ValueInfoProto(name=node.output[0])
    return helper.make_graph([node], name, [], [found])


def spelled(model: onnx.ModelProto, spec: ModelSpec) -> onnx.GraphProto:
    """A model of fewer classes as a branch that gives scores of all classes of a spec.

    Raises: WeightsMismatch where it does not take what the spec's model takes, or does not know
    all signs of numbers, or others than that.
    """
    own = spec_in(model)
    taken = (own.height, own.stride, own.preprocessing)
    if taken != (spec.height, spec.stride, spec.preprocessing):
        raise WeightsMismatch(f"{own.name!r} takes lines of {taken}, {spec.name!r} does not")
    if missing := set(own.classes) - set(spec.classes):
        raise WeightsMismatch(f"{spec.name!r} has no classes for {sorted(missing)} of {own.name!r}")
    if missing := set(Charset.load("digits").classes) - set(own.classes):
        raise WeightsMismatch(f"{own.name!r} does not know {sorted(missing)}: it reads no numbers")
    made = branch("numbers", model)
    (scores,) = (one.name for one in made.output)
    places = [spec.classes.index(char) for char in own.classes]
    constants = {
        "numbers/places": np.array(places, np.int64).reshape(1, 1, -1),
        "numbers/unknown": np.full((1, 1, len(spec.classes)), UNKNOWN, np.float32),
        "numbers/first": np.zeros(1, np.int64),
        "numbers/two": np.array([2], np.int64),
        "numbers/one": np.ones(1, np.int64),
    }
    made.initializer.extend(numpy_helper.from_array(a, name) for name, a in constants.items())
    sure, shape, everywhere, steps, whole, out = (
        f"numbers/{part}" for part in ("sure", "shape", "everywhere", "steps", "whole", "spelled")
    )
    grown = f"{whole}_shape"
    made.node.extend(
        [
            helper.make_node("LogSoftmax", [scores], [sure], axis=-1),  # (1, T, c)
            helper.make_node("Shape", [sure], [shape]),
            helper.make_node("Expand", ["numbers/places", shape], [everywhere]),
            helper.make_node("Slice", [shape, "numbers/first", "numbers/two"], [steps]),  # 1, T
            helper.make_node("Concat", [steps, "numbers/one"], [grown], axis=0),
            helper.make_node("Expand", ["numbers/unknown", grown], [whole]),  # (1, T, C)
            helper.make_node("ScatterElements", [whole, everywhere, sure], [out], axis=2),
        ]
    )
    del made.output[:]
    made.output.append(onnx.ValueInfoProto(name=out))
    return made


def spec_in(model: onnx.ModelProto) -> ModelSpec:
    """The spec that travels in a model."""
    found = {prop.key: prop.value for prop in model.metadata_props}
    return ModelSpec.from_json(found.get(SPEC_KEY, ""))


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
