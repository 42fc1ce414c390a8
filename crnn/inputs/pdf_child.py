"""The process that opens a PDF: `python -I pdf_child.py pages|PAGE DPI MAX_PIXELS < file`.

It imports nothing of this project and holds itself to limits of memory and time, so that a PDF made
to exhaust or crash its reader ends this process and no other. Writes one line of JSON, then pixels.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

MEMORY_BYTES = 1_500_000_000
CPU_S = 40
POINTS_PER_INCH = 72
LOWEST_DPI = 60
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD


def main(request: str, dpi: str, max_pixels: str) -> None:
    """Answer one wish."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import pypdfium2
    except ImportError:
        return tell({"error": "missing"})
    try:
        file = sys.stdin.buffer
        document = pypdfium2.PdfDocument(file if file.seekable() else file.read())
        if request == "pages":
            return tell({"pages": len(document)})
        return render(document[int(request)], int(dpi), int(max_pixels))
    except pypdfium2.PdfiumError as exc:
        locked = getattr(exc, "err_code", None) == PASSWORD_ERROR or "assword" in str(exc)
        return tell({"error": "locked" if locked else "damaged", "detail": str(exc)})


def render(page: Any, dpi: int, max_pixels: int) -> None:
    """A page as grey pixels, at fewer dots where it would be more pixels than the limit."""
    width, height = page.get_size()
    inches = max(width * height, 1e-6) / POINTS_PER_INCH**2
    dpi = min(dpi, int((max_pixels / inches) ** 0.5))
    if dpi < LOWEST_DPI:
        detail = f"a page of {width:.0f}x{height:.0f} points is over the limit at {LOWEST_DPI} dpi"
        return tell({"error": "large", "detail": detail})
    bitmap = page.render(scale=dpi / POINTS_PER_INCH, grayscale=True)
    tell({"width": bitmap.width, "height": bitmap.height, "stride": bitmap.stride, "dpi": dpi})
    sys.stdout.buffer.write(bytes(bitmap.buffer))
    return None


def tell(answer: dict[str, Any]) -> None:
    """Write the line of JSON."""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
