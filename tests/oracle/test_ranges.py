"""The range of an activation in eight bits, against the error of every other range."""

import numpy as np
import pytest

from export.activation_ranges import LEVELS, Histogram, best_ranges
from export.to_int8 import STATIC, to_int8
from export.to_onnx import to_onnx
from tests.fixtures.tiny import inputs, network, spec


def histogram(values: np.ndarray) -> Histogram:
    made = Histogram()
    made.widen(values)
    made.count(values)
    return made


def squared_error(values: np.ndarray, low: float, high: float) -> float:
    step = (high - low) / LEVELS
    zero = round(-low / step)
    levels = np.clip(np.round(values / step) + zero, 0, LEVELS)
    return float((((levels - zero) * step - values) ** 2).sum())


def test_one_outlier_does_not_coarsen_all_the_rest():
    values = np.random.default_rng(0).random(2_000_000).astype(np.float32)
    values[0] = 4.0
    low, high = histogram(values).best_range()
    assert low == 0 and high < 2.5


@pytest.mark.parametrize("seed", range(5))
def test_no_range_of_a_finer_search_is_better_by_much(seed):
    rng = np.random.default_rng(seed)
    values = (rng.normal(0, 1, 50_000) * rng.choice((0.3, 1, 2), 50_000)).astype(np.float32)
    found = squared_error(values, *histogram(values).best_range())
    ends = rng.uniform(0.1, 1.0, (300, 2)) * (values.min(), values.max())
    assert found < 1.02 * min(squared_error(values, *pair) for pair in ends.tolist())
    assert found < squared_error(values, values.min(), values.max())


def test_what_is_always_zero_has_a_range():
    assert histogram(np.zeros(10, np.float32)).best_range() == (0.0, 0.0)


def test_ranges_are_of_what_the_convolutions_take_and_give():
    model = to_onnx(network(spec()), spec())
    found = best_ranges(model, inputs(3), STATIC)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert {node.output[0] for node in convolutions} <= set(found)
    assert all(low <= 0 <= high for low, high in found.values())
    behind_relu = [node.output[0] for node in model.graph.node if node.op_type == "Relu"]
    assert all(found[name][0] == 0 for name in behind_relu)


def test_between_a_convolution_and_its_relu_nothing_is_rounded():
    """Half of the levels would be spent on what the ReLU takes away."""
    graph = to_int8(to_onnx(network(spec()), spec()), inputs(3)).graph
    makers = {name: node for node in graph.node for name in node.output}
    relus = [node for node in graph.node if node.op_type == "Relu"]
    rounded = [node for node in relus if makers[node.input[0]].op_type == "DequantizeLinear"]
    assert not rounded
