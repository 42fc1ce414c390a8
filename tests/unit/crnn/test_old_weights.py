"""Weights that an older version published load as they were: every form their spec ever had.

Graphs that took and gave more than today's read as plain ones, and so do checkpoints but for those
of several networks.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from charset import BLANK
from crnn.calibration import Calibration
from crnn.errors import WeightsMismatch
from crnn.options import ReadOptions
from crnn.reader import Reader
from crnn.recognize.session import SPEC_KEY, Session
from crnn.spec import ModelSpec
from crnn.train import checkpoint
from crnn.train.recipe import DataChoices, Recipe, RecipeError, Stage, to_dict
from crnn.weights import FOLDER, manifest
from tests.conftest import ROOT, drawn
from tests.fixtures.tiny import SHAPE, inputs, network, onnx_bytes
from tests.fixtures.tiny import spec as tiny_spec

SPECS = sorted((ROOT / "tests" / "golden" / "specs").glob("*.json"))


def published(folder: Path, spec: str, **entries: object) -> Path:
    """A folder of weights whose file carries a spec as it was written then."""
    model = onnx.load_from_string(onnx_bytes())
    (meta,) = (one for one in model.metadata_props if one.key == SPEC_KEY)
    meta.value = spec
    data = model.SerializeToString()
    (folder / "tiny.onnx").write_bytes(data)
    entry = {"file": "tiny.onnx", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    told = {"weights": {"tiny": entry}} | entries
    (folder / "manifest.json").write_text(json.dumps(told), "utf-8")
    return folder


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_of_every_form_reads(path, tmp_path):
    folder = published(tmp_path, path.read_text("utf-8"))
    reader = Reader.load("tiny", folder)
    told = json.loads(path.read_text("utf-8"))
    assert (reader.spec.height, reader.spec.stride) == (32, 4)
    assert reader.spec.preprocessing == told["preprocessing"]
    kept = reader.spec.calibration
    assert (kept.to_dict() if kept else None) == told.get("calibration")
    page = reader.read(drawn(), ReadOptions(mode="line"))
    assert page.mode == "line"


def test_the_form_of_today_is_among_them():
    """A new field of ModelSpec needs a default, and a file here that holds it."""
    spec = ModelSpec("t", "zh", (BLANK, "a"), calibration=Calibration((0, 1, 0), (0, 1)))
    now = json.loads(spec.to_json())
    assert any(set(json.loads(path.read_text("utf-8"))) == set(now) for path in SPECS)


def test_a_spec_of_a_newer_version_is_refused_with_a_reason(tmp_path):
    told = json.loads(SPECS[0].read_text("utf-8")) | {"rotation": 90}
    with pytest.raises(WeightsMismatch, match="rotation"):
        Reader.load("tiny", published(tmp_path, json.dumps(told)))


def test_a_manifest_of_before_languages_and_one_with_more_are_read(tmp_path):
    folder = published(tmp_path, SPECS[0].read_text("utf-8"))
    assert manifest(folder, "languages") == {}
    folder = published(tmp_path, SPECS[0].read_text("utf-8"), shapes={"new": 1})
    assert Reader.load("tiny", folder).spec.name == "tiny"


def test_every_published_model_has_a_form_that_is_kept():
    forms = [set(json.loads(path.read_text("utf-8"))) for path in SPECS]
    for entry in manifest(FOLDER).values():
        assert set(entry["spec"]) in forms


def with_wishes() -> bytes:
    """The tiny model with inputs that have values of their own, and a further output."""
    model = onnx.load_from_string(onnx_bytes())
    for name, array in (("least", np.zeros(1, np.float32)), ("numbers_asked", np.zeros(1, bool))):
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        model.graph.input.append(helper.make_tensor_value_info(name, kind, array.shape))
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    model.graph.node.append(helper.make_node("Identity", ["least"], ["written"]))
    model.graph.output.append(helper.make_tensor_value_info("written", TensorProto.FLOAT, [1]))
    made: bytes = model.SerializeToString()
    return made


def test_a_graph_that_takes_more_than_an_image_is_run_with_the_image_alone():
    (tensor,) = inputs(1)
    old, plain = Session(with_wishes()), Session(onnx_bytes())
    assert np.array_equal(old.run(tensor), plain.run(tensor))
    read = [Reader(one).read(drawn(), ReadOptions(mode="line")) for one in (old, plain)]
    assert read[0] == read[1]


def old_checkpoint(path: Path, **net: object) -> Path:
    """A checkpoint whose recipe has the keys of when a network could be one of several."""
    recipe = Recipe("t", DataChoices({}, {}), (Stage(0, 32, 32, 0.0),), charset="digits", net=SHAPE)
    told = to_dict(recipe)
    told["net"] |= net
    weights = network(tiny_spec()).state_dict()
    torch.save({"spec": tiny_spec().to_json(), "recipe": told, "weights": weights}, path)
    return path


def test_a_checkpoint_of_one_network_loads_whatever_its_recipe_said_of_others(tmp_path):
    for expert in ("", "print"):
        path = old_checkpoint(tmp_path / "one.half.pt", routed=False, expert=expert)
        model, spec, recipe = checkpoint.load_model(path)
        assert spec == tiny_spec()
        assert recipe.net == SHAPE
        (tensor,) = map(torch.from_numpy, inputs(1))
        with torch.inference_mode():
            assert torch.allclose(model(tensor), network(tiny_spec())(tensor), atol=1e-5)


def test_the_checkpoint_of_digits_loads():
    _, spec, _ = checkpoint.load_model(FOLDER / manifest(FOLDER)["digits"]["checkpoint"])
    assert spec.name == "digits"


def test_a_checkpoint_of_several_networks_is_refused_with_a_reason(tmp_path):
    path = old_checkpoint(tmp_path / "two.half.pt", routed=True, expert="")
    with pytest.raises(RecipeError, match="two networks and a router"):
        checkpoint.load_model(path)
    with pytest.raises(RecipeError, match="two networks and a router"):
        checkpoint.take_over(network(tiny_spec()), tiny_spec(), path)
