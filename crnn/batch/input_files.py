"""Files to read: named ones, folders with all below, and patterns; one after another, in order.

Only the names of one folder (and of those above it) are in memory at a time.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crnn.errors import UnknownOption

CLUTTER = {"Thumbs.db", "desktop.ini", "__MACOSX"}


@dataclass(frozen=True)
class Listing:
    """Where to look. root: what names are shown below; out: the folder that is never looked into.

    Iterating gives the files, each time anew, in the order of their names.
    """

    starts: tuple[Path, ...]
    root: Path
    out: Path

    @classmethod
    def of(cls, inputs: Sequence[str], out: Path) -> Listing:
        """The listing of files, folders and patterns. Raises: UnknownOption where one is none."""
        out = Path(os.path.abspath(out))  # noqa: PTH100  absolute() keeps ".."
        results = sorted({path for pattern in inputs for path in _named(pattern)})
        kept: list[Path] = []
        for path in results:  # what is in a folder is sorted right behind it
            if not path.is_relative_to(out) and not (kept and path.is_relative_to(kept[-1])):
                kept.append(path)
        if not kept:
            raise UnknownOption("nothing to read: OUT is all there is")
        tops = {path if path.is_dir() else path.parent for path in kept}
        return cls(tuple(kept), Path(os.path.commonpath(tops)), out)

    def __iter__(self) -> Iterator[Path]:
        for start in self.starts:
            yield from self._below(start) if start.is_dir() else (start,)

    def name(self, path: Path) -> Path:
        """A file's name in results: below what all inputs have in common."""
        return path.relative_to(self.root)

    def _below(self, folder: Path) -> Iterator[Path]:
        try:
            with os.scandir(folder) as entries:
                names = sorted(
                    (entry.name, entry.is_dir(follow_symlinks=False), entry.is_file())
                    for entry in entries
                    if not entry.name.startswith(".") and entry.name not in CLUTTER
                )
        except OSError:
            yield folder  # opening it as a file gives the reason, and goes into quarantine
            return
        for name, is_folder, is_file in names:
            path = folder / name
            if is_folder and path != self.out:
                yield from self._below(path)
            elif is_file:
                yield path


def _named(pattern: str) -> list[Path]:
    """The files and folders that one input names."""
    if os.path.lexists(pattern):
        return [Path(os.path.abspath(pattern))]  # noqa: PTH100  absolute() keeps ".."
    names = glob.iglob(pattern, recursive=True)  # noqa: PTH207  takes a pattern from the root, too
    results = [Path(os.path.abspath(name)) for name in names]  # noqa: PTH100
    results = [path for path in results if path.name not in CLUTTER]
    if not results:
        raise UnknownOption(f"{pattern}: no such file or folder, and a pattern of none")
    return results


def shown(name: Path) -> str:
    """A name as text, whatever encoding its program wrote."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
