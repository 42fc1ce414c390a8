"""A PostgreSQL server for one test session, in a folder of its own, as a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FOLDERS = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def binary(name: str) -> str:
    """Where a program of PostgreSQL is; skips the test where it is nowhere."""
    found = shutil.which(name, path=os.pathsep.join([*FOLDERS, os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"no {name} on this machine: jobs are not tested on PostgreSQL")
    return found


class Postgres:
    """An empty database, from `with` to its end; it can be killed and begun again on its port."""

    def __enter__(self) -> Postgres:
        initdb = binary("initdb")
        self._server, self._is_ready = binary("postgres"), binary("pg_isready")
        self._room = tempfile.TemporaryDirectory(prefix="pg")
        folder, self._user = self._room.name, None
        if os.geteuid() == 0:  # it refuses to run as root
            self._user = pwd.getpwnam("nobody").pw_name
            shutil.chown(folder, self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        self._quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        command = [initdb, "-D", f"{folder}/data", "-U", "ocr", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*command, "--no-sync"], check=True, user=self._user, **self._quiet)
        self.url = f"postgresql://ocr@127.0.0.1:{self._port}/postgres"
        self.begin()
        return self

    def begin(self) -> None:
        """Start the server and wait until it answers."""
        folder = self._room.name
        command = [self._server, "-D", f"{folder}/data", "-p", self._port, "-h", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "-k", folder, "-F"], user=self._user, **self._quiet
        )
        ready = [self._is_ready, "-h", "127.0.0.1", "-p", self._port, "-t", "20"]
        while subprocess.run(ready, **self._quiet).returncode:
            assert self._process.poll() is None, "PostgreSQL ended at its start"

    def kill(self) -> None:
        """End the server and what it forked, none of them warned."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        forked = children.read_text("ascii").split()
        for pid in (self._process.pid, *map(int, forked)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(20)
        for pid in forked:  # a new server refuses to start while an old one's child lives
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._room.cleanup()


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database."""
    with Postgres() as database:
        yield database.url
