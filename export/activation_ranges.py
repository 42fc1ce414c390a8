"""Which range of an activation its 256 levels are spread over: the one of least squared error.

From the least to the greatest value seen, a few outliers would coarsen all the rest (Banner 2018,
arXiv:1810.05723). Only histograms are kept, and the lines may differ in width.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort  # type: ignore[import-untyped]
from numpy.typing import NDArray

from export.to_onnx import INPUT

Array = NDArray[np.float32]
Counts = NDArray[np.float64]

BINS = 2048
LEVELS = 255
LOWER, UPPER = np.linspace(0.3, 1.0, 15), np.linspace(0.2, 1.0, 41)
"""Shares of the least and of the greatest value seen that are tried as ends of the range."""


@dataclass
class Histogram:
    """Values between least and greatest, which are at most and at least 0."""

    least: float = 0.0
    greatest: float = 0.0

    def __post_init__(self) -> None:
        self.counts: Counts = np.zeros(BINS)

    def widen(self, values: Array) -> None:
        """Let the values in; before any is counted."""
        self.least = min(self.least, float(values.min()))
        self.greatest = max(self.greatest, float(values.max()))

    def count(self, values: Array) -> None:
        """Count the values."""
        self.counts += np.histogram(values, BINS, (self.least, self.greatest))[0]

    def best_range(self) -> tuple[float, float]:
        """The ends of the range whose levels stand for the values with least squared error."""
        if self.least == self.greatest:
            return self.least, self.greatest
        edges = np.linspace(self.least, self.greatest, BINS + 1)
        values = (edges[1:] + edges[:-1]) / 2
        lower = LOWER if self.least < 0 else (0.0,)
        tried = [(self.least * low, self.greatest * high) for low in lower for high in UPPER]
        return min(tried, key=lambda ends: self._error(values, *ends))

    def _error(self, values: Counts, low: float, high: float) -> float:
        step = (high - low) / LEVELS
        zero = np.round(-low / step)
        stands_for = (np.clip(np.round(values / step) + zero, 0, LEVELS) - zero) * step
        return float((self.counts * (stands_for - values) ** 2).sum())


def best_ranges(
    model: onnx.ModelProto,
    inputs: Sequence[Array],
    kinds: Sequence[str],
    left_out: Collection[str] = (),
) -> dict[str, tuple[float, float]]:
    """The best range of everything that goes into or out of nodes of those kinds, but the image.

    inputs: arrays (1, K, H, W) of any widths; left_out: names of nodes that do not count.
    """
    nodes = [node for node in model.graph.node if node.op_type in kinds]
    stored = {INPUT, *(one.name for one in model.graph.initializer)}
    counted = [node for node in nodes if node.name not in left_out]
    names = sorted({name for node in counted for name in (*node.input, *node.output)} - stored)
    results = {name: Histogram() for name in names}
    for name, values in activations(model, names, inputs):
        results[name].widen(values)
    for name, values in activations(model, names, inputs):
        results[name].count(values)
    return {name: histogram.best_range() for name, histogram in results.items()}


def activations(
    model: onnx.ModelProto, names: Sequence[str], inputs: Sequence[Array]
) -> Iterator[tuple[str, Array]]:
    """What stands at those names in the graph, line by line."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    kind = onnx.TensorProto.FLOAT
    shown.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, kind, None) for name in names
    )
    session = ort.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    for line in inputs:
        yield from zip(names, session.run(names, {INPUT: line}), strict=True)
