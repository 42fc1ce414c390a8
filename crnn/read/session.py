"""The only file that imports onnxruntime: a verified model, ready to run on many threads."""

from __future__ import annotations

import os

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when onnxruntime is imported
import onnxruntime as ort  # type: ignore[import-untyped]  # noqa: E402
from numpy.typing import NDArray

from crnn.errors import WeightsCorrupt, WeightsMismatch
from crnn.spec import ModelSpec

SPEC_KEY = "spec"
WRITTEN, LEAST, NUMBERS_ASKED = "written", "least", "numbers_asked"
"""Names in the graph of a model of several experts, beside image and scores. It gives the log odds
that a line is handwriting, as its router sees it; it takes how much of that the expert for
handwriting needs, and whether the expert for numbers is to read; for both it has values of its own.
"""

PRINT, HAND, NUMBER = "print", "handwriting", "numbers"
"""Experts that may be asked to read."""

UNKNOWN = -40.0
"""The log-probability that the expert for numbers gives to what it has no class for."""

_ASKED: dict[str, dict[str, NDArray[np.generic]]] = {
    PRINT: {LEAST: np.array([np.inf], np.float32)},
    HAND: {LEAST: np.array([-np.inf], np.float32)},
    NUMBER: {NUMBERS_ASKED: np.array([True])},
}


class Session:
    """One loaded model. Safe from any thread; each call computes on `threads` cores."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # It keeps what the widest tiles that were run at once took, a few tens of megabytes each,
        # and spares long lines asking the system for as much again.
        options.enable_cpu_mem_arena = True
        options.enable_mem_pattern = False  # widths vary: a pattern per shape is a leak
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(
                model, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as exc:  # onnxruntime raises its own tree, and RuntimeError beside it
            raise WeightsCorrupt(f"onnxruntime cannot load the model: {exc}") from exc
        meta = self._session.get_modelmeta().custom_metadata_map
        self.spec = ModelSpec.from_json(meta.get(SPEC_KEY, ""))
        image, scores = self._session.get_inputs()[0], self._session.get_outputs()[0]
        self._input, self._scores = image.name, scores.name
        wishes = {one.name for one in self._session.get_overridable_initializers()}
        self.experts = frozenset(name for name, asked in _ASKED.items() if wishes >= {*asked})
        found = (*image.shape[1:3], scores.shape[-1])
        promised = (self.spec.channels, self.spec.height, len(self.spec.classes))
        if found != promised:
            raise WeightsMismatch(f"the graph has K, H, C {found}; its spec says {promised}")

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, K, H, W) -> scores (T, C), not yet normalised."""
        scores: NDArray[np.float32] = self._session.run(None, {self._input: tensor})[0]
        return scores.reshape(-1, scores.shape[-1])  # (T, C)

    def ask(
        self, tensor: NDArray[np.float32], expert: str = ""
    ) -> tuple[NDArray[np.float32], float]:
        """What one of `experts` makes of a line, or whom the router names, and the router's word.

        (1, K, H, W) -> scores (T, C), not yet normalised, and the log odds that the line is
        handwriting: even, 0, where the model has no router to ask.
        """
        if not self.experts:
            return self.run(tensor), 0.0
        feeds = {self._input: tensor, **(_ASKED[expert] if expert else {})}
        scores, written = self._session.run([self._scores, WRITTEN], feeds)
        return scores.reshape(-1, scores.shape[-1]), float(written[0])


class TeacherSession:
    """Another recogniser, run for what its graph gives: training learns from it."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = ort.InferenceSession(
            model, sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for one input (N, K, H, W)."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, {self._input: tensor})
        return outputs
