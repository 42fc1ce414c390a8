"""name -> verified bytes: the manifest says which file, how long, and with which digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crnn.errors import WeightsCorrupt, WeightsMissing

FOLDER = Path(__file__).resolve().parents[1] / "weights"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Weights:
    """A model file as it was published."""

    name: str
    model: bytes
    sha256: str


def manifest(folder: Path, kind: str = "weights") -> dict[str, Any]:
    """The entries of weights/manifest.json by name: recognisers, or kind "languages".

    Raises: WeightsMissing, WeightsCorrupt.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise WeightsMissing(
            f"no {path}; `crnn-ocr export` writes it, OCR_WEIGHTS_DIR names the folder"
        )
    try:
        content = json.loads(path.read_text("utf-8"))
        entries: dict[str, Any] = content["weights"] if kind == "weights" else content.get(kind, {})
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise WeightsCorrupt(f"{path} is no manifest: {exc}") from exc
    return entries


def load(name: str, folder: Path = FOLDER) -> Weights:
    """The weights of that name, checked against their digest.

    Raises: WeightsMissing, WeightsCorrupt.
    """
    return _verified(name, folder, "weights")


def load_language(name: str, folder: Path = FOLDER) -> Weights:
    """The language model of that name, checked against its digest.

    Raises: WeightsMissing, WeightsCorrupt.
    """
    return _verified(name, folder, "languages")


def _verified(name: str, folder: Path, kind: str) -> Weights:
    entries = manifest(folder, kind)
    if name not in entries:
        raise WeightsMissing(
            f"no {kind} {name!r} in {folder}; there are: {', '.join(sorted(entries))}"
        )
    path = folder / entries[name]["file"]
    if not path.is_file():
        raise WeightsMissing(f"{path} is not there, though the manifest names it")
    model = path.read_bytes()
    digest = hashlib.sha256(model).hexdigest()
    if digest != entries[name]["sha256"]:
        raise WeightsCorrupt(
            f"{path}: sha256 {digest}, the manifest says {entries[name]['sha256']}"
        )
    return Weights(name, model, digest)
