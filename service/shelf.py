"""Lexicons that came over HTTP: a file each in OCR_DATA_DIR, a folder for every tenant."""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crnn.errors import UnknownOption
from service.database import storage_error
from service.errors import LexiconUnknown, TooMany

NAME = re.compile(r"\w[\w.-]{0,59}")
SUFFIX = ".txt"
EVERYONE = "_"
"""The folder where no keys are set: no key's name begins so."""


@dataclass(frozen=True)
class ShelfLimits:
    """What one tenant may keep."""

    max_bytes: int
    max_entries: int
    max_count: int


@dataclass(frozen=True)
class Kept:
    """A lexicon that is kept."""

    name: str
    bytes: int
    updated_at: float


class Shelf:
    """The lexicons of all tenants. Safe from any thread; a file is replaced whole or not at all."""

    def __init__(self, folder: Path, limits: ShelfLimits) -> None:
        self._folder, self._limits, self._lock = folder, limits, threading.Lock()

    def path(self, tenant: str, name: str) -> Path:
        """Where a lexicon lies, or would. Raises: UnknownOption for a name that cannot be."""
        if not NAME.fullmatch(name):
            raise UnknownOption(
                "a lexicon's name has 1 to 60 letters, digits and _ . - and begins with none of . -"
            )
        return self._of(tenant) / (name + SUFFIX)

    def check(self, entries: Sequence[str]) -> bytes:
        """The file's bytes for these entries. Raises: TooMany, UnknownOption."""
        if len(entries) > self._limits.max_entries:
            raise TooMany(
                f"{len(entries)} entries; the limit is {self._limits.max_entries} "
                "(OCR_LEXICON_MAX_ENTRIES)"
            )
        if any(len(entry.splitlines()) > 1 for entry in entries):
            raise UnknownOption("an entry of several lines; a line can never say it")
        try:
            data = "".join(f"{entry.strip()}\n" for entry in entries).encode()
        except UnicodeEncodeError as exc:
            raise UnknownOption("an entry holds half a character") from exc
        if len(data) > self._limits.max_bytes:
            raise TooMany(
                f"{len(data)} bytes; the limit is {self._limits.max_bytes} (OCR_LEXICON_MAX_BYTES)"
            )
        return data

    def put(self, tenant: str, name: str, data: bytes) -> bool:
        """Keep a lexicon, in place of one of that name; whether there was none.

        Raises: TooMany, UnknownOption, StoreUnavailable, StorageFull.
        """
        path = self.path(tenant, name)
        with self._lock:
            is_new = not path.is_file()
            if is_new and len(self.listing(tenant)) >= self._limits.max_count:
                raise TooMany(f"{self._limits.max_count} lexicons are kept (OCR_LEXICON_MAX_COUNT)")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                replaced_whole(path, data)
            except OSError as exc:
                raise storage_error(exc) from exc
        return is_new

    def entries(self, tenant: str, name: str) -> list[str]:
        """The entries of a lexicon as they came. Raises: LexiconUnknown, UnknownOption."""
        try:
            return self.path(tenant, name).read_text("utf-8").splitlines()
        except FileNotFoundError as exc:
            raise LexiconUnknown(f"no lexicon {name!r}") from exc
        except OSError as exc:
            raise storage_error(exc) from exc

    def remove(self, tenant: str, name: str) -> None:
        """Forget a lexicon. Raises: LexiconUnknown, UnknownOption."""
        try:
            self.path(tenant, name).unlink()
        except FileNotFoundError as exc:
            raise LexiconUnknown(f"no lexicon {name!r}") from exc
        except OSError as exc:
            raise storage_error(exc) from exc

    def listing(self, tenant: str) -> list[Kept]:
        """What a tenant keeps, by name."""
        found = []
        for path in sorted(self._of(tenant).glob(f"*{SUFFIX}")):
            stat = path.stat()
            found.append(Kept(path.name.removesuffix(SUFFIX), stat.st_size, stat.st_mtime))
        return found

    def _of(self, tenant: str) -> Path:
        return self._folder / (tenant or EVERYONE)


def replaced_whole(path: Path, data: bytes) -> None:
    """Write a file so that whoever reads sees the old or the new one, and a power cut neither."""
    fresh = path.with_name(f".{uuid.uuid4().hex}")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
