"""Weights folders of tiny recognisers with other names, which say other things."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import torch

from charset import Charset
from crnn.read.session import Session
from crnn.spec import ModelSpec
from tests.tiny import network, spec


@cache
def onnx_of(name: str, says: str = "", charset: str = "digits") -> bytes:
    """A tiny network under that name; one that says a sign always reads it."""
    from export.to_onnx import to_onnx

    classes = Charset.load(charset).classes
    found = ModelSpec(name, charset, classes, 32, 4, "grey-1")
    model = network(found if charset != "digits" else spec())
    if says:
        with torch.no_grad():
            model.classes.bias[classes.index(says)] += 60.0
    return to_onnx(model, found).SerializeToString()


def publish(root: Path, name: str, model: bytes | None = None, **changes: object) -> None:
    """Put a model among the weights of a folder, with a manifest that tells of it."""
    model = model or onnx_of(name)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.int8.onnx").write_bytes(model)
    (folder / "CARD.md").write_text(f"# Weights `{name}`\n", "utf-8")
    path = root / "manifest.json"
    content = json.loads(path.read_text("utf-8")) if path.exists() else {"weights": {}}
    entry = {
        "file": f"{name}/{name}.int8.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "bytes": len(model),
        "spec": Session(model).spec.facts(),
        "training": {"cer": {"held_out": 0.1}},
    }
    content["weights"][name] = entry | changes
    path.write_text(json.dumps(content), "utf-8")
