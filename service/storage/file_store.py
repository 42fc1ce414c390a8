"""Files that callers keep under names of their own: a folder for every tenant, a file each."""

from __future__ import annotations

import os
import re
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from crnn.errors import OcrError, UnknownOption
from service.errors import TooMany
from service.storage.data_folder import private_folder
from service.storage.database import storage_error

NAME = re.compile(r"\w[\w.-]{0,59}")
EVERYONE = "_"
"""The folder where no keys are set: no key's name begins so."""


@dataclass(frozen=True)
class Kind:
    """What is kept: its word, its files' suffix, how many a tenant may keep and by which setting.

    unknown: the error where there is none of a name.
    """

    word: str
    suffix: str
    max_count: int
    setting: str
    unknown: type[OcrError]


@dataclass(frozen=True)
class StoredFile:
    """A file that is kept."""

    name: str
    bytes: int
    updated_at: float


class NamedFiles:
    """The files of all tenants. Safe from any thread; a file is replaced whole or not at all."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder, self._kind, self._lock = folder, kind, threading.Lock()

    def path(self, tenant: str, name: str) -> Path:
        """Where a file lies, or would. Raises: UnknownOption for a name that cannot be."""
        if not NAME.fullmatch(name):
            raise UnknownOption(
                f"a {self._kind.word}'s name has 1 to 60 letters, digits and _ . - "
                "and begins with none of . -"
            )
        return self._of(tenant) / (name + self._kind.suffix)

    def keep(self, tenant: str, name: str, data: bytes) -> bool:
        """Keep a file, in place of one of that name; whether there was none.

        Raises: TooMany, UnknownOption, StoreUnavailable, StorageFull.
        """
        path, kind = self.path(tenant, name), self._kind
        with self._lock:
            is_new = not path.is_file()
            if is_new and len(self.listing(tenant)) >= kind.max_count:
                raise TooMany(f"{kind.max_count} {kind.word}s are kept ({kind.setting})")
            try:
                private_folder(self._folder.parent)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(path, data)
            except OSError as exc:
                raise storage_error(exc) from exc
        return is_new

    def remove(self, tenant: str, name: str) -> None:
        """Forget a file. Raises: the kind's error for an unknown one, UnknownOption."""
        try:
            self.path(tenant, name).unlink()
        except OSError as exc:
            raise self.fault(exc, name) from exc

    def fault(self, exc: OSError, name: str) -> OcrError:
        """What is told of a file that could not be opened."""
        if isinstance(exc, FileNotFoundError):
            return self._kind.unknown(f"no {self._kind.word} {name!r}")
        return storage_error(exc)

    def listing(self, tenant: str) -> list[StoredFile]:
        """What a tenant keeps, by name."""
        results = []
        for path in sorted(self._of(tenant).glob(f"*{self._kind.suffix}")):
            stat = path.stat()
            name = path.name.removesuffix(self._kind.suffix)
            results.append(StoredFile(name, stat.st_size, stat.st_mtime))
        return results

    def _of(self, tenant: str) -> Path:
        return self._folder / (tenant or EVERYONE)


def write_whole(path: Path, data: bytes) -> None:
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
