"""documents -> pages: images, multi-page TIFF, PDF and zip archives of these, one page at a time.

What a file is called is never asked; its first bytes say what it is.
"""

from __future__ import annotations

import io
import mmap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from crnn.errors import DocumentTooLarge, ImageTooLarge, NotADocument, ReadError
from crnn.inputs import archive, pdf, tiff
from crnn.inputs.image import Grey, ImageLimits, decode, decode_file

Source = bytes | Path

ALONE = -1
OUTLINE_S = 60


@dataclass(frozen=True)
class DocumentLimits:
    """The largest document taken; the names of the service's settings stand in the messages."""

    max_bytes: int = 200_000_000
    max_pages: int = 1000
    image: ImageLimits = field(default_factory=ImageLimits)
    pdf_dpi: int = 300


@dataclass(frozen=True)
class PageRef:
    """Where a page stands: `entry` in a zip (ALONE without one), `index` in that file, from 0."""

    index: int = 0
    entry: int = ALONE
    name: str = ""


@dataclass(frozen=True)
class PageImage:
    """A page's pixels. grey: (H, W); dpi: 0 where nothing says."""

    ref: PageRef
    grey: Grey
    dpi: float = 0.0


def pages(source: Source, limits: DocumentLimits) -> Iterator[PageImage]:
    """The pages of a document, each made when it is asked for.

    Raises: ReadError, at the first page that cannot be read; `outline` and `page` go past it.
    """
    for ref in outline(source, limits):
        yield page(source, ref, limits)


def outline(source: Source, limits: DocumentLimits) -> list[PageRef]:
    """The pages of a document, nothing of them decoded. A zip's unreadable file counts as a page.

    Raises: NotADocument, DocumentLocked, DocumentTooLarge, ImageTooLarge.
    """
    begins = _begins(source, limits)
    if not archive.is_zip(begins):
        return [PageRef(index) for index in range(_count(source, limits))]
    results: list[PageRef] = []
    started = time.monotonic()
    for entry in archive.entries(source, limits.max_pages, limits.max_bytes):
        if time.monotonic() - started > OUTLINE_S:
            raise DocumentTooLarge(f"counting the pages of the zip took over {OUTLINE_S} s")
        count = _count_entry(source, entry.index, limits)
        _check_pages(len(results) + count, limits)
        results += [PageRef(index, entry.index, entry.name) for index in range(count)]
    if not results:
        raise NotADocument("a zip without a file in it")
    return results


def page(source: Source, ref: PageRef, limits: DocumentLimits) -> PageImage:
    """One page.

    Raises: ReadError.
    """
    if ref.entry != ALONE:
        source = archive.read(source, ref.entry, limits.max_pages, limits.max_bytes)
    begins = _begins(source, limits)
    if tiff.is_tiff(begins):
        return PageImage(ref, _tiff_page(source, ref.index, limits))
    if pdf.is_pdf(begins):
        grey, dpi = pdf.page(source, ref.index, limits.pdf_dpi, limits.image)
        return PageImage(ref, grey, dpi)
    return PageImage(ref, decode(_image_bytes(source, limits.image), limits.image))


def _begins(source: Source, limits: DocumentLimits) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.max_bytes:
        raise DocumentTooLarge(f"{size} bytes; the limit is {limits.max_bytes} (OCR_JOB_MAX_BYTES)")
    if not size:
        raise NotADocument("no bytes where a document was expected")
    if isinstance(source, bytes):
        return source[: pdf.HEADER]
    with source.open("rb") as file:
        return file.read(pdf.HEADER)


def _count(source: Source, limits: DocumentLimits) -> int:
    """The pages of a file that is no zip."""
    begins = _begins(source, limits)
    count = 1
    if tiff.is_tiff(begins):
        with _mapped(source) as data:
            count = len(tiff.directories(data, limits.max_pages))
    elif pdf.is_pdf(begins):
        count = pdf.page_count(source)
        if not count:
            raise NotADocument("a PDF without pages")
    _check_pages(count, limits)
    return count


def _count_entry(source: Source, entry: int, limits: DocumentLimits) -> int:
    try:
        data = archive.read(source, entry, limits.max_pages, limits.max_bytes)
        return _count(data, limits)
    except DocumentTooLarge:
        raise
    except ReadError:
        return 1  # `page` meets the same error, and it stands in this page's place


def _check_pages(count: int, limits: DocumentLimits) -> None:
    if count > limits.max_pages:
        raise DocumentTooLarge(
            f"{count} pages or more where {limits.max_pages} may be (OCR_JOB_MAX_PAGES)"
        )


def _image_bytes(source: Source, limits: ImageLimits) -> bytes:
    if isinstance(source, bytes):
        return source
    size = source.stat().st_size
    if size > limits.max_bytes:
        raise ImageTooLarge(f"{size} bytes; the limit is {limits.max_bytes} (OCR_MAX_IMAGE_BYTES)")
    return source.read_bytes()


def _tiff_page(source: Source, index: int, limits: DocumentLimits) -> Grey:
    with _mapped(source) as data:
        result = tiff.directories(data, index)
        if index >= len(result):
            raise NotADocument(f"page {index + 1} of a TIFF of {len(result)} pages")
        tiff.start_at(data, result[index])
        file = io.BytesIO(data) if isinstance(data, bytearray) else data
        return decode_file(cast("IO[bytes]", file), bytes(data[:8]), limits.image)


@contextmanager
def _mapped(source: Source) -> Iterator[bytearray | mmap.mmap]:
    """A document's bytes, to be looked at and changed in private."""
    if isinstance(source, bytes):
        yield bytearray(source)
        return
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as data:
        yield data
