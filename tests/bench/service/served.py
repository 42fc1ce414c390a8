"""The real service for a while, its output taken as it comes: a full pipe would stop it."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.service.test_service import start

STOP_S = 60


@dataclass
class Served:
    """A running service: its process, its address, and the rows it printed."""

    process: subprocess.Popen[str]
    url: str
    rows: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self.process.pid

    @property
    def output(self) -> str:
        """What it printed until now."""
        return "".join(self.rows)


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    """A service with a folder of its own that logs warnings only; it is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"OCR_LOG_LEVEL": "warning", "OCR_DATA_DIR": folder}
        found = Served(*start(**quiet | settings))
        assert found.process.stdout
        taking = threading.Thread(target=found.rows.extend, args=(found.process.stdout,))
        taking.start()
        try:
            yield found
        finally:
            found.process.send_signal(signal.SIGTERM)
            try:
                found.process.wait(STOP_S)
            finally:
                found.process.kill()
                taking.join()
                found.process.stdout.close()
