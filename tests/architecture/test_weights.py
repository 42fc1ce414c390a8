"""The published files are what the manifest says, small enough, and safe on old CPUs."""

import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from charset import Charset
from crnn import weights
from crnn.decode.ngram_lm import NgramLanguage
from crnn.errors import WeightsCorrupt, WeightsMissing
from crnn.reader import Reader
from crnn.weights import FOLDER
from export.publish import MAX_SIZE_SHARE, write_manifest

NAMES = sorted(weights.manifest(FOLDER))
LANGUAGES = sorted(weights.manifest(FOLDER, "languages"))
MAX_LANGUAGE_BYTES = 5_000_000


def test_zh_is_published():
    assert "zh" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_files_and_digests_agree(name):
    entry = weights.manifest(FOLDER)[name]
    for file, digest in (("file", "sha256"), ("checkpoint", "checkpoint_sha256")):
        data = (FOLDER / entry[file]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry[digest]
    assert (FOLDER / name / "CARD.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_int8_is_small_and_its_alphabet_is_the_charsets(name):
    entry = weights.manifest(FOLDER)[name]
    assert entry["bytes"] <= MAX_SIZE_SHARE * entry["fp32_bytes"]
    spec = Reader.load(name).spec
    assert spec.name == name
    assert spec.classes == Charset.load(spec.charset).classes


@pytest.mark.parametrize("name", NAMES)
def test_published_int8_weights_keep_to_seven_bits(name):
    graphs = [onnx.load(FOLDER / weights.manifest(FOLDER)[name]["file"]).graph]
    for graph in graphs:  # and the branches found in it, which may have branches
        graphs += [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    stored = [
        t for graph in graphs for t in graph.initializer if t.data_type == onnx.TensorProto.INT8
    ]
    assert len(stored) >= len(graphs)
    for tensor in stored:
        assert np.abs(numpy_helper.to_array(tensor).astype(int)).max() <= 64, tensor.name


def test_lm_zh_is_published():
    assert "lm_zh" in LANGUAGES


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_model_is_the_manifests_small_and_knows_its_charset(name):
    entry = weights.manifest(FOLDER, "languages")[name]
    assert weights.load_language(name).sha256 == entry["sha256"]
    assert (FOLDER / entry["file"]).stat().st_size == entry["bytes"] <= MAX_LANGUAGE_BYTES
    assert (FOLDER / name / "CARD.md").is_file()
    classes = Charset.load(entry["charset"]).classes
    assert tuple(NgramLanguage.load(name, classes=classes).alphabet) == classes


def test_a_recogniser_is_no_language_and_a_language_no_recogniser():
    with pytest.raises(WeightsMissing, match="no languages 'zh'"):
        weights.load_language("zh")
    with pytest.raises(WeightsMissing, match="no weights 'lm_zh'"):
        weights.load("lm_zh")


def test_entering_one_kind_leaves_the_other(tmp_path):
    for name, kind in (("a", "weights"), ("b", "languages"), ("c", "weights")):
        write_manifest(tmp_path, name, {"file": name}, kind)
    assert sorted(weights.manifest(tmp_path)) == ["a", "c"]
    assert sorted(weights.manifest(tmp_path, "languages")) == ["b"]


def test_all_weights_together_stay_under_30_mb():
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < 30_000_000


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "m.onnx").write_bytes(b"not the model")
    entry = {"zh": {"file": "zh/m.onnx", "sha256": "0" * 64}}
    (tmp_path / "manifest.json").write_text(json.dumps({"weights": entry}))
    with pytest.raises(WeightsCorrupt, match="sha256"):
        weights.load("zh", tmp_path)
    with pytest.raises(WeightsMissing, match="no weights 'nl'"):
        weights.load("nl", tmp_path)


def test_a_file_that_is_no_model_is_refused_with_its_digest_right(tmp_path):
    data = b"not a model"
    entry = {"zh": {"file": "m.onnx", "sha256": hashlib.sha256(data).hexdigest()}}
    (tmp_path / "m.onnx").write_bytes(data)
    (tmp_path / "manifest.json").write_text(json.dumps({"weights": entry}))
    with pytest.raises(WeightsCorrupt, match="onnxruntime"):
        Reader.load("zh", tmp_path)


def test_a_folder_without_a_manifest_says_how_to_get_one(tmp_path):
    with pytest.raises(WeightsMissing, match="crnn-ocr export"):
        weights.load("zh", tmp_path)
