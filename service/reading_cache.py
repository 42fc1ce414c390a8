"""Readings kept in memory for images that come again: bounded in bytes, never on disk.

The key is the image's digest, every wish, and the weights: nothing that could change the reading
is left out of it.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
from collections import OrderedDict
from dataclasses import dataclass

from crnn.decode.lexicon.lexicon import Lexicon
from crnn.options import ReadOptions
from crnn.page import Page

OVERHEAD_BYTES = 400
"""What a reading takes beside itself: the key, and the places of both."""


@dataclass(frozen=True)
class _Entry:
    """A reading, packed; its lexicon is held so that no other can come to have its id."""

    packed: bytes
    lexicon: Lexicon | None

    @property
    def size(self) -> int:
        return len(self.packed) + OVERHEAD_BYTES


class Readings:
    """The readings asked for last, at most max_bytes of them. Safe from any thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock, self.bytes = threading.Lock(), 0

    def key(self, image: bytes, options: ReadOptions, weights_sha256: str) -> bytes:
        """One for the same image, read in the same way by the same weights."""
        how = options.decoding
        parts = [
            weights_sha256,
            hashlib.sha256(image).hexdigest(),
            options.mode,
            options.detail,
            options.width,
            options.effort,
            how.method,
            how.n_best,
            how.prefer,
            how.max_margin,
            how.grammar.description if how.grammar else "",
            id(how.lexicon) if how.lexicon is not None else None,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()

    def find(self, key: bytes) -> Page | None:
        """The reading kept under a key."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
        page: Page = pickle.loads(kept.packed)
        return page

    def keep(self, key: bytes, page: Page, options: ReadOptions) -> None:
        """Keep a reading; the ones not asked for the longest make room."""
        kept = _Entry(pickle.dumps(page), options.decoding.lexicon)
        if kept.size > self._max_bytes:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self.bytes += kept.size - (old.size if old else 0)
            self._kept[key] = kept
            while self.bytes > self._max_bytes:
                _, gone = self._kept.popitem(last=False)
                self.bytes -= gone.size
