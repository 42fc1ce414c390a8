"""Weights from one folder into another that a service may be reading from meanwhile."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crnn import weights
from crnn.errors import OcrError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def check_name(name: str, root: Path) -> None:
    """Refuse a name that cannot be or that is taken there. Raises: OcrError."""
    if not NAME.fullmatch(name):
        raise OcrError(f"{name!r} is no name for weights: up to 60 letters, digits and . _ -")
    if (root / weights.MANIFEST).exists() and name in weights.manifest(root):
        raise OcrError(f"{root} has weights {name!r} already; choose another name")


def place(name: str, source: Path, target: Path, facts: Mapping[str, Any] | None = None) -> None:
    """Copy verified weights with their checkpoint and card; the manifest tells of them last.

    facts: more for the manifest's entry. Raises: OcrError, WeightsError, OSError.
    """
    check_name(name, target)
    weights.load(name, source)
    entry = weights.manifest(source)[name] | dict(facts or {})
    target.mkdir(parents=True, exist_ok=True)
    fresh = target / f".{uuid.uuid4().hex}"
    try:
        shutil.copytree(source / name, fresh)
        shutil.rmtree(target / name, ignore_errors=True)  # of a copy that was cut off
        fresh.replace(target / name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    enter(target, name, entry)


def enter(root: Path, name: str, entry: dict[str, Any], kind: str = "weights") -> None:
    """Write an entry into a manifest; whoever reads it sees the old file or the new one."""
    path = root / weights.MANIFEST
    content = json.loads(path.read_text("utf-8")) if path.exists() else {"weights": {}}
    content.setdefault(kind, {})[name] = entry
    fresh = path.with_name(f".{uuid.uuid4().hex}")
    fresh.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", "utf-8")
    fresh.replace(path)
