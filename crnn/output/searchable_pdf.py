"""Pages as a PDF that can be searched: the picture of each, its text unseen on top.

Written as it goes, one page in memory at a time; ISO 32000-1, sections 7.5 and 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.layout.line_crops import ON_END_ASPECT
from crnn.output.glyphless_font import ASCENT, DESCENT, EM, Letters, stream, width
from crnn.output.read_page import ReadPage
from crnn.page import Line

Grey = NDArray[np.uint8]

POINTS_PER_INCH = 72
A4_INCHES, A4_POINTS = 11.69, (595, 842)
LOWEST_DPI = 96
JPEG_QUALITY = 70
CATALOGUE, TREE, FONT = 1, 2, 3
FIRST_FREE = 9


def as_pdf(pages: Iterable[tuple[ReadPage, Grey | None, float]]) -> Iterator[bytes]:
    """The parts of a PDF file, one after another.

    pages: what was read, its picture (H, W), and the picture's dots per inch, 0 where unknown; a
    page without a picture is an empty sheet.
    """
    file, letters, sheets = _File(), Letters(), []
    yield file.begins()
    for read, grey, dpi in pages:
        sheets.append(file.following)
        for body in _sheet(file.following, read, grey, dpi, letters):
            yield file.object(body)
    yield file.object(b"<</Type/Catalog/Pages %d 0 R>>" % TREE, CATALOGUE)
    kids = b" ".join(b"%d 0 R" % number for number in sheets)
    yield file.object(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(sheets), kids), TREE)
    for number, body in enumerate(letters.objects(FONT), FONT):
        yield file.object(body, number)
    yield file.ends()


class _File:
    """Where each object of the file stands."""

    def __init__(self) -> None:
        self.following = FIRST_FREE
        self._places: dict[int, int] = {}
        self._length = 0

    def begins(self) -> bytes:
        return self._counted(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def object(self, body: bytes, number: int | None = None) -> bytes:
        """An object with its number, the next free one where none is given."""
        if number is None:
            number, self.following = self.following, self.following + 1
        self._places[number] = self._length
        return self._counted(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def ends(self) -> bytes:
        """The table of places, and where it stands itself."""
        size, start = self.following, self._length
        rows = b"".join(b"%010d 00000 n \n" % self._places[n] for n in range(1, size))
        table = b"xref\n0 %d\n0000000000 65535 f \n" % size + rows
        trailer = b"trailer\n<</Root %d 0 R/Size %d>>\n" % (CATALOGUE, size)
        return table + trailer + b"startxref\n%d\n%%%%EOF\n" % start

    def _counted(self, data: bytes) -> bytes:
        self._length += len(data)
        return data


def _sheet(
    number: int, read: ReadPage, grey: Grey | None, dpi: float, letters: Letters
) -> list[bytes]:
    """A page as objects: itself, its content and its picture."""
    if grey is None:
        box = f"[0 0 {A4_POINTS[0]} {A4_POINTS[1]}]"
        return [f"<</Type/Page/Parent {TREE} 0 R/MediaBox{box}/Resources<<>>>>".encode()]
    high, wide = grey.shape
    points = POINTS_PER_INCH / (dpi or max(LOWEST_DPI, max(high, wide) / A4_INCHES))
    page = (
        f"<</Type/Page/Parent {TREE} 0 R/MediaBox[0 0 {wide * points:.3f} {high * points:.3f}]"
        f"/Contents {number + 1} 0 R/Resources<</XObject<</I {number + 2} 0 R>>"
        f"/Font<</F {FONT} 0 R>>>>>>"
    )
    content = f"q {wide * points:.3f} 0 0 {high * points:.3f} 0 0 cm /I Do Q\nBT 3 Tr\n"
    content += "".join(_text(line, high, points, letters) for line in read.lines) + "ET"
    jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    picture = (
        f"<</Type/XObject/Subtype/Image/Width {wide}/Height {high}/BitsPerComponent 8"
        f"/ColorSpace/DeviceGray/Filter/DCTDecode/Length {len(jpeg)}>>stream\n"
    )
    return [
        page.encode(),
        stream(content.encode("ascii")),
        picture.encode() + jpeg + b"\nendstream",
    ]


def _text(line: Line, page_height: int, points: float, letters: Letters) -> str:
    """A line stretched over its box; one on end runs downwards."""
    left, top, right, bottom = (points * side for side in line.box)
    floor = points * page_height - bottom
    length, size = right - left, bottom - top
    descent = -DESCENT / (ASCENT - DESCENT)
    matrix = f"1 0 0 1 {left:.3f} {floor + descent * size:.3f}"
    if size >= ON_END_ASPECT * length and len(line.text) > 1:
        length, size = size, length
        matrix = f"0 -1 1 0 {left + descent * size:.3f} {floor + length:.3f}"
    natural = size * sum(width(char) for char in line.text) / EM
    codes = "".join(f"{letters.cid(char):04x}" for char in line.text)
    stretched = 100 * length / max(natural, 1e-6)
    return f"/F {size:.3f} Tf {stretched:.3f} Tz {matrix} Tm <{codes}> Tj\n"
