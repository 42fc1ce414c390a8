"""The pure function of every engine and of the service's jobs: bytes + page + strategy -> result.

A strategy is what is made of a page's picture; `whole_page` reads all its lines. Another one, such
as a form's fields, gives the same plain values and more beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from crnn.errors import ReadError
from crnn.inputs import documents
from crnn.inputs.documents import DocumentLimits, PageImage, PageRef, Source
from crnn.options import ReadOptions
from crnn.output import page_from_dict, page_to_dict
from crnn.output.read_page import ReadPage
from crnn.page import Page

Result = dict[str, Any]
"""A page as `page_to_dict` writes it; a strategy may add names of its own."""

Strategy = Callable[[PageImage], Result]
"""What is made of a page's picture. Raises: ReadError."""

CHUNK_BYTES = 1 << 20


def about_effort(effort: str) -> dict[str, str]:
    """An effort as a plan tells it: nothing of the usual one, as batches begun before do not."""
    return {} if effort == "quick" else {"effort": effort}


class Reads(Protocol):
    """What reads pixels (H, W): a Reader, or one that stands for it."""

    def read(self, image: Any, options: ReadOptions) -> Page:
        """Everything written in an image."""


class Plan(Protocol):
    """A strategy as it travels to other processes: whole, so that they need no file."""

    @property
    def about(self) -> dict[str, Any]:
        """All that a result depends on besides the document, ready for JSON."""

    def open(self) -> Strategy:
        """The strategy, ready to read; called once a process."""


def whole_page(reader: Reads, options: ReadOptions) -> Strategy:
    """The strategy that reads every line of a page."""
    return lambda image: page_to_dict(reader.read(image.grey, options))


def read_page(source: Source, ref: PageRef, strategy: Strategy, limits: DocumentLimits) -> Result:
    """One page of a document.

    Raises: ReadError.
    """
    return strategy(documents.page(source, ref, limits))


def as_read(file: str, number: int, result: Result | None, error: str = "") -> ReadPage:
    """A result as every format takes it; None where the page could not be read."""
    return ReadPage(file, number, page_from_dict(result) if result else None, error)


@dataclass(frozen=True)
class Opened:
    """A document before it is read: the digest of its bytes and its pages.

    count: how many pages; refs: where they stand, nothing where they were known before; error: why
    it cannot be opened, it then counts as one page.
    """

    digest: str
    count: int
    refs: tuple[PageRef, ...] = ()
    error: str = ""


def open_document(
    path: Path, limits: DocumentLimits, known: tuple[str, int] | None = None
) -> Opened:
    """A document's digest and pages; they are not counted where `known` names the same digest."""
    digest = ""
    try:
        digest = digest_of(path)
        if known and known[0] == digest:
            return Opened(*known)
        refs = documents.outline(path, limits)
    except (ReadError, OSError) as exc:
        return Opened(digest, 1, (PageRef(),), said(exc))
    return Opened(digest, len(refs), tuple(refs))


def digest_of(path: Path) -> str:
    """The sha256 of a file's bytes."""
    result = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            result.update(chunk)
    return result.hexdigest()


def said(exc: Exception) -> str:
    """An error in words that hold no place of this machine."""
    return (exc.strerror or type(exc).__name__) if isinstance(exc, OSError) else str(exc)
