"""Labelled sets on disk: a folder with labels.tsv (file, tab, text; UTF-8) and images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

LABELS = "labels.tsv"
HELD_OUT_OF = 5
"""One line in so many is never learned from, where a set is both learned from and judged by."""


def labelled(folder: Path) -> Iterator[tuple[Path, str]]:
    """The images and texts of a set, in the file's order."""
    for row in (folder / LABELS).read_text("utf-8").splitlines():
        file, _, text = row.partition("\t")
        if file:
            yield folder / file, text


def part(folder: Path, *, held_out: bool) -> list[tuple[Path, str]]:
    """The lines of a set that are held out, or those that are not.

    The picture alone decides, so that a line keeps its side when the set grows or is renamed, and
    a picture that comes twice is on one side.
    """
    return [row for row in labelled(folder) if is_held_out(row[0].read_bytes()) == held_out]


def is_held_out(picture: bytes) -> bool:
    """Whether a line with that picture is one of those never learned from."""
    return int.from_bytes(hashlib.sha256(picture).digest()[:8], "big") % HELD_OUT_OF == 0
