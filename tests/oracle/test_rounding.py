"""Weights rounded by what they are multiplied with, against the nearest levels and all others."""

from itertools import product

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper

from export.rounding import MOST, alike, moments, round_anew, rounded
from export.to_int8 import network_to_int8, to_int8
from export.to_onnx import INPUT, expert_to_onnx, to_onnx
from tests.tiny import inputs, network, routed_network, spec


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
    weights = 5 * torch.randn(9, 30, dtype=torch.float64)
    found = rounded(weights, torch.full((9,), 0.05, dtype=torch.float64), x.T @ x / len(x))
    assert found.abs().max() == MOST and torch.equal(found, found.round())


def test_inputs_that_go_each_their_own_way_leave_the_nearest_levels():
    weights = torch.randn(5, 40, dtype=torch.float64)
    scales = weights.abs().amax(1) / MOST
    found = rounded(weights, scales, torch.eye(40, dtype=torch.float64))
    assert torch.equal(found, (weights / scales[:, None]).round())


def test_the_moment_of_a_convolution_is_of_the_patches_it_sees():
    """Its weights laid out as they are stored: the mean square of its output says so."""
    model = to_onnx(network(spec()), spec())
    found = moments(model, inputs(3))
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
        expected = np.einsum("oi,ij,oj->o", rows, found[node.name].numpy(), rows)
        np.testing.assert_allclose(expected, squares, rtol=1e-3, atol=1e-9)


def test_a_model_rounded_so_says_more_nearly_what_the_exact_one_says():
    model = to_onnx(network(spec()), spec())
    seen = inputs(12)
    anew = to_int8(model, seen)
    again = onnx.ModelProto()
    again.CopyFrom(anew)
    apart = {
        name: torch.eye(len(one), dtype=one.dtype) for name, one in moments(model, seen).items()
    }
    round_anew(again, model, apart)  # the nearest levels

    def far(tried: onnx.ModelProto) -> float:
        exact, rough = (
            ort.InferenceSession(one.SerializeToString(), providers=["CPUExecutionProvider"])
            for one in (model, tried)
        )
        return float(
            np.mean(
                [
                    (exact.run(None, {INPUT: x})[0] - rough.run(None, {INPUT: x})[0]) ** 2
                    for x in inputs(12, 128)
                ]
            )
        )

    assert far(anew) < 0.9 * far(again)


def test_experts_go_on_sharing_their_class_matrix():
    net = routed_network(spec())
    experts = [expert_to_onnx(net, name, spec()) for name in ("print", "handwriting")]
    found = alike([moments(one, inputs(4)) for one in experts], experts)
    same = {name for name in found[0] if torch.equal(found[0][name], found[1][name])}
    assert len(same) == 1
    graph = network_to_int8(net, spec(), inputs(8)).graph
    branches = [
        one.g for node in graph.node for one in node.attribute if one.name.endswith("branch")
    ]
    shape = [net.classes.in_features, net.classes.out_features]
    matrices = [one for branch in branches for one in branch.initializer if one.dims == shape]
    first, second = (numpy_helper.to_array(one) for one in matrices)
    assert np.array_equal(first, second)
