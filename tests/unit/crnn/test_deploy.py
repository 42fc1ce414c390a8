"""Weights go whole into a folder that is read from meanwhile, or not at all."""

from __future__ import annotations

import json

import pytest

from crnn import weights
from crnn.deploy import place
from crnn.errors import OcrError, WeightsCorrupt
from tests.fixtures.weights_folders import publish


def test_what_is_placed_is_verified_and_told_of_last(tmp_path):
    publish(tmp_path / "a", "one")
    place("one", tmp_path / "a", tmp_path / "b", {"gate": {"passed": True}})
    assert weights.load("one", tmp_path / "b") == weights.load("one", tmp_path / "a")
    assert weights.manifest(tmp_path / "b")["one"]["gate"] == {"passed": True}
    assert (tmp_path / "b/one/CARD.md").is_file()
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["manifest.json", "one"]


def test_a_name_that_is_taken_or_cannot_be_is_refused(tmp_path):
    publish(tmp_path / "a", "one")
    place("one", tmp_path / "a", tmp_path / "b")
    before = (tmp_path / "b/manifest.json").read_bytes()
    with pytest.raises(OcrError, match="already"):
        place("one", tmp_path / "a", tmp_path / "b")
    for name in ("../one", ".one", "", "a/b", "x" * 61):
        with pytest.raises(OcrError, match="no name"):
            place(name, tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b/manifest.json").read_bytes() == before


def test_a_file_that_is_not_the_manifests_is_not_placed(tmp_path):
    publish(tmp_path / "a", "one", sha256="0" * 64)
    with pytest.raises(WeightsCorrupt):
        place("one", tmp_path / "a", tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_copy_that_was_cut_off_is_written_over(tmp_path):
    publish(tmp_path / "a", "one")
    (tmp_path / "b/one").mkdir(parents=True)
    (tmp_path / "b/one/half").write_text("")
    place("one", tmp_path / "a", tmp_path / "b")
    assert not (tmp_path / "b/one/half").exists()
    assert json.loads((tmp_path / "b/manifest.json").read_text("utf-8"))["weights"]["one"]
