"""What is made of a checkpoint: its model in single precision, confidences fitted anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from crnn.calibration import Calibration
from crnn.recognize.session import Session
from crnn.train import checkpoint
from crnn.train.recipe import DataChoices, Recipe, Stage
from export import publish as publishing
from export.publish import fp32_model
from tests.fixtures.tiny import SHAPE, inputs, network, onnx_bytes, spec
from tests.fixtures.weights_folders import publish

PARITY = (
    "lines",
    "cer_int8",
    "cer_fp32",
    "int8_step_agreement",
    "int8_text_agreement",
    "fp32_log_prob_difference",
)


def saved(path: Path) -> Path:
    recipe = Recipe("t", DataChoices({}, {}), (Stage(0, 32, 32, 0.0),), charset="digits", net=SHAPE)
    checkpoint.save_half(path, recipe, spec(), network(spec()).state_dict(), {})
    return path


def test_a_checkpoint_rebuilds_its_single_precision_model(tmp_path):
    session = Session(fp32_model(saved(tmp_path / "tiny.half.pt")).SerializeToString())
    (tensor,) = inputs(1)
    with torch.inference_mode():
        truth = network(spec())(torch.from_numpy(tensor))[0].numpy()
    assert np.abs(truth - session.run(tensor)).max() < 0.05


def test_confidences_fitted_anew_are_in_model_manifest_and_card(tmp_path, monkeypatch):
    saved(tmp_path / "tiny.half.pt")
    told = {
        "checkpoint": "tiny.half.pt",
        "fp32_bytes": 10**6,
        "training": {},
        "parity": dict.fromkeys(PARITY, 0),
    }
    publish(tmp_path, "tiny", onnx_bytes(), **told)
    fitted = Calibration((0.1, 0.9, 0.0), (0.0, 1.0))
    monkeypatch.setattr(publishing, "calibrate", lambda *_: fitted)
    entry = publishing.recalibrate("tiny", tmp_path)
    assert entry["training"] == told["training"]
    assert entry["spec"]["calibration"] == fitted.to_dict()
    data = (tmp_path / entry["file"]).read_bytes()
    kept, before = Session(data), Session(onnx_bytes())
    assert kept.spec.calibration == fitted
    (tensor,) = inputs(1)
    assert np.array_equal(kept.run(tensor), before.run(tensor))
    assert f"{len(data):,}" in (tmp_path / "tiny" / "CARD.md").read_text("utf-8")
