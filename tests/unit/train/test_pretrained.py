"""Weights taken over from the open recogniser, and rows for classes that it lacks."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from crnn.preprocess.normalize import as_input, normalize_line
from crnn.recognize.session import TeacherSession
from crnn.train import recipe as recipes
from crnn.train.models import pretrained
from crnn.train.models.lcnet import GELU_SLOPE, LCNet
from tests.conftest import ROOT, drawn

FILE = ROOT / "runs" / "sources" / pretrained.FILE
needs_file = pytest.mark.skipif(
    not FILE.exists(),
    reason=f"SKIPPED LOUDLY: no {pretrained.FILE}; fetch it with python -m crnn.train.distill",
)
LINES = (
    "2026-11-30",
    "Invoice No. 7",
    "A",
    "1,234.56",
    "Total",
    "x=y",
    "SN 00918",
    "l1I|",
    "@",
    "%",
)


@needs_file
def test_our_cnn_gives_what_the_original_gives(monkeypatch):
    # Exact GELU in place of its approximation: the layers are compared, not the activation.
    exact = lambda y: GELU_SLOPE * torch.nn.functional.gelu(y / GELU_SLOPE)  # noqa: E731
    monkeypatch.setattr(torch.nn.functional, "silu", exact)
    net, spec = LCNet(1), recipes.load(Path("zh")).spec()
    pretrained.load_cnn(net, FILE)
    teacher = TeacherSession(pretrained.teacher(FILE).SerializeToString())
    for text in LINES:
        tensor = as_input(normalize_line(drawn(text, 48), spec), spec)
        with torch.inference_mode():
            ours = net(torch.from_numpy(tensor)).numpy()
        columns, vectors = teacher.run(np.repeat(tensor, 3, axis=1))
        assert np.abs(ours - columns).max() < 1e-3
        assert vectors.shape == (1, columns.shape[3], 120)


@needs_file
def test_a_network_of_other_shapes_is_refused():
    with pytest.raises(pretrained.PretrainedError, match="convolution 0"):
        pretrained.load_cnn(LCNet(2), FILE)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / pretrained.FILE
    path.parent.mkdir()
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [])), path)
    with pytest.raises(pretrained.PretrainedError, match="sha256"):
        pretrained.fetch(tmp_path)


HEAD = pretrained.Head(
    ("\0", "a", "b", " "), np.arange(8, dtype=np.float32).reshape(4, 2), np.zeros(4, np.float32)
)


def test_classes_take_their_own_rows_and_others_the_mean_of_their_lookalikes():
    rows = pretrained.class_rows(HEAD, ("\0", "b", "c"), {"c": ["a", "b"]})
    assert rows.weight.tolist() == [[0, 1], [4, 5], [3, 4]]
    assert rows.bias.tolist() == [0, 0, pretrained.UNSEEN_BIAS]


def test_a_class_without_a_lookalike_is_named():
    with pytest.raises(pretrained.PretrainedError, match=r"U\+0063"):
        pretrained.class_rows(HEAD, ("\0", "c"), {"c": ["d"]})
