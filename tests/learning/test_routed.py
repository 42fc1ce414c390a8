"""Two experts, a router, and the way from one network to two and back."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from crnn.model import EXPERTS, Crnn, Routed, Router
from crnn.read.session import Session
from crnn.train import checkpoint, join
from crnn.train.recipe import DataChoices, Recipe, RecipeError, Stage
from crnn.train.samples import Batch
from crnn.train.state import State
from export.branches import SHARED_BYTES
from export.publish import fp32_model
from export.to_int8 import network_to_int8
from export.to_onnx import to_onnx
from tests.tiny import SHAPE, network, routed_network, spec


def recipe(**net: object) -> Recipe:
    shape = dataclasses.replace(SHAPE, **net)
    return Recipe("t", DataChoices({}, {}), (Stage(0, 32, 32, 0.0),), charset="digits", net=shape)


def lines(level: float, count: int = 3, width: int = 96) -> torch.Tensor:
    noise = torch.rand(count, 1, 32, width, generator=torch.Generator().manual_seed(count))
    return (level + 0.1 * noise).float()


FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
PRINT, WRITTEN = 0.1, 0.8
"""Grey levels of lines that the tiny router gives to one expert and to the other."""


def test_each_line_is_read_by_the_expert_that_the_router_names():
    model = routed_network(spec())
    x = torch.cat([lines(PRINT, 2), lines(WRITTEN, 1), lines(PRINT, 1), lines(WRITTEN, 2)])
    names = ["print", "print", "handwriting", "print", "handwriting", "handwriting"]
    with torch.inference_mode():
        found = model.features(x)
        for line, name, feature in zip(x, names, found, strict=True):
            mine = model.experts[name].features(line[None])[0]
            assert torch.allclose(feature, mine, atol=1e-5)
        both = [model.experts[name].features(x[:1])[0] for name in EXPERTS]
    assert not torch.allclose(*both, atol=1e-2)


def test_fine_tuning_teaches_the_experts_and_leaves_the_router():
    model = routed_network(spec()).train()
    before = {name: value.clone() for name, value in model.router.state_dict().items()}
    model(torch.cat([lines(PRINT), lines(WRITTEN)])).square().mean().backward()
    assert all(torch.equal(value, before[n]) for n, value in model.router.state_dict().items())
    assert all(p.grad is None for p in model.router.parameters())
    for expert in model.experts.values():
        assert expert.direct.weight.grad.abs().max() > 0


def published(path, model, **net):
    made = recipe(**net)
    checkpoint.save_half(path, made, made.spec(), model.state_dict(), {"lines": 5})
    return path


@pytest.mark.parametrize("name", EXPERTS)
def test_a_plain_network_begins_as_the_expert_that_its_recipe_names(tmp_path, name):
    whole = routed_network(recipe().spec())
    path = published(tmp_path / "whole.half.pt", whole, routed=True)
    state = State.new(recipe(expert=name), recipe().spec(), torch.device("cpu"), path)
    level = {"print": PRINT, "handwriting": WRITTEN}[name]
    with torch.inference_mode():
        assert torch.allclose(state.model.eval()(lines(level)), whole(lines(level)), atol=0.02)
    assert state.lines == 5


def test_an_expert_must_be_named_and_a_routed_network_made_of_two(tmp_path):
    path = published(tmp_path / "a.half.pt", routed_network(recipe().spec()), routed=True)
    with pytest.raises(RecipeError, match="names one of them"):
        State.new(recipe(), recipe().spec(), torch.device("cpu"), path)
    plain = published(tmp_path / "b.half.pt", network(recipe().spec()))
    with pytest.raises(RecipeError, match=r"crnn\.train\.join"):
        State.new(recipe(routed=True), recipe().spec(), torch.device("cpu"), plain)


def test_a_routed_network_is_taken_over_and_blended_as_any(tmp_path):
    model = routed_network(recipe().spec())
    path = published(tmp_path / "a.half.pt", model, routed=True)
    state = State.new(recipe(routed=True), recipe().spec(), torch.device("cpu"), path)
    x = torch.cat([lines(PRINT), lines(WRITTEN)])
    with torch.inference_mode():
        assert torch.allclose(state.model.eval()(x), model(x), atol=0.02)
    checkpoint.blend(path, path, tmp_path / "c.half.pt", 0.5)
    again, _, _ = checkpoint.load_model(tmp_path / "c.half.pt")
    assert isinstance(again, Routed)


def test_joined_experts_read_as_they_did(tmp_path, monkeypatch):
    one, other = (network(recipe().spec()) for _ in EXPERTS)
    with torch.no_grad():
        other.direct.bias += 0.5
    paths = [published(tmp_path / f"{n}.half.pt", m) for n, m in enumerate((one, other))]
    monkeypatch.setattr(join, "rendered", lambda *_: brightness())
    facts = join.join(paths, recipe(), tmp_path / "whole.half.pt", batches=60)
    assert facts["experts"] == {name: {"lines": 5} for name in EXPERTS}
    again = tmp_path / "again.half.pt"
    join.join(paths, recipe(), again, keep=tmp_path / "whole.half.pt")
    model, _, made = checkpoint.load_model(again)
    assert made.net.routed
    with torch.inference_mode():
        for level, expert in ((PRINT, one), (WRITTEN, other)):
            assert torch.allclose(model(lines(level)), expert(lines(level)), atol=0.02)


def test_a_router_that_leans_takes_fewer_lines_for_handwriting(tmp_path, monkeypatch):
    paths = [published(tmp_path / f"{n}.half.pt", network(recipe().spec())) for n in range(2)]
    monkeypatch.setattr(join, "rendered", lambda *_: brightness())
    whole, leaning, twice = (tmp_path / f"{name}.half.pt" for name in ("a", "b", "c"))
    join.join(paths, recipe(), whole, batches=20)
    join.join(paths, recipe(), leaning, keep=whole, lean=0.5)
    facts = join.join(paths, recipe(), twice, keep=leaning, lean=0.75)
    assert facts["router"]["lean"] == 1.25
    before, after = (checkpoint.load_model(path)[0].router for path in (whole, twice))
    with torch.inference_mode():
        apart = before(lines(WRITTEN)) - after(lines(WRITTEN))
    assert torch.allclose(apart, torch.full_like(apart, 1.25), atol=0.01)


@pytest.mark.parametrize("part", ["classes.bias", "classes.weight"])
def test_experts_with_class_matrices_of_their_own_are_not_joined(tmp_path, part):
    one, other = (network(recipe().spec()) for _ in EXPERTS)
    with torch.no_grad():
        other.get_parameter(part)[3] += 1.0
    paths = [published(tmp_path / f"{n}.half.pt", m) for n, m in enumerate((one, other))]
    with pytest.raises(RecipeError, match="class matrix"):
        join.join(paths, recipe(), tmp_path / "whole.half.pt", batches=1)
    assert not (tmp_path / "whole.half.pt").exists()


def brightness() -> Iterator[Batch]:
    """Batches in which the lines of the expert for handwriting are the bright ones."""
    level = np.repeat([PRINT, WRITTEN], join.LINES)[:, None, None, None]
    rng = np.random.default_rng(3)
    nothing = np.zeros(0, np.int64)
    while True:
        images = (255 * (level + 0.1 * rng.random((len(level), 1, 32, 64)))).astype(np.uint8)
        yield Batch(images, nothing, nothing, np.zeros(0, np.float32))


def test_the_router_learns_whose_line_it_is():
    torch.manual_seed(1)
    told = join.fit(Router(1), brightness(), 60)
    assert told == {"print_astray": 0.0, "handwriting_astray": 0.0}


def test_the_router_is_judged_by_what_it_does():
    def swapped() -> Iterator[Batch]:
        for number, batch in enumerate(brightness()):
            images = batch.images if number < 60 else batch.images[::-1].copy()
            yield dataclasses.replace(batch, images=images)

    torch.manual_seed(1)
    told = join.fit(Router(1), swapped(), 60)
    assert told == {"print_astray": 1.0, "handwriting_astray": 1.0}


def test_the_router_learns_from_lines_of_both_recipes_but_not_their_guests(tmp_path):
    made = tmp_path / "fonts"
    made.mkdir()
    shutil.copy(FONT, made / FONT.name)
    data = DataChoices(
        {"random_signs": 1.0}, {"latin": 1.0}, str(tmp_path), str(tmp_path / "glyphs")
    )
    guests = dataclasses.replace(data, pens={"type": 0.95, "strokes": 0.05})
    assert join.own(dataclasses.replace(recipe(), data=guests)).data.pens == {"type": 0.95}
    stages = (Stage(0, 64, 128, 0.2),)
    first = dataclasses.replace(recipe(), data=data, curriculum=stages)
    turned = dataclasses.replace(data, capitals=1.0)
    batches = join.Mingled([first, dataclasses.replace(first, data=turned)], first.spec())
    for number in range(4):
        batch = batches.batch(number)
        assert len(batch.lengths) == 2 * join.LINES
        assert batch.images.shape[2:] in {(32, 64), (32, 96), (32, 128)}
        assert np.array_equal(batch.images, batches.batch(number).images)


def parts(model: onnx.ModelProto) -> list[onnx.GraphProto]:
    return [a.g for node in model.graph.node for a in node.attribute if a.HasField("g")]


@pytest.mark.parametrize("width", [32, 96, 1024])
def test_the_onnx_graph_reads_as_the_routed_network(width):
    model = routed_network(spec())
    session = Session(to_onnx(model, spec()).SerializeToString())
    for level in (PRINT, WRITTEN):
        x = lines(level, 1, width)
        with torch.inference_mode():
            truth = model(x)[0].numpy()
        assert np.abs(truth - session.run(x.numpy())).max() < 1e-4


def test_int8_experts_are_quantised_apart_and_share_what_they_have_in_common():
    shape = dataclasses.replace(SHAPE, bottleneck=512)
    model = routed_network(spec(), shape)
    inputs = [lines(level, 1, 64).numpy() for level in (PRINT, WRITTEN) for _ in range(3)]
    made = network_to_int8(model, spec(), inputs)
    session = Session(made.SerializeToString())
    assert session.spec == spec()
    exact = Session(to_onnx(model, spec()).SerializeToString())
    for x in inputs:
        assert np.abs(session.run(x) - exact.run(x)).mean() < 0.1 * np.abs(exact.run(x)).mean()
    assert {one.name for one in parts(made)} == {*EXPERTS}
    shared = [numpy_helper.to_array(t) for t in made.graph.initializer if "shared" in t.name]
    assert [array.nbytes >= SHARED_BYTES for array in shared] == [True] * len(shared)
    assert any(array.shape == (512, len(spec().classes)) for array in shared)
    for graph in (made.graph, *parts(made)):
        for tensor in graph.initializer:
            if tensor.data_type == onnx.TensorProto.INT8:
                assert np.abs(numpy_helper.to_array(tensor).astype(int)).max() <= 64


def test_a_checkpoint_of_a_routed_network_rebuilds_its_single_precision_model(tmp_path):
    model = routed_network(recipe().spec())
    path = published(tmp_path / "whole.half.pt", model, routed=True)
    session = Session(fp32_model(path).SerializeToString())
    x = lines(WRITTEN, 1)
    with torch.inference_mode():
        assert np.abs(model(x)[0].numpy() - session.run(x.numpy())).max() < 0.05
    assert not isinstance(model, Crnn)
