"""Lexicons of requests: named files of one folder, and lists that come with a request.

Both are built once and kept, the latest few: the next request with the same list pays nothing.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from charset import Charset
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.errors import UnknownOption
from service.storage.file_store import NAME as SHELF_NAME
from service.storage.lexicon_store import LexiconStore

MAX_ENTRIES = 10_000
MAX_CHARS = 300_000
"""What a list may hold that comes with a request: a megabyte of Chinese."""

KEPT_FILES = 16
KEPT_LISTS = 32

NAME = re.compile(r"[^/\\\0]{1,100}")

Version = tuple[int, ...]
"""When and how large a file was; () for a list, whose name is its digest."""


class Lexicons:
    """The lexicons that requests may use. Safe from any thread; each is built by one of them."""

    def __init__(
        self, folder: Path | None, charset: Charset, store: LexiconStore | None = None
    ) -> None:
        self._folder, self._charset, self._store = folder, charset, store
        self._files, self._lists = LexiconCache(KEPT_FILES), LexiconCache(KEPT_LISTS)

    def of(self, name_or_entries: str | list[str], tenant: str = "") -> Lexicon:
        """The lexicon behind a name, the tenant's own first, or of a list of entries.

        Raises: UnknownOption, BadLexicon.
        """
        return (
            self._named(name_or_entries, tenant)
            if isinstance(name_or_entries, str)
            else self._listed(name_or_entries)
        )

    @property
    def store(self) -> LexiconStore:
        """The lexicons that came over HTTP."""
        assert self._store is not None
        return self._store

    def put(self, tenant: str, name: str, entries: list[str]) -> tuple[Lexicon, bool]:
        """Keep a tenant's lexicon; how it reads, and whether there was none of that name.

        Raises: TooMany, UnknownOption, BadLexicon, StoreUnavailable, StorageFull.
        """
        path, data = self.store.path(tenant, name), self.store.check(entries)
        lexicon = Lexicon.from_entries(entries, self._charset)
        is_new = self.store.put(tenant, name, data)
        return self._files.fetch(str(path), _version(path), lambda: lexicon), is_new

    def _own(self, tenant: str, name: str) -> Lexicon | None:
        """A lexicon that came over HTTP. Raises: BadLexicon."""
        if self._store is None or not SHELF_NAME.fullmatch(name):
            return None
        path = self._store.path(tenant, name)
        try:
            build = lambda: Lexicon.from_text(path, self._charset)  # noqa: E731
            return self._files.fetch(str(path), _version(path), build)
        except OSError:
            return None  # none of that name, or it was just deleted

    def _named(self, name: str, tenant: str) -> Lexicon:
        own = self._own(tenant, name)
        if own is not None:
            return own
        if self._folder is None:
            raise UnknownOption("no lexicon has a name here; OCR_LEXICON_DIR is not set")
        path = self._folder / name
        if not NAME.fullmatch(name) or name.startswith(".") or not path.is_file():
            raise UnknownOption(f"no lexicon {name[:80]!r} in OCR_LEXICON_DIR")
        try:
            build = lambda: Lexicon.from_file(path, self._charset)  # noqa: E731
            return self._files.fetch(str(path), _version(path), build)
        except OSError as exc:
            raise UnknownOption(f"the lexicon {name[:80]!r} cannot be read") from exc

    def _listed(self, entries: list[str]) -> Lexicon:
        chars = sum(map(len, entries))
        if len(entries) > MAX_ENTRIES or chars > MAX_CHARS:
            raise UnknownOption(
                f"a lexicon of {len(entries)} entries and {chars} characters; a request may bring "
                f"{MAX_ENTRIES} and {MAX_CHARS}, a larger one is a file in OCR_LEXICON_DIR"
            )
        digest = hashlib.sha256("\n".join(entries).encode("utf-8", "surrogatepass")).hexdigest()
        return self._lists.fetch(digest, (), lambda: Lexicon.from_entries(entries, self._charset))


def _version(path: Path) -> Version:
    """Another one whenever a file was changed or replaced. Raises: OSError."""
    stat = path.stat()
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


class LexiconCache:
    """The lexicons used last, at most `size` of them, each under a name in its latest version."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lexicons: OrderedDict[str, tuple[Version, Lexicon]] = OrderedDict()
        self._lock, self._building = threading.Lock(), threading.Lock()

    def fetch(self, name: str, version: Version, build: Callable[[], Lexicon]) -> Lexicon:
        """The lexicon kept under a name, built where that version is not there; one at a time."""
        lexicon = self._kept(name, version)
        if lexicon is None:
            with self._building:
                lexicon = self._kept(name, version)  # another thread may just have built it
                if lexicon is None:
                    lexicon = build()
                    self._keep(name, version, lexicon)
        return lexicon

    def _kept(self, name: str, version: Version) -> Lexicon | None:
        with self._lock:
            known, lexicon = self._lexicons.get(name, (None, None))
            if known != version:
                return None
            self._lexicons.move_to_end(name)
            return lexicon

    def _keep(self, name: str, version: Version, lexicon: Lexicon) -> None:
        with self._lock:
            self._lexicons[name] = (version, lexicon)
            self._lexicons.move_to_end(name)
            while len(self._lexicons) > self._size:
                self._lexicons.popitem(last=False)
