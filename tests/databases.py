"""A PostgreSQL server for one test session, in a folder of its own, as a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDERS = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def binary(name: str) -> str:
    """Where a program of PostgreSQL is; skips the test where it is nowhere."""
    found = shutil.which(name, path=os.pathsep.join([*FOLDERS, os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"no {name} on this machine: jobs are not tested on PostgreSQL")
    return found


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database."""
    initdb, server = binary("initdb"), binary("postgres")
    user = None
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        if os.geteuid() == 0:  # it refuses to run as root
            user = pwd.getpwnam("nobody").pw_name
            shutil.chown(folder, user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        data = f"{folder}/data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        command = [initdb, "-D", data, "-U", "ocr", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(command, check=True, user=user, **quiet)
        command = [server, "-D", data, "-p", port, "-h", "127.0.0.1", "-k", folder, "-F"]
        process = subprocess.Popen(command, user=user, **quiet)
        try:
            ready = [binary("pg_isready"), "-h", "127.0.0.1", "-p", port, "-t", "20"]
            while subprocess.run(ready, **quiet).returncode:
                assert process.poll() is None, "PostgreSQL ended at its start"
            yield f"postgresql://ocr@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(20)
