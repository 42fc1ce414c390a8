"""Lexicons that came over HTTP: a file each in OCR_DATA_DIR, a folder for every tenant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crnn.errors import UnknownOption
from service.errors import LexiconUnknown, TooMany
from service.storage.file_store import Kind, NamedFiles
from service.storage.limits import LexiconLimits


class LexiconStore(NamedFiles):
    """The lexicons of all tenants."""

    def __init__(self, folder: Path, limits: LexiconLimits) -> None:
        count, setting = limits.max_count, "OCR_LEXICON_MAX_COUNT"
        super().__init__(folder, Kind("lexicon", ".txt", count, setting, LexiconUnknown))
        self._limits = limits

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
        """Keep a lexicon of `check`, in place of one of that name; whether there was none.

        Raises: TooMany, UnknownOption, StoreUnavailable, StorageFull.
        """
        return self.keep(tenant, name, data)

    def entries(self, tenant: str, name: str) -> list[str]:
        """The entries of a lexicon as they came. Raises: LexiconUnknown, UnknownOption."""
        try:
            return self.path(tenant, name).read_text("utf-8").splitlines()
        except OSError as exc:
            raise self.fault(exc, name) from exc
