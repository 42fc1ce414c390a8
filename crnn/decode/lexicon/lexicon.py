"""Lexicon: the list of texts that a line may say, and what it looks like to a decoder."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charset import Charset, normalize
from crnn.decode.lexicon.trie import NO_ENTRY, Trie
from crnn.decode.lexicon.width_folding import Widths
from crnn.errors import BadLexicon

MAX_CHARS = 200
"""The longest entry: a line of text holds fewer characters."""

SKIPPED_SHOWN = 20


@dataclass(frozen=True)
class Lexicon:
    """Entries as they were given, and tries of their spellings, without spaces and widths.

    charset: what the classes of the tries mean; forward, backward: the spellings from either end;
    texts, ends: (N,) the entries in UTF-8, one after another, and where each ends; skipped_count:
    entries left out for a character without a class or for their length; skipped: the first ones.
    """

    charset: Charset
    forward: Trie
    backward: Trie
    texts: NDArray[np.uint8]
    ends: NDArray[np.int64]
    skipped: tuple[str, ...] = ()
    skipped_count: int = 0

    def __len__(self) -> int:
        """The number of distinct entries."""
        return len(self.ends)

    def __contains__(self, text: str) -> bool:
        spelled = self.widths.spelling(normalize(text))
        if self.charset.missing(spelled):
            return False
        return self.forward.find("".join(map(chr, self.charset.encode(spelled)))) != NO_ENTRY

    def text(self, entry: int) -> str:
        """An entry by its number, normalised."""
        start = int(self.ends[entry - 1]) if entry else 0
        return self.texts[start : self.ends[entry]].tobytes().decode("utf-8")

    @cached_property
    def widths(self) -> Widths:
        """Which signs are one here."""
        return Widths.of(self.charset)

    @classmethod
    def from_entries(cls, entries: Iterable[str], charset: Charset) -> Lexicon:
        """A lexicon of texts; empty ones are passed over, of equal ones the first is kept.

        Raises: BadLexicon where none remains.
        """
        texts = [text for text in map(normalize, entries) if text]
        known: dict[str, str] = {}
        skipped: list[str] = []
        for text, key in zip(texts, _keys(texts, charset), strict=True):
            if len(key) > MAX_CHARS or NO_CLASS in key:
                skipped.append(text)
            else:
                known.setdefault(key, text)
        if not known:
            raise BadLexicon(_why_empty(skipped))
        keys, encoded = list(known), [text.encode("utf-8") for text in known.values()]
        return cls(
            charset,
            Trie.of(keys),
            Trie.of([key[::-1] for key in keys]),
            np.frombuffer(b"".join(encoded), np.uint8),
            np.cumsum([len(text) for text in encoded]),
            tuple(map(_shown, skipped[:SKIPPED_SHOWN])),
            len(skipped),
        )

    @classmethod
    def from_text(cls, path: Path, charset: Charset) -> Lexicon:
        """A lexicon from a UTF-8 file with one entry a line.

        Raises: BadLexicon, OSError.
        """
        return cls.from_entries(_decoded(path).splitlines(), charset)

    @classmethod
    def from_csv(cls, path: Path, column: str, charset: Charset) -> Lexicon:
        """A lexicon from a column of a UTF-8 CSV file, by the name in its first row.

        Raises: BadLexicon, OSError.
        """
        rows = csv.DictReader(_decoded(path).splitlines(keepends=True))
        try:
            names = rows.fieldnames or []
            if column not in names:
                shown = ", ".join(map(_shown, islice(names, 20)))
                raise BadLexicon(f"{path.name} has no column {column!r}; it has {shown or 'none'}")
            return cls.from_entries([row[column] or "" for row in rows], charset)
        except csv.Error as exc:
            raise BadLexicon(f"{path.name}, line {rows.line_num}: {exc}") from exc

    @classmethod
    def from_file(cls, path: Path, charset: Charset, column: str = "") -> Lexicon:
        """A lexicon by what the file is: .npz as `save` wrote it, CSV with a column, else text.

        Raises: BadLexicon, OSError.
        """
        if path.suffix.lower() == ".npz":
            return cls.load(path, charset)
        return cls.from_csv(path, column, charset) if column else cls.from_text(path, charset)

    def save(self, path: Path) -> None:
        """Write the built lexicon, so that the next start need not build it."""
        arrays = {
            f"{direction}_{name}": getattr(trie, name)
            for direction, trie in (("forward", self.forward), ("backward", self.backward))
            for name in TRIE_ARRAYS
        }
        classes = np.array("".join(self.charset.classes[1:]))
        with path.open("wb") as file:
            np.savez(file, classes=classes, texts=self.texts, ends=self.ends, **arrays)

    @classmethod
    def load(cls, path: Path, charset: Charset) -> Lexicon:
        """Read what `save` wrote.

        Raises: BadLexicon where it is no such file, or was built for other classes. OSError.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as result:
                classes = str(result["classes"])
                forward, backward = (
                    Trie(*(result[f"{direction}_{name}"] for name in TRIE_ARRAYS))
                    for direction in ("forward", "backward")
                )
                lexicon = cls(charset, forward, backward, result["texts"], result["ends"])
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
            raise BadLexicon(f"{path.name} is no saved lexicon: {exc}") from exc
        if classes != "".join(charset.classes[1:]):
            raise BadLexicon(f"{path.name} was built for other classes; build it again")
        return lexicon


TRIE_ARRAYS = ("label", "first", "entry")
NO_CLASS = "\0"


def _keys(texts: list[str], charset: Charset) -> list[str]:
    """The spelling of each text as a string whose code points are classes, NO_CLASS for none."""
    spelled = list(map(Widths.of(charset).spelling, texts))
    codes = np.frombuffer("".join(spelled).encode("utf-32-le", "surrogatepass"), np.uint32)
    table = np.zeros(max(map(ord, charset.classes)) + 2, np.uint16)  # the last one is no class
    table[[ord(char) for char in charset.classes]] = np.arange(len(charset))
    classes = table[np.minimum(codes, len(table) - 1)]
    joined = classes.tobytes().decode("utf-16-le")
    ends = np.cumsum([len(text) for text in spelled]).tolist()
    return [joined[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadLexicon(f"{path.name} is not UTF-8: {exc.reason} at byte {exc.start}") from exc


def _shown(text: str) -> str:
    """An entry as a message may repeat it."""
    return text[:80].encode("utf-8", "replace").decode("utf-8")


def _why_empty(skipped: list[str]) -> str:
    if not skipped:
        return "the lexicon holds no entry"
    return f"none of {len(skipped)} entries can be read; the first is {_shown(skipped[0])!r}"
