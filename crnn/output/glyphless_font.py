"""A font for text that is searched and never seen: Unicode comes from its ToUnicode map.

Every character is a box as high as the line, a full one wide or half of it, so that what a viewer
marks is what was read. TrueType as in the OpenType specification 1.9, only the tables PDF asks for.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Iterator

EM, ASCENT, DESCENT = 1000, 880, -120
FULL, HALF = 1, 2
WIDTHS = {FULL: EM, HALF: EM // 2}
MAX_CHARACTERS = 65_535


class Letters:
    """The characters of a document, numbered as they come; a PDF calls these numbers CIDs."""

    def __init__(self) -> None:
        self._cids: dict[str, int] = {}

    def cid(self, char: str) -> int:
        """The number of a character."""
        if char not in self._cids and len(self._cids) >= MAX_CHARACTERS:
            return 0
        return self._cids.setdefault(char, len(self._cids) + 1)

    def objects(self, number: int) -> list[bytes]:
        """The font as PDF objects, of which the first has that number."""
        widths = " ".join(str(width(char)) for char in self._cids)
        font, file, description, places, unicode_map = range(number + 1, number + 6)
        glyphs = b"\0\0" + b"".join(struct.pack(">H", glyph(char)) for char in self._cids)
        return [
            f"<</Type/Font/Subtype/Type0/BaseFont/Glyphless/Encoding/Identity-H"
            f"/DescendantFonts[{font} 0 R]/ToUnicode {unicode_map} 0 R>>".encode(),
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/Glyphless"
            f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {description} 0 R/DW {EM}/W[1[{widths}]]"
            f"/CIDToGIDMap {places} 0 R>>".encode(),
            stream(truetype(), f"/Length1 {len(truetype())}"),
            f"<</Type/FontDescriptor/FontName/Glyphless/Flags 5/FontBBox[0 {DESCENT} {EM} {ASCENT}]"
            f"/ItalicAngle 0/Ascent {ASCENT}/Descent {DESCENT}/CapHeight {ASCENT}/StemV 80"
            f"/FontFile2 {file} 0 R>>".encode(),
            stream(glyphs),
            stream(self._to_unicode()),
        ]

    def _to_unicode(self) -> bytes:
        """The map from CIDs to UTF-16, in blocks of at most 100 (Adobe technical note 5411)."""
        pairs = [f"<{cid:04x}><{char.encode('utf-16-be').hex()}>" for char, cid in self]
        blocks = [pairs[n : n + 100] for n in range(0, len(pairs), 100)]
        body = "".join(f"{len(b)} beginbfchar\n" + "\n".join(b) + "\nendbfchar\n" for b in blocks)
        return (
            "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
            "/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n"
            f"{body}endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n"
        ).encode()

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._cids.items())


def glyph(char: str) -> int:
    """The box that a character is drawn as."""
    return FULL if unicodedata.east_asian_width(char) in "WFA" else HALF


def width(char: str) -> int:
    """The advance of a character in thousandths of the font's size."""
    return WIDTHS[glyph(char)]


def stream(data: bytes, entries: str = "") -> bytes:
    """A compressed PDF stream object."""
    packed = zlib.compress(data)
    head = f"<</Length {len(packed)}/Filter/FlateDecode{entries}>>stream\n".encode()
    return head + packed + b"\nendstream"


def truetype() -> bytes:
    """The font file: an empty glyph, a full box and a half box."""
    boxes = [b"", _box(EM), _box(EM // 2)]
    places = [sum(map(len, boxes[:n])) // 2 for n in range(len(boxes) + 1)]
    count = len(boxes)
    tables = {
        b"glyf": b"".join(boxes),
        b"head": struct.pack(
            ">LLLLHHQQhhhhHHhhh",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, DESCENT, EM, ASCENT, 0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(
            ">LhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, EM, *[0] * 11, count
        ),
        b"hmtx": struct.pack(">HhHhHh", EM, 0, EM, 0, EM // 2, 0),
        b"loca": struct.pack(f">{count + 1}H", *places),
        b"maxp": struct.pack(">LHHHHHHHHHHHHHH", 0x10000, count, 4, 1, *[0] * 2, 1, *[0] * 8),
    }
    return _assembled(tables)


def _box(wide: int) -> bytes:
    """A glyph of one contour, its four corners as differences."""
    head = struct.pack(">hhhhhHH", 1, 0, DESCENT, wide, ASCENT, 3, 0)
    across, up = struct.pack(">hhhh", 0, 0, wide, 0), ASCENT - DESCENT
    return head + b"\1\1\1\1" + across + struct.pack(">hhhh", DESCENT, up, 0, -up)


def _assembled(tables: dict[bytes, bytes]) -> bytes:
    place = 12 + 16 * len(tables)
    directory, body = struct.pack(">LHHHH", 0x10000, len(tables), 64, 2, 32), b""
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}L", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">LLL", total, place + len(body), len(data))
        body += padded
    return directory + body
