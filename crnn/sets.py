"""Labelled sets on disk: a folder with labels.tsv (file, tab, text; UTF-8) and images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

LABELS = "labels.tsv"


def labelled(folder: Path) -> Iterator[tuple[Path, str]]:
    """The images and texts of a set, in the file's order."""
    for row in (folder / LABELS).read_text("utf-8").splitlines():
        file, _, text = row.partition("\t")
        if file:
            yield folder / file, text
