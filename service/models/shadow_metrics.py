"""What is counted of each model, and the shadow that reads beside the default one."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from crnn.errors import OcrError
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader

log = logging.getLogger("crnn_ocr.models")

EVENTS = (
    "requests", "corrections", "confirmations", "shadow_images", "shadow_lines", "disagreements",
    "shadow_skipped",
)  # fmt: skip
"""disagreements are lines of images read by both on which the shadow says something else."""

MOST_WAITING = 16
NICE = 10

Image = bytes | NDArray[np.uint8]


class ModelMetrics:
    """Counts of each model since the start of this process. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def add(self, model: str, event: str, count: int = 1) -> None:
        """Count an event of a model."""
        assert event in EVENTS
        with self._lock:
            self._counts.setdefault(model, Counter())[event] += count

    def of(self, model: str) -> dict[str, int]:
        """Every count of a model."""
        with self._lock:
            result = self._counts.get(model, Counter())
            return {event: result[event] for event in EVENTS}

    def all(self) -> Mapping[str, Mapping[str, int]]:
        """Every count of every model that was ever counted."""
        with self._lock:
            names = list(self._counts)
        return {name: self.of(name) for name in names}


class Shadow:
    """Reads images a second time, behind the answers, when there is time for it."""

    def __init__(self, model_metrics: ModelMetrics) -> None:
        self._model_metrics = model_metrics
        self._pool = ThreadPoolExecutor(1, "shadow", initializer=_lower_priority)
        self._slots = threading.Semaphore(MOST_WAITING)

    def read(self, reader: Reader, image: Image, options: ReadOptions, page: Page) -> None:
        """Read an image later and compare; skipped where too many wait already."""
        name = reader.spec.name
        if not self._slots.acquire(blocking=False):
            self._model_metrics.add(name, "shadow_skipped")
            return
        try:
            self._pool.submit(self._compare, reader, image, options, page)
        except RuntimeError:  # the service ends
            self._slots.release()

    def _compare(self, reader: Reader, image: Image, options: ReadOptions, page: Page) -> None:
        name = reader.spec.name
        try:
            lines, differ = compared(page, reader.read(image, options))
        except OcrError:  # what the default reads without complaint
            lines = differ = max(1, len(page.lines))
        except Exception:
            log.exception("the shadow %s failed", name)
            lines = differ = max(1, len(page.lines))
        finally:
            self._slots.release()
        self._model_metrics.add(name, "shadow_images")
        self._model_metrics.add(name, "shadow_lines", lines)
        self._model_metrics.add(name, "disagreements", differ)

    def close(self) -> None:
        """Read nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def compared(page: Page, other: Page) -> tuple[int, int]:
    """How many lines there are, and on how many two readings of an image differ."""
    if len(page.lines) != len(other.lines):
        lines = max(len(page.lines), len(other.lines))
        texts = {line.text for line in page.lines}
        return lines, sum(line.text not in texts for line in other.lines) or 1
    pairs = zip(page.lines, other.lines, strict=True)
    return len(page.lines), sum(one.text != two.text for one, two in pairs)


def _lower_priority() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
