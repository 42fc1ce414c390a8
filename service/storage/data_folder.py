"""The data folder: its owner alone reads it, and what cannot be used is told at the start."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from service.errors import StoreUnavailable

PRIVATE_FOLDER, PRIVATE_MASK = 0o700, 0o077
CHECK_S = 2.0
"""How long a database is looked through at the start; a large one is looked through in part."""
STEPS = 10_000


def private_files() -> None:
    """Let no other user of the machine read the files that this process makes from now on."""
    os.umask(PRIVATE_MASK)


def private_folder(folder: Path) -> None:
    """Make a folder that its owner alone can enter; one that is there is closed to others.

    Raises: OSError where it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    with suppress(PermissionError):  # another user's, who let this process in
        if folder.stat().st_mode & PRIVATE_MASK:
            folder.chmod(PRIVATE_FOLDER)


def why_not_writable(folder: Path) -> str:
    """Why nothing can be written into a folder, or made in its place; "" where it can."""
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return ""
    return f"{place} cannot be written to"


def check_sqlite(file: Path) -> None:
    """Look through a database of SQLite. Raises: StoreUnavailable where it is damaged."""
    until = time.monotonic() + CHECK_S
    result = "ok"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            result = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        return  # it took too long, is in use, or cannot be opened now: others tell of that
    except sqlite3.DatabaseError as exc:
        result = str(exc)
    if result != "ok":
        raise StoreUnavailable(
            f"{file} is damaged ({result}); restore its backup, or move it away to begin anew "
            "(jobs and corrections are lost then)"
        )
