"""Documents made for tests: PDF written by hand, TIFF and zip by their libraries."""

from __future__ import annotations

import io
import zipfile

import cv2
import numpy as np
from PIL import Image

from tests.conftest import drawn


def sheet(*texts: str, width: int = 420) -> np.ndarray:
    """A small page (H, W) with a drawn line for each text."""
    page = np.full((60 + 60 * len(texts), width), 255, np.uint8)
    for row, text in enumerate(texts):
        line = drawn(text)
        page[40 + 60 * row : 80 + 60 * row, 20 : 20 + line.shape[1]] = line
    return page


def tiff(*sheets: np.ndarray, compression: str = "tiff_lzw", mode: str = "L") -> bytes:
    """A TIFF with a page for each (H, W)."""
    pictures = [Image.fromarray(page).convert(mode) for page in sheets]
    data = io.BytesIO()
    pictures[0].save(
        data, "TIFF", save_all=True, append_images=pictures[1:], compression=compression
    )
    return data.getvalue()


def zipped(**files: bytes) -> bytes:
    """A zip; names are given with a dot written as two underscores."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return data.getvalue()


def pdf(*sheets: np.ndarray, box: tuple[int, int] | None = None, count: int | None = None) -> bytes:
    """A PDF with an image for each (H, W), 72 dots per inch; box and count tell lies on request."""
    objects: list[bytes] = []
    kids = " ".join(f"{3 + 3 * n} 0 R" for n in range(len(sheets)))
    objects.append(b"<</Type/Catalog/Pages 2 0 R>>")
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {count or len(sheets)}>>".encode())
    for n, page in enumerate(sheets):
        height, width = page.shape
        wide, high = box or (width, height)
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide} {high}]/Contents {4 + 3 * n} 0 R"
            f"/Resources<</XObject<</I {5 + 3 * n} 0 R>>>>>>".encode()
        )
        draw = f"q {width} 0 0 {height} 0 0 cm /I Do Q".encode()
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(draw), draw))
        jpeg = cv2.imencode(".jpg", page)[1].tobytes()
        head = f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8"
        head += f"/ColorSpace/DeviceGray/Filter/DCTDecode/Length {len(jpeg)}>>stream\n"
        objects.append(head.encode() + jpeg + b"\nendstream")
    return joined(objects)


def joined(objects: list[bytes]) -> bytes:
    """Numbered objects as a PDF file; the first is the catalogue."""
    data, places = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    size = len(objects) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Root 1 0 R/Size %d>>\n" % (
        size, table, size,
    )  # fmt: skip
    return data + b"startxref\n%d\n%%%%EOF" % start
