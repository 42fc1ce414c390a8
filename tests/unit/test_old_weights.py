"""Weights that an older version published load as they were: every form their spec ever had."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import onnx
import pytest

from charset import BLANK
from crnn.calibration import Calibration
from crnn.errors import WeightsMismatch
from crnn.read import Reader, ReadOptions
from crnn.read.session import SPEC_KEY
from crnn.read.weights import FOLDER, manifest
from crnn.spec import ModelSpec
from tests.conftest import ROOT, drawn
from tests.tiny import onnx_bytes

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
