"""deploy/nginx.conf as it stands, on a free port, before replicas on this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.test_service import free_port


@contextmanager
def gateway(*replicas: str, **changes: str) -> Iterator[str]:
    """The address of nginx before the replicas of these addresses.

    changes: other numbers for limits that nothing on one machine would reach, by their names.
    """
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        pytest.skip("no nginx on this machine: deploy/nginx.conf is not tested")
    with tempfile.TemporaryDirectory(prefix="nginx") as folder:
        Path(folder).chmod(0o755)  # started by root, its workers are nobody
        port = free_port()
        text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
        here = {"listen 8080;": f"listen 127.0.0.1:{port};", "/tmp/nginx": folder}
        here |= {f"{name}={old}": f"{name}={new}" for name, (old, new) in told(changes).items()}
        for old, new in here.items():
            assert old in text, old
            text = text.replace(old, new)
        (Path(folder) / "nginx.conf").write_text(text, "utf-8")
        rows = (ROOT / "deploy" / "replicas.conf").read_text("utf-8").splitlines()
        (row,) = (row for row in rows if not row.startswith("#"))
        servers = [row.replace("replica:8000", one.removeprefix("http://")) for one in replicas]
        (Path(folder) / "replicas.conf").write_text("\n".join(servers), "utf-8")
        command = [nginx, "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"]
        running = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, running)
            yield url
        finally:
            running.terminate()
            running.wait(30)


def told(changes: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What stands in the file, and what is to stand there: rate="50r/s 5r/s"."""
    return {name: (row.split()[0], row.split()[1]) for name, row in changes.items()}


def _wait(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while running.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/metrics", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("nginx does not start with deploy/nginx.conf")
