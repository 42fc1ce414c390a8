import pytest
import torch

from crnn.train import checkpoint
from crnn.train.models.crnn import NetShape, Residual
from crnn.train.recipe import DataChoices, Recipe, Stage, to_dict
from crnn.train.run_state import State
from tests.fixtures.tiny import SHAPE, network, spec


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
    from crnn.train.models.crnn import Crnn

    model = Crnn(10, 32, 1, SHAPE).eval()
    columns = model.cnn_features(torch.rand(1, 1, 32, 64))
    torch.nn.init.zeros_(model.bottleneck.bias)
    assert torch.allclose(model.rnn_features(columns), model.cnn_only_features(columns), atol=1e-6)


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
        before, after = (
            net.classes(net.cnn_only_features(net.cnn_features(x))) for net in (old, new)
        )
        assert before.shape == after.shape == (2, 16, len(spec.classes))
        assert torch.allclose(before[:, 0::2], after[:, 0::2], atol=1e-5)
        assert not torch.allclose(before[:, 1::2], after[:, 1::2], atol=1e-3)
        assert torch.allclose(new(x), after)  # the BiLSTM adds nothing at first


def with_blocks(blocks: tuple[int, int, int]) -> Recipe:
    net = NetShape((8, 8, 16, 16), blocks=blocks, hidden=8, bottleneck=8)
    stages = (Stage(0, 32, 32, 0.0),)
    return Recipe("t", DataChoices({}, {}), stages, charset="digits", net=net)


@pytest.mark.parametrize("blocks", [(2, 1, 1), (1, 2, 3), (2, 2, 2)])
def test_a_network_with_more_blocks_begins_where_the_old_one_stood(tmp_path, blocks):
    shallow, deep = with_blocks((1, 1, 1)), with_blocks(blocks)
    spec = shallow.spec()
    old, new = checkpoint.build(shallow, spec), checkpoint.build(deep, spec)
    x = torch.rand(2, 1, 32, 64)
    old.train()
    for _ in range(5):  # batch statistics of its own
        old(x)
    path = tmp_path / "old.half.pt"
    content = {"spec": spec.to_json(), "recipe": to_dict(shallow), "weights": old.state_dict()}
    checkpoint.save(path, content)
    checkpoint.take_over(new, spec, path)
    with torch.inference_mode():
        assert torch.allclose(old.eval()(x), new.eval()(x), atol=1e-6)
    assert sum(p.numel() for p in new.parameters()) > sum(p.numel() for p in old.parameters())
    new.train()
    new(x).square().mean().backward()
    scales = [m.conv[1].weight for m in new.cnn if isinstance(m, Residual)]
    assert all(scale.grad.abs().max() > 0 for scale in scales)  # and the new ones learn


@pytest.mark.parametrize("blocks", [(2, 1, 1), (1, 2, 3), (2, 2, 2)])
def test_a_network_with_fewer_blocks_leaves_out_the_last_of_each_stage(tmp_path, blocks):
    shallow, deep = with_blocks((1, 1, 1)), with_blocks(blocks)
    spec = shallow.spec()
    old, new = checkpoint.build(deep, spec).eval(), checkpoint.build(shallow, spec).eval()
    stages = [number for number, m in enumerate(old.cnn) if isinstance(m, Residual)]
    firsts = {number for number in stages if number - 1 not in stages}
    for number in set(stages) - firsts:  # those that do nothing
        torch.nn.init.zeros_(old.cnn[number].conv[1].weight)
    path = tmp_path / "old.half.pt"
    content = {"spec": spec.to_json(), "recipe": to_dict(deep), "weights": old.state_dict()}
    checkpoint.save(path, content)
    checkpoint.take_over(new, spec, path)
    x = torch.rand(2, 1, 32, 64)
    with torch.inference_mode():
        assert torch.allclose(old(x), new(x), atol=1e-6)
    assert len(new.cnn) == len(old.cnn) - sum(blocks) + 3


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_blend_with_a_deeper_network_begins_where_its_run_began(tmp_path, share):
    shallow, deep = with_blocks((1, 1, 1)), with_blocks((2, 1, 1))
    spec = shallow.spec()
    old = checkpoint.build(shallow, spec).eval()
    first, learned, out = (tmp_path / f"{name}.half.pt" for name in "abc")
    checkpoint.save_half(first, shallow, spec, old.state_dict(), {})
    begun = State.new(deep, spec, torch.device("cpu"), first).model
    weights = {name: value.clone() for name, value in begun.state_dict().items()}
    weights["classes.bias"] += 1.0
    checkpoint.save_half(learned, deep, spec, weights, {})
    checkpoint.blend(first, learned, out, share)
    model, _, recipe = checkpoint.load_model(out)
    assert recipe.net.blocks == (2, 1, 1)
    assert checkpoint.load(out)["facts"]["way"] == share
    x = torch.rand(1, 1, 32, 64)
    with torch.inference_mode():
        assert torch.allclose(model(x), old(x) + share, atol=5e-3)
    assert torch.allclose(
        checkpoint.averaged(checkpoint.load(out))["cnn.4.conv.0.weight"],
        weights["cnn.4.conv.0.weight"],
        atol=1e-3,
    )
