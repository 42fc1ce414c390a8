"""The pages of a TIFF, found by walking its chain of directories and nothing else.

A chain may loop, be endless, or hold tags that claim the whole file each; what is handed on to the
decoder has been looked at here.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass

from crnn.errors import DocumentTooLarge, NotADocument

Buffer = bytes | bytearray | mmap.mmap

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MAX_TAGS = 512
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8}
"""Bytes of a value by its type, TIFF 6.0 section 2, and BigTIFF's two; an unknown type is one."""


@dataclass(frozen=True)
class Layout:
    """How numbers stand in this file: classic TIFF or BigTIFF, either byte order."""

    first: int
    offset: str
    count: str
    entry: str

    @classmethod
    def of(cls, data: Buffer) -> Layout:
        """The layout that the first four bytes name."""
        order = "<" if data[:2] == b"II" else ">"
        if b"+" in data[:4]:
            return cls(8, order + "Q", order + "Q", order + "HHQ8x")
        return cls(4, order + "L", order + "H", order + "HHL4x")


def is_tiff(data: Buffer) -> bool:
    """Whether a file begins as a TIFF does."""
    return data[:4] in MAGICS


def directories(data: Buffer, max_pages: int) -> list[int]:
    """Where the directory of each page stands; looks no further than one page over the limit.

    Raises: NotADocument, DocumentTooLarge.
    """
    layout = Layout.of(data)
    results: list[int] = []
    try:
        (offset,) = struct.unpack_from(layout.offset, data, layout.first)
        while offset and offset not in results and len(results) <= max_pages:
            following = _next(data, offset, layout)
            results.append(offset)
            offset = following
    except struct.error as exc:
        if not results:
            raise NotADocument("a TIFF whose directory lies outside the file") from exc
    if not results:
        raise NotADocument("a TIFF without a page")
    return results


def start_at(data: bytearray | mmap.mmap, directory: int) -> None:
    """Make a directory the file's first, so that a decoder need not walk the chain to it."""
    layout = Layout.of(data)
    struct.pack_into(layout.offset, data, layout.first, directory)


def _next(data: Buffer, offset: int, layout: Layout) -> int:
    """Where the directory after this one stands, 0 after the last; its tags are weighed."""
    (tags,) = struct.unpack_from(layout.count, data, offset)
    if tags > MAX_TAGS:
        raise NotADocument(f"a TIFF page with {tags} tags; it may have {MAX_TAGS}")
    start, size = offset + struct.calcsize(layout.count), struct.calcsize(layout.entry)
    total = 0
    for place in range(start, start + tags * size, size):
        _, kind, count = struct.unpack_from(layout.entry, data, place)
        total += count * SIZES.get(kind, 1)
    if total > len(data):
        raise DocumentTooLarge(f"TIFF tags of {total} bytes in a file of {len(data)}")
    following: int = struct.unpack_from(layout.offset, data, start + tags * size)[0]
    return following
