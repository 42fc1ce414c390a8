"""PDF -> grey pages, each rendered in a process of its own; see pdf_child.py for why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from crnn import budget
from crnn.errors import DocumentLocked, ImageTooLarge, NotADocument, ReadError
from crnn.inputs.image import ImageLimits, check_size

Grey = NDArray[np.uint8]

CHILD = Path(__file__).with_name("pdf_child.py")
TIMEOUT_S, COUNT_TIMEOUT_S = 60, 20
PIXELS, LOOK_S = 10_000_000, 0.2
"""A rendered page, about, for the room that pictures share; how often a child is looked at."""
HEADER = 1024
"""A PDF may begin with other bytes, but not more of them than this."""


def is_pdf(begins: bytes) -> bool:
    """Whether a file's first kilobyte is that of a PDF."""
    return b"%PDF-" in begins[:HEADER]


def page_count(source: bytes | Path) -> int:
    """How many pages a PDF says it has.

    Raises: NotADocument, DocumentLocked.
    """
    answer, _ = _ask(source, "pages", 0, 0)
    return int(answer["pages"])


def page(source: bytes | Path, index: int, dpi: int, limits: ImageLimits) -> tuple[Grey, float]:
    """A page (H, W) and the dots per inch it was rendered at.

    Raises: NotADocument, DocumentLocked, ImageTooLarge, ImageTooSmall.
    """
    answer, pixels = _ask(source, str(index), dpi, limits.max_pixels)
    width, height, stride = answer["width"], answer["height"], answer["stride"]
    check_size(width, height, limits)
    if len(pixels) < stride * height:
        raise NotADocument(f"page {index + 1} of the PDF was rendered in part only")
    rows = np.frombuffer(pixels, np.uint8, stride * height).reshape(height, stride)
    return np.ascontiguousarray(rows[:, :width]), float(answer["dpi"])  # (H, W)


def _ask(
    source: bytes | Path, request: str, dpi: int, max_pixels: int
) -> tuple[dict[str, Any], bytes]:
    """What the child answers: its line of JSON and the pixels after it."""
    command = [sys.executable, "-I", str(CHILD), request, str(dpi), str(max_pixels)]
    about = "the PDF" if request == "pages" else f"page {int(request) + 1} of the PDF"
    timeout_s = COUNT_TIMEOUT_S if request == "pages" else TIMEOUT_S
    try:
        done = _run(command, source, timeout_s)
    except subprocess.TimeoutExpired as exc:
        raise NotADocument(f"{about} was not done within {timeout_s} s") from exc
    line, _, pixels = done.stdout.partition(b"\n")
    if done.returncode or not line:
        raise NotADocument(f"{about} took more memory or time than one may, or crashed its reader")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise _refusal(about, answer["error"], answer.get("detail", ""))
    return answer, pixels


def _run(
    command: list[str], source: bytes | Path, timeout_s: int
) -> subprocess.CompletedProcess[bytes]:
    if not isinstance(source, bytes):
        with source.open("rb") as file:
            return _watched(command, file, None, timeout_s)
    return _watched(command, subprocess.PIPE, source, timeout_s)


def _watched(
    command: list[str], stdin: IO[bytes] | int, sent: bytes | None, timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    """What a child answers; it is ended where it takes too long, or where nobody waits for it."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("OCR_")}
    until, pipe = time.monotonic() + timeout_s, subprocess.PIPE
    with (
        budget.room_for(PIXELS),
        subprocess.Popen(command, stdin=stdin, stdout=pipe, stderr=pipe, env=settings) as child,
    ):
        while True:
            try:
                facts, _ = child.communicate(sent, timeout=min(LOOK_S, timeout_s))
                return subprocess.CompletedProcess(command, child.returncode, facts)
            except subprocess.TimeoutExpired as exc:
                sent = None  # what was begun to be sent is sent further
                try:
                    budget.check()
                    if time.monotonic() > until:
                        raise subprocess.TimeoutExpired(command, timeout_s) from exc
                except BaseException:
                    child.kill()
                    raise


def _refusal(about: str, kind: str, detail: str) -> ReadError:
    if kind == "locked":
        return DocumentLocked(f"{about} is encrypted; save it without a password")
    if kind == "large":
        return ImageTooLarge(f"{about}: {detail} (OCR_MAX_PIXELS)")
    if kind == "missing":
        return NotADocument("PDF needs pypdfium2: pip install 'crnn-ocr[documents]'")
    return NotADocument(f"{about} cannot be read: {detail}")
