"""Lexicon: the list of texts that a line may say, and what it looks like to a decoder."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charset import Charset, normalize
from crnn.errors import BadLexicon
from crnn.read.decode.trie import NO_ENTRY, Trie
from crnn.read.decode.widths import Widths

MAX_CHARS = 200
"""The longest entry: a line of text holds fewer characters."""

SKIPPED_SHOWN = 20


@dataclass(frozen=True)
class Lexicon:
    """Entries as they were given, and the trie of their spellings without spaces and widths.

    charset: what the classes of the trie mean; skipped_count: entries left out for a character that
    has no class, or for their length; skipped: the first of them.
    """

    charset: Charset
    trie: Trie
    texts: NDArray[np.uint8]
    ends: NDArray[np.int64]
    skipped: tuple[str, ...] = ()
    skipped_count: int = 0

    def __len__(self) -> int:
        """The number of distinct entries."""
        return len(self.ends)

    def text(self, entry: int) -> str:
        """An entry, normalised."""
        start = int(self.ends[entry - 1]) if entry else 0
        return self.texts[start : self.ends[entry]].tobytes().decode("utf-8")

    def entry_of(self, labels: Iterable[int]) -> int:
        """The entry that a sequence of classes spells, or NO_ENTRY."""
        state = np.array([self.trie.start], np.int32)
        for label in labels:
            state = self.trie.advance(state, np.array([label], np.int32))[:, 0]
        return int(self.trie.entries(state)[0])

    def __contains__(self, text: str) -> bool:
        spelled = self.widths.spelling(normalize(text))
        known = not self.charset.missing(spelled)
        return known and self.entry_of(self.charset.encode(spelled)) != NO_ENTRY

    @classmethod
    def from_entries(cls, entries: Iterable[str], charset: Charset) -> Lexicon:
        """A lexicon of texts; empty ones are passed over, of equal ones the first is kept.

        Raises: BadLexicon where none remains.
        """
        texts = [text for text in map(normalize, entries) if text]
        spelled = list(map(Widths.of(charset).spelling, texts))
        fits = np.fromiter((len(key) <= MAX_CHARS for key in spelled), bool, len(spelled))
        sizes = np.fromiter(map(len, spelled), np.int64, len(spelled))
        labels = _classes("".join(spelled), charset)
        known = fits & (_lowest(labels, sizes) > 0)
        if not known.any():
            raise BadLexicon(_why_empty(texts))
        keys = _sortable(labels, sizes)
        order = _sorted_distinct(keys, np.flatnonzero(known))
        trie = Trie.build(_joined([keys[i] for i in order]), sizes[order])
        kept = [texts[i].encode("utf-8") for i in order]
        return cls(
            charset,
            trie,
            np.frombuffer(b"".join(kept), np.uint8),
            np.cumsum([len(text) for text in kept]),
            tuple(_shown(texts[i]) for i in np.flatnonzero(~known)[:SKIPPED_SHOWN]),
            int((~known).sum()),
        )

    @classmethod
    def from_text(cls, path: Path, charset: Charset) -> Lexicon:
        """A lexicon from a UTF-8 file with one entry a line.

        Raises: BadLexicon, OSError.
        """
        return cls.from_entries(_decoded(path).splitlines(), charset)

    @classmethod
    def from_csv(cls, path: Path, column: str, charset: Charset) -> Lexicon:
        """A lexicon from a column of a UTF-8 CSV file, named in its first row.

        Raises: BadLexicon, OSError.
        """
        rows = csv.DictReader(_decoded(path).splitlines())
        names = rows.fieldnames or []
        if column not in names:
            shown = ", ".join(map(_shown, islice(names, 20)))
            raise BadLexicon(f"{path.name} has no column {column!r}; it has {shown or 'none'}")
        return cls.from_entries((row[column] or "" for row in rows), charset)

    @classmethod
    def from_file(cls, path: Path, charset: Charset, column: str = "") -> Lexicon:
        """A lexicon by the file's ending: .npz as `save` wrote it, .csv, else text.

        Raises: BadLexicon, OSError.
        """
        if path.suffix == ".npz":
            return cls.load(path, charset)
        if path.suffix == ".csv" or column:
            return cls.from_csv(path, column or _first_column(path), charset)
        return cls.from_text(path, charset)

    def save(self, path: Path) -> None:
        """Write the built lexicon, so that the next start need not build it."""
        classes = np.array("".join(self.charset.classes[1:]))
        with path.open("wb") as file:
            np.savez(
                file,
                classes=classes,
                label=self.trie.label,
                first=self.trie.first,
                entry=self.trie.entry,
                texts=self.texts,
                ends=self.ends,
            )

    @classmethod
    def load(cls, path: Path, charset: Charset) -> Lexicon:
        """Read what `save` wrote.

        Raises: BadLexicon where it is no such file, or was built for other classes. OSError.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                classes = str(found["classes"])
                trie = Trie(found["label"], found["first"], found["entry"])
                lexicon = cls(charset, trie, found["texts"], found["ends"])
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
            raise BadLexicon(f"{path.name} is no saved lexicon: {exc}") from exc
        if classes != "".join(charset.classes[1:]):
            raise BadLexicon(f"{path.name} was built for other classes; build it again")
        return lexicon

    @cached_property
    def widths(self) -> Widths:
        """Which signs are one here."""
        return Widths.of(self.charset)


def _classes(text: str, charset: Charset) -> NDArray[np.uint16]:
    """The class of each character, 0 where it has none."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    table = np.zeros(max(map(ord, charset.classes)) + 1, np.uint16)
    table[[ord(char) for char in charset.classes]] = np.arange(len(charset))
    return np.where(codes < len(table), table[np.minimum(codes, len(table) - 1)], 0)


def _lowest(labels: NDArray[np.uint16], sizes: NDArray[np.int64]) -> NDArray[np.uint16]:
    """The lowest class of each text, none of them empty. (N,)."""
    if not len(sizes):
        return np.zeros(0, np.uint16)
    return np.minimum.reduceat(labels, np.cumsum(sizes) - sizes)


def _sortable(labels: NDArray[np.uint16], sizes: NDArray[np.int64]) -> list[str]:
    """Each text as a string whose code points are its classes: sorts fast, and by class."""
    joined = labels.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    ends = np.cumsum(sizes).tolist()
    return [joined[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def _sorted_distinct(keys: list[str], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The chosen texts in ascending order; of equal ones the first."""
    first_of: dict[str, int] = {}
    for i in chosen.tolist():
        first_of.setdefault(keys[i], i)
    return np.array([first_of[key] for key in sorted(first_of)], np.int64)


def _joined(keys: list[str]) -> NDArray[np.uint16]:
    codes = np.frombuffer("".join(keys).encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes.astype(np.uint16)


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadLexicon(f"{path.name} is not UTF-8: {exc.reason} at byte {exc.start}") from exc


def _first_column(path: Path) -> str:
    return next(csv.reader(islice(_lines(path), 1)), [""])[0]


def _lines(path: Path) -> Iterator[str]:
    return iter(_decoded(path).splitlines())


def _shown(text: str) -> str:
    """An entry as a message may repeat it."""
    return text[:80].encode("utf-8", "replace").decode("utf-8")


def _why_empty(texts: list[str]) -> str:
    if not texts:
        return "the lexicon holds no entry"
    return f"none of {len(texts)} entries can be read; the first is {_shown(texts[0])!r}"
