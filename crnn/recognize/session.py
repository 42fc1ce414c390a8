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
        results = (*image.shape[1:3], scores.shape[-1])
        promised = (self.spec.channels, self.spec.height, len(self.spec.classes))
        if results != promised:
            raise WeightsMismatch(f"the graph has K, H, C {results}; its spec says {promised}")

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, K, H, W) -> scores (T, C), not yet normalised."""
        scores: NDArray[np.float32] = self._session.run([self._scores], {self._input: tensor})[0]
        return scores.reshape(-1, scores.shape[-1])  # (T, C)


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
