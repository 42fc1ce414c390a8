import pytest
import torch

from crnn.model import NetShape
from crnn.train import checkpoint
from crnn.train.recipe import DataChoices, Recipe, Stage, to_dict
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


def test_a_network_of_paired_steps_is_taken_over_where_it_stood(tmp_path):
    paired, single = (
        Recipe(
            "t",
            DataChoices({}, {}),
            (Stage(0, 32, 32, 0.0),),
            charset="digits",
            net=NetShape((8, 8, 16, 16), hidden=8, bottleneck=8, pair=pair),
        )
        for pair in (True, False)
    )
    spec = paired.spec()
    old, new = checkpoint.build(paired, spec).eval(), checkpoint.build(single, spec).eval()
    path = tmp_path / "old.half.pt"
    checkpoint.save(
        path,
        {"spec": spec.to_json(), "recipe": to_dict(paired), "weights": old.state_dict()},
    )
    checkpoint.take_over(new, spec, path)
    x = torch.rand(2, 1, 32, 64)
    with torch.inference_mode():
        before, after = (net.classes(net.glimpse(net.columns(x))) for net in (old, new))
        assert before.shape == after.shape == (2, 16, len(spec.classes))
        assert torch.allclose(before[:, 0::2], after[:, 0::2], atol=1e-5)
        assert not torch.allclose(before[:, 1::2], after[:, 1::2], atol=1e-3)
        assert torch.allclose(new(x), after)  # the BiLSTM adds nothing at first
