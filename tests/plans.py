"""Plans for batch tests: a strategy without weights that does on a page what its width asks for."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crnn.batch.page import Result, Strategy
from crnn.errors import ImageTooSmall
from crnn.read.documents import PageImage

CRASHES, HANGS, IS_REFUSED, IS_A_BUG = 333, 444, 555, 666
"""Widths of pages."""


@dataclass(frozen=True)
class Widths:
    """Says a page's width; takes pause_s for it, once there is a file `gate` where one is named."""

    pause_s: float = 0.0
    version: int = 1
    gate: str = ""

    @property
    def about(self) -> dict[str, Any]:
        return {"model": f"widths-{self.version}"}

    def open(self) -> Strategy:
        return self._said

    def _said(self, image: PageImage) -> Result:
        while self.gate and not Path(self.gate).exists():
            time.sleep(0.05)
        time.sleep(self.pause_s)
        height, width = image.grey.shape
        if width == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        if width == HANGS:
            time.sleep(600)
        if width == IS_REFUSED:
            raise ImageTooSmall("it says nothing")
        if width == IS_A_BUG:
            raise ZeroDivisionError
        line = {"text": f"宽{width}", "confidence": width / 1000, "box": [1, 2, width, height]}
        chars = [["宽", 0.9, 1.0, 9.0]]
        return {
            "width": width,
            "height": height,
            "mode": "page",
            "lines": [line | {"chars": chars}],
        }
