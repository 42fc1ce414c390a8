import pytest
import torch

from crnn.model import NetShape
from tests.tiny import SHAPE, network, spec


@pytest.mark.parametrize("pair", [True, False])
@pytest.mark.parametrize("width", [32, 64, 320, 1024])
def test_the_spec_knows_how_many_steps_the_network_makes(pair, width):
    shape = NetShape((8, 8, 16, 16), hidden=8, bottleneck=8, pair=pair)
    scores = network(spec(), shape)(torch.zeros(1, 1, 32, width))
    assert scores.shape == (1, spec().steps(width), len(spec().classes))


def test_a_line_reads_the_same_alone_and_in_a_batch():
    model = network(spec(), SHAPE)
    lines = torch.rand(3, 1, 32, 64)
    assert torch.allclose(model(lines)[1], model(lines[1:2])[0], atol=1e-5)


def test_a_new_network_says_what_its_cnn_says():
    torch.manual_seed(0)
    from crnn.model import Crnn

    model = Crnn(10, 32, 1, SHAPE).eval()
    columns = model.columns(torch.rand(1, 1, 32, 64))
    torch.nn.init.zeros_(model.bottleneck.bias)
    assert torch.allclose(model.context(columns), model.glimpse(columns), atol=1e-6)
