"""Sound files of every kind, and damage where their decoders look; the dice are seeded."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import Image

from tests.conftest import drawn
from tests.fixtures.papers import pdf, sheet, tiff, zipped

Damage = Callable[[random.Random, bytes], bytes]

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def bytes_changed(dice: random.Random, whole: bytes) -> bytes:
    """A few bytes are others, a few are gone, the end may be missing."""
    data = bytearray(whole)
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(len(data))] = dice.choice((0, 255, dice.randrange(256)))
    if dice.random() < 0.3:
        at = dice.randrange(len(data))
        del data[at : at + dice.randint(1, 40)]
    if not data:
        return b""
    return bytes(data[: dice.randint(1, len(data))] if dice.random() < 0.2 else data)


def number_changed(dice: random.Random, whole: bytes, reach: int = 10**9) -> bytes:
    """A number somewhere in the first bytes is at an end of its range."""
    data = bytearray(whole)
    kind = dice.choice(("<H", ">H", "<L", ">L"))
    value = dice.choice(NUMBERS) & (256 ** struct.calcsize(kind) - 1)
    struct.pack_into(kind, data, dice.randrange(min(reach, len(data) - 4)), value)
    return bytes(data)


def header_changed(dice: random.Random, whole: bytes) -> bytes:
    """The same, where headers are."""
    return number_changed(dice, whole, 64)


def png_chunks(dice: random.Random, whole: bytes) -> bytes:
    """Chunks changed, doubled, dropped or swapped; every checksum is right."""
    chunks, at = [], 8
    while at < len(whole):
        (length,) = struct.unpack_from(">L", whole, at)
        chunks.append((whole[at + 4 : at + 8], whole[at + 8 : at + 8 + length]))
        at += length + 12
    for _ in range(dice.randint(1, 3)):
        n = dice.randrange(len(chunks))
        name, body = chunks[n]
        what = dice.randrange(4)
        if what == 0 and body:
            chunks[n] = name, bytes_changed(dice, body)
        elif what == 1:
            chunks.insert(n, chunks[n])
        elif what == 2 and len(chunks) > 1:
            del chunks[n]
        else:
            other = dice.choice((b"tRNS", b"PLTE", b"acTL", b"eXIf", b"iCCP", b"zTXt"))
            chunks.insert(n, (other, dice.randbytes(dice.randint(0, 60))))
    parts = [
        struct.pack(">L", len(b)) + n + b + struct.pack(">L", zlib.crc32(n + b)) for n, b in chunks
    ]
    return whole[:8] + b"".join(parts)


def jpeg_segments(dice: random.Random, whole: bytes) -> bytes:
    """Segments with other lengths, markers or places."""
    marks = [n for n in range(2, len(whole) - 4) if whole[n] == 0xFF and whole[n + 1] not in (0,)]
    data, at = bytearray(whole), dice.choice(marks)
    what = dice.randrange(4)
    if what == 0:
        struct.pack_into(">H", data, at + 2, dice.choice(NUMBERS) & 0xFFFF)
    elif what == 1:
        data[at + 1] = dice.choice((0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xD8, 0xD9, 0xDA, 0xDB, 0xEE))
    elif what == 2:
        other = dice.choice(marks)
        data[at:at] = data[other : other + dice.randint(2, 300)]
    else:
        del data[at : dice.choice([m for m in marks if m >= at])]
    return bytes(data)


def tiff_tags(dice: random.Random, whole: bytes) -> bytes:
    """Tags of the first directory with another kind, count or value."""
    data = bytearray(whole)
    order = "<" if data[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "L", data, 4)
    (count,) = struct.unpack_from(order + "H", data, first)
    for _ in range(dice.randint(1, 3)):
        entry = first + 2 + 12 * dice.randrange(count)
        place, kind = dice.choice(((0, "H"), (2, "H"), (4, "L"), (8, "L"), (8, "H")))
        value = dice.choice((*NUMBERS, dice.randrange(400), len(data)))
        value &= 256 ** struct.calcsize(kind) - 1
        struct.pack_into(order + kind, data, entry + place, value)
    return bytes(data)


def pdf_words(dice: random.Random, whole: bytes) -> bytes:
    """A number or a word of its syntax is another."""
    words = (b"/Length", b"/Width", b"/Height", b"/Count", b"/Kids", b"/MediaBox", b"obj", b"0 R")
    word = dice.choice([w for w in words if w in whole])
    other = dice.choice((b"/Count", b"/Length -1", b"/Width 9999999", b"[[[", b"<<", b"1 0 R", b""))
    return whole.replace(word, other, dice.randint(1, 2))


def samples() -> dict[str, tuple[bytes, tuple[Damage, ...]]]:
    """A sound file of each kind, and how it is damaged."""
    line, page = drawn("2026-11-20"), sheet("20261120", "77")
    anywhere = (bytes_changed, number_changed, header_changed)
    coded = {ext: cv2.imencode(ext, line)[1].tobytes() for ext in (".jpg", ".webp", ".bmp", ".png")}
    progressive = cv2.imencode(".jpg", line, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    return {
        "jpeg": (coded[".jpg"], (*anywhere, jpeg_segments, jpeg_segments)),
        "jpeg-progressive": (progressive, (*anywhere, jpeg_segments, jpeg_segments)),
        "png": (coded[".png"], (bytes_changed, png_chunks, png_chunks, png_chunks)),
        "webp": (coded[".webp"], anywhere),
        "bmp": (coded[".bmp"], anywhere),
        "gif": (_saved(line, "GIF"), anywhere),
        "ppm": (_saved(line, "PPM"), anywhere),
        "tiff-lzw": (tiff(page, page), (*anywhere, tiff_tags, tiff_tags)),
        "tiff-g4": (tiff(page, compression="group4", mode="1"), (*anywhere, tiff_tags, tiff_tags)),
        "tiff-jpeg": (tiff(page, compression="jpeg"), (*anywhere, tiff_tags, jpeg_segments)),
        "pdf": (pdf(page), (bytes_changed, pdf_words)),
        "zip": (zipped(a__png=coded[".png"], b__tif=tiff(page)), anywhere),
    }


def _saved(pixels: np.ndarray, kind: str) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind)
    return data.getvalue()


def cases(count: int, seed: int, kind: str = "") -> Iterator[tuple[str, bytes]]:
    """Damaged files with their names, each kind in turn, or of one kind only.

    A PDF costs a process a page: it comes in one turn of six, and a PNG in its place.
    """
    known = samples()
    names = [kind] if kind else list(known)
    for number in range(count):
        dice = random.Random(f"{seed}/{number}")
        turn, place = divmod(number, len(names))
        name = "png" if names[place] == "pdf" and turn % 6 and not kind else names[place]
        whole, damages = known[name]
        yield f"{seed}/{number} {name}", dice.choice(damages)(dice, whole)
