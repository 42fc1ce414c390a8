"""Charset: text <-> class ids, with id 0 for the CTC blank.

A table is a file of code points, one a line, whose digest stands in tables/DIGESTS. Code points,
not characters: a space class would be lost to any editor that strips trailing white space.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
BLANK_ID = 0
BLANK = "\0"


class CharsetError(ValueError):
    """A table is missing or damaged, or a text holds a character without a class."""


@dataclass(frozen=True)
class Charset:
    """An ordered set of characters; `classes[0]` is the blank."""

    name: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.classes or self.classes[BLANK_ID] != BLANK:
            raise CharsetError(f"charset {self.name!r}: class 0 must be the blank")
        if len(set(self.classes)) != len(self.classes):
            raise CharsetError(f"charset {self.name!r}: a character stands twice")

    def __len__(self) -> int:
        """The number of classes C, the blank included."""
        return len(self.classes)

    def __contains__(self, char: str) -> bool:
        return char in self._ids

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {char: i for i, char in enumerate(self.classes) if i != BLANK_ID}

    def encode(self, text: str) -> list[int]:
        """The class ids of an already normalised text.

        Raises: CharsetError, naming the characters that have no class.
        """
        missing = sorted({char for char in text if char not in self._ids})
        if missing:
            shown = " ".join(f"U+{ord(char):04X}" for char in missing[:8])
            raise CharsetError(f"charset {self.name!r} has no class for {shown}")
        return [self._ids[char] for char in text]

    def decode(self, ids: list[int]) -> str:
        """The text that class ids spell; blanks are left out, repeats are kept."""
        return "".join(self.classes[i] for i in ids if i != BLANK_ID)

    def missing(self, text: str) -> set[str]:
        """The characters of a text that have no class."""
        return {char for char in text if char not in self._ids}

    @classmethod
    def load(cls, name: str) -> Charset:
        """The table of that name, checked against its digest."""
        path = TABLES / f"{name}.txt"
        if not path.is_file():
            raise CharsetError(f"no charset {name!r}; there are: {', '.join(names())}")
        data = path.read_bytes()
        expected = digests().get(path.name)
        result = hashlib.sha256(data).hexdigest()
        if result != expected:
            raise CharsetError(f"{path.name}: sha256 is {result}, DIGESTS says {expected}")
        return cls(name, (BLANK, *read_table(data.decode("ascii"))))


def names() -> list[str]:
    """The names of the tables that are there."""
    return sorted(path.stem for path in TABLES.glob("*.txt"))


def digests() -> dict[str, str]:
    """File name -> sha256, as tables/DIGESTS has it."""
    lines = (TABLES / "DIGESTS").read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def read_table(text: str) -> list[str]:
    """The characters of a table file: hexadecimal code points; # starts a heading."""
    rows = (line.split("#")[0].strip() for line in text.splitlines())
    return [chr(int(row, 16)) for row in rows if row]
