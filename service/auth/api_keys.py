"""API keys: a file with a name, a digest and a rate for each, and who a caller is by them.

    # name      sha256 of the key        rate: 600/minute, off; none where it is left out
    archive-3   5e88...d42d8             600/minute
    it-dept     9c1f...07aa1             admin

A last word admin lets a key change which models read.

The file is read again when it changed: a key is taken back by taking out its line.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from limits import RateLimitItem, parse

from service.errors import Forbidden, Unauthorized

log = logging.getLogger("crnn_ocr.keys")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
DIGEST = re.compile(r"[0-9a-f]{64}")
OFF, ADMIN = "off", "admin"
PREFIX = "ocr_"
MAX_KEY_CHARS = 200


class BadKeysFile(ValueError):
    """OCR_API_KEYS_FILE cannot be read, or a line of it says nothing that is known."""


@dataclass(frozen=True)
class Key:
    """Who may ask. rate: how often, None where that is not limited; is_off: no more at all.

    is_admin: it may change which models read.
    """

    name: str
    digest: str
    rate: RateLimitItem | None = None
    is_off: bool = False
    is_admin: bool = False


def new_key(name: str, rate: str = "", *, admin: bool = False) -> tuple[str, str]:
    """A key made now, and the line of the file that lets it in. Raises: BadKeysFile."""
    key = PREFIX + secrets.token_urlsafe(32)
    words = (name, digest_of(key), rate, ADMIN if admin else "")
    line = " ".join(word for word in words if word)
    _parsed(line, 1)
    return key, line


def digest_of(key: str) -> str:
    """What the file holds of a key: it has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Keys:
    """The keys of a file. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._version = _version(path)
        self._keys = _read(path)

    def caller(self, presented: str | None) -> Key:
        """Whose key that is. Raises: Unauthorized, Forbidden."""
        if not presented:
            raise Unauthorized("no API key; send Authorization: Bearer KEY, or X-API-Key: KEY")
        digest = digest_of(presented[:MAX_KEY_CHARS])
        result = None
        for key in self._current():  # all of them, each compared in the same time
            if hmac.compare_digest(key.digest, digest):
                result = key
        if result is None:
            raise Unauthorized("an unknown API key")
        if result.is_off:
            raise Forbidden(f"the API key {result.name!r} is switched off")
        return result

    def _current(self) -> list[Key]:
        with self._lock:
            version = _version(self._path)
            if version != self._version:
                self._version = version
                try:
                    self._keys = _read(self._path)
                except BadKeysFile as exc:
                    log.error("%s; the keys read before stay in force", exc)
            return self._keys


def _version(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


def _read(path: Path) -> list[Key]:
    try:
        rows = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as exc:
        raise BadKeysFile(f"OCR_API_KEYS_FILE {path} cannot be read") from exc
    keys = [
        _parsed(row, number)
        for number, row in enumerate(rows, 1)
        if row.strip() and not row.lstrip().startswith("#")
    ]
    names = [key.name for key in keys]
    if not keys or len(set(names)) < len(names):
        raise BadKeysFile(f"OCR_API_KEYS_FILE {path} has no key, or a name twice")
    return keys


def _parsed(row: str, number: int) -> Key:
    """A line as a key; what the line says is not repeated, for it may be a key put there whole."""
    name, digest, rate, *more = [*row.split(maxsplit=2), "", "", ""][:4]
    if more != [""] or not NAME.fullmatch(name) or not DIGEST.fullmatch(digest):
        raise BadKeysFile(f"line {number} is not a name, 64 hexadecimal digits and a rate")
    *words, last = rate.split() or [""]
    if is_admin := last == ADMIN:
        rate = " ".join(words)
    if rate == OFF:
        return Key(name, digest, is_off=True)
    try:
        return Key(name, digest, parse(rate) if rate else None, is_admin=is_admin)
    except ValueError as exc:
        raise BadKeysFile(f"line {number}: a rate is such as 600/minute, or {OFF}") from exc
