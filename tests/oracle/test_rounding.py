"""Weights rounded by what they are multiplied with, against the nearest levels and all others."""

from itertools import product

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from export import to_int8 as quantising
from export.to_int8 import to_int8
from export.to_onnx import INPUT, to_onnx
from export.weight_rounding import MOST, Moment, round_anew, rounded, second_moments
from tests.fixtures.tiny import inputs, network, spec


def correlated(size: int, seed: int = 0) -> torch.Tensor:
    """Inputs that go together, as neighbours in a picture do: (M, I)."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(size // 2, size, generator=generator, dtype=torch.float64)
    causes = torch.randn(4000, size // 2, generator=generator, dtype=torch.float64)
    return (causes @ mixing + 1).relu()


def error_of_sums(levels: torch.Tensor, weights: torch.Tensor, scale: float, x: torch.Tensor):
    return float(((x @ (levels * scale - weights).T) ** 2).mean())


def test_sums_are_nearer_than_by_nearest_levels():
    """On inputs that were not rounded by."""
    known, unseen = correlated(200).chunk(2)
    weights = torch.randn(32, 200, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    scale = float(weights.abs().max()) / MOST
    scales = torch.full((32,), scale, dtype=torch.float64)
    found = rounded(weights, scales, known.T @ known / len(known))
    nearest = (weights / scale).round()
    errors = [error_of_sums(one, weights, scale, unseen) for one in (found, nearest)]
    assert errors[0] < 0.5 * errors[1]


def test_few_weights_are_rounded_nearly_as_well_as_can_be():
    """Of all levels around the exact ones, tried one by one."""
    x = correlated(8)
    moment = x.T @ x / len(x)
    generator = torch.Generator().manual_seed(2)
    weights = torch.rand(40, 8, dtype=torch.float64, generator=generator) * 9
    found = rounded(weights, torch.ones(40, dtype=torch.float64), moment)
    steps = torch.tensor(list(product((-1, 0, 1, 2), repeat=8)), dtype=torch.float64)

    def error(lost: torch.Tensor) -> torch.Tensor:
        return ((lost @ moment) * lost).sum(-1)

    best = sum(error(row.floor() + steps - row).min() for row in weights)
    assert best <= error(found - weights).sum() < 2 * best
    assert 4 * best < error(weights.round() - weights).sum()


def test_levels_are_whole_and_within_seven_bits():
    x = correlated(30)
    generator = torch.Generator().manual_seed(3)
    weights = 5 * torch.randn(9, 30, dtype=torch.float64, generator=generator)
    found = rounded(weights, torch.full((9,), 0.05, dtype=torch.float64), x.T @ x / len(x))
    assert found.abs().max() == MOST and torch.equal(found, found.round())


def test_inputs_that_go_each_their_own_way_leave_the_nearest_levels():
    generator = torch.Generator().manual_seed(4)
    weights = torch.randn(5, 40, dtype=torch.float64, generator=generator)
    scales = weights.abs().amax(1) / MOST
    found = rounded(weights, scales, torch.eye(40, dtype=torch.float64))
    assert torch.equal(found, (weights / scales[:, None]).round())


def test_the_moment_of_a_convolution_is_of_the_patches_it_sees():
    """Its weights laid out as they are stored: the mean square of its output says so."""
    model = to_onnx(network(spec()), spec())
    found = second_moments(model, inputs(3))
    held = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    nodes = [n for n in model.graph.node if n.name in found and n.op_type in ("Conv", "MatMul")]
    assert {node.op_type for node in nodes} == {"Conv", "MatMul"}
    names = [node.output[0] for node in nodes]
    shown.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    run = ort.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = [run.run(names, {INPUT: line}) for line in inputs(3)]
    for place, node in enumerate(nodes):
        weights = held[node.input[1]].astype(np.float64)
        rows = weights.T if node.op_type == "MatMul" else weights.reshape(len(weights), -1)
        bias = held[node.input[2]] if node.op_type == "Conv" else np.zeros(len(rows), np.float32)
        given = [
            one[place].reshape(-1, len(rows))
            if node.op_type == "MatMul"
            else one[place][0].reshape(len(rows), -1).T - bias
            for one in outputs
        ]
        squares = (np.concatenate(given).astype(np.float64) ** 2).mean(0)
        expected = np.einsum("oi,ij,oj->o", rows, found[node.name].mean().numpy(), rows)
        np.testing.assert_allclose(expected, squares, rtol=1e-3, atol=1e-9)


def test_where_nothing_was_seen_levels_are_the_nearest():
    weights = torch.tensor([[0.2, 0.9, -1.4]], dtype=torch.float64)
    found = rounded(weights, torch.ones(1, dtype=torch.float64), torch.zeros(3, 3).double())
    assert found.tolist() == [[0.0, 1.0, -1.0]]


@pytest.fixture
def to_nearest(monkeypatch) -> onnx.ModelProto:
    """The tiny model as ONNX Runtime's tools quantise it."""
    with monkeypatch.context() as patched:
        patched.setattr(quantising, "round_anew", lambda *_: None)
        return to_int8(to_onnx(network(spec()), spec()), inputs(12))


def differing(one: onnx.ModelProto, other: onnx.ModelProto) -> list[str]:
    """Names of the tensors that are not the same in both."""
    pairs = zip(one.graph.initializer, other.graph.initializer, strict=True)
    return [
        a.name
        for a, b in pairs
        if not np.array_equal(numpy_helper.to_array(a), numpy_helper.to_array(b))
    ]


def test_inputs_apart_from_each_other_leave_what_onnx_runtime_rounded(to_nearest):
    """So scales, axes and the order of weights are understood as they are stored."""
    model = to_onnx(network(spec()), spec())
    again = onnx.ModelProto()
    again.CopyFrom(to_nearest)
    apart = {
        name: Moment(torch.eye(len(one.total)), 1)
        for name, one in second_moments(model, inputs(2)).items()
    }
    round_anew(again, model, apart)
    assert not differing(again, to_nearest)


def test_a_model_rounded_so_says_more_nearly_what_the_exact_one_says(to_nearest):
    model = to_onnx(network(spec()), spec())
    anew = to_int8(model, inputs(12))
    assert {name.rpartition("_")[2] for name in differing(anew, to_nearest)} == {"quantized"}

    def far(tried: onnx.ModelProto) -> float:
        exact, rough = (
            ort.InferenceSession(one.SerializeToString(), providers=["CPUExecutionProvider"])
            for one in (model, tried)
        )
        errors = [
            (exact.run(None, {INPUT: x})[0] - rough.run(None, {INPUT: x})[0]) ** 2
            for x in inputs(12, 128)
        ]
        return float(np.mean(errors))

    assert far(anew) < 0.9 * far(to_nearest)


def test_weights_quantised_in_another_way_are_refused(to_nearest):
    model = to_onnx(network(spec()), spec())
    name = next(n.input[1] for n in model.graph.node if n.op_type == "MatMul")
    held = next(t for t in to_nearest.graph.initializer if t.name == f"{name}_quantized")
    eight_bits = 2 * numpy_helper.to_array(held).clip(-63, 63)
    held.CopyFrom(numpy_helper.from_array(eight_bits, held.name))
    with pytest.raises(ValueError, match="seven bits"):
        round_anew(to_nearest, model, second_moments(model, inputs(2)))
