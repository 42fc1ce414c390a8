"""The exported graph against the torch network, and INT8 against CPUs that saturate."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from crnn.decode import log_softmax
from crnn.recognize.session import Session
from crnn.train.models.crnn import NetShape
from export.to_int8 import to_int8
from export.to_onnx import to_onnx
from tests.fixtures.tiny import inputs, network, spec


@pytest.mark.parametrize("height", [32, 40, 48])
@pytest.mark.parametrize(("pair", "rows"), [(True, "concat"), (False, "concat"), (True, "mean")])
def test_the_onnx_graph_computes_what_torch_computes(height, pair, rows):
    shape = NetShape((8, 8, 16, 16), hidden=16, bottleneck=16, dropout=0.0, pair=pair, rows=rows)
    found = spec(height)
    model = network(found, shape)
    session = Session(to_onnx(model, found).SerializeToString())
    for width in (32, 96, 1024):
        array = np.random.default_rng(width).random((1, 1, height, width), np.float32)
        with torch.inference_mode():
            truth = model(torch.from_numpy(array))[0].numpy()
        assert np.abs(truth - session.run(array)).max() < 1e-4
        assert len(truth) == found.steps(width)


def test_the_spec_travels_inside_the_file_through_quantisation():
    model = to_int8(to_onnx(network(spec()), spec()), inputs(4))
    assert Session(model.SerializeToString()).spec == spec()


def test_int8_reads_nearly_as_fp32_does():
    fp32 = to_onnx(network(spec()), spec())
    int8 = Session(to_int8(fp32, inputs(16)).SerializeToString())
    exact = Session(fp32.SerializeToString())
    gaps = [
        np.abs(log_softmax(exact.run(a)) - log_softmax(int8.run(a))).mean() for a in inputs(8, 128)
    ]
    assert np.mean(gaps) < 0.05


def saturating_pairs(activations: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What vpmaddubsw sums on a CPU without VNNI: u8 x s8 in pairs, clipped to sixteen bits."""
    products = activations.astype(np.int32) * weights.astype(np.int32)
    return np.clip(products[..., ::2] + products[..., 1::2], -32768, 32767).sum(-1)


def test_quantised_weights_cannot_saturate_where_there_is_no_vnni():
    model = to_int8(to_onnx(network(spec()), spec()), inputs(4))
    stored = [
        numpy_helper.to_array(t)
        for t in model.graph.initializer
        if t.data_type == onnx.TensorProto.INT8
    ]
    assert len(stored) >= 8 + 4 + 3  # convolutions, W and R of two BiLSTM layers, linear layers
    brightest = np.full(2, 255, np.uint8)
    for array in stored:
        heaviest = np.full(2, np.abs(array.astype(int)).max())
        exact = int((brightest.astype(int) * heaviest).sum())
        assert saturating_pairs(brightest, heaviest) == exact
        assert saturating_pairs(brightest, -heaviest) == -exact


def test_eight_bit_weights_would_saturate_so_the_emulation_can_fail():
    assert saturating_pairs(np.full(2, 255), np.full(2, 127)) < 2 * 255 * 127
