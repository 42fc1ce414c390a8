"""The one place that opens the database, and turns its errors into this service's."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from crnn.errors import OcrError
from service.errors import SchemaTooNew, StorageFull, StoreUnavailable
from service.storage import data_folder, schema_version

log = logging.getLogger("crnn_ocr.store")

FILE = "jobs.sqlite"
BUSY_TIMEOUT_S = 30
CONNECT_S = 10
"""Else a host that does not answer holds the start, and every request, for minutes."""
WAITS_S = (0.1, 0.2, 0.4, 0.8, 1.6)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Database:
    """SQLite in the data folder, or PostgreSQL by its URL; made when it is first written to."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self._is_sqlite = not url
        self._engine = _sqlite(folder / FILE) if self._is_sqlite else _postgres(url)
        self._lock, self._made = threading.Lock(), False

    @property
    def is_there(self) -> bool:
        """Whether there can be any job: false for a folder that nothing was ever put in."""
        return not self._is_sqlite or (self.folder / FILE).exists()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of things. Raises: StoreUnavailable."""
        with _converted_errors(), self._ready().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, must_last: bool = False) -> Iterator[Connection]:
        """A transaction that writes; one that must last outlives a power cut, not only the process.

        What was read can be read again, so SQLite waits for the disk only where it must.
        Raises: StoreUnavailable, StorageFull, IntegrityError.
        """
        with _converted_errors(), self._ready().connect() as connection:
            connection.execution_options(writes=True, synchronous="FULL" if must_last else "NORMAL")
            with connection.begin():
                yield connection

    def forget_deleted(self) -> None:
        """Take what was deleted out of SQLite's log of writes too, once nobody reads it."""
        if self._is_sqlite and self.is_there:
            with _converted_errors(), self._ready().connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def prepare(self) -> None:
        """At the start: bring tables up to date that are there; what cannot be reached waits.

        Raises: SchemaTooNew, StoreUnavailable for a database of SQLite that is damaged.
        """
        if why := data_folder.why_not_writable(self.folder):
            log.warning("OCR_DATA_DIR: %s; images are read, jobs and the rest answer 503", why)
        if self._is_sqlite and self.is_there:
            data_folder.check_sqlite(self.folder / FILE)
        try:
            if self.is_there:
                self.migrate()
        except SchemaTooNew:
            raise
        except (StoreUnavailable, StorageFull) as exc:
            log.warning("%s; images are read all the same", exc)

    def migrate(self) -> str | None:
        """Make the tables, or bring them to this program's schema; the one they had before.

        Raises: SchemaTooNew, StoreUnavailable, StorageFull.
        """
        with _converted_errors(), self._lock:
            data_folder.private_folder(self.folder)
            result = self._migrated()
            self._made = True
        return result

    def revision(self) -> str | None:
        """The schema that the tables have; None where there are none. Raises: as migrate."""
        if not self.is_there:
            return None
        with _converted_errors(), self._engine.connect() as connection:
            return schema_version.revision(connection)

    def _ready(self) -> Engine:
        if not self._made:
            self.migrate()
        return self._engine

    def _migrated(self) -> str | None:
        for wait_s in WAITS_S:
            try:
                return schema_version.migrate(self._engine)
            except OperationalError as exc:  # SQLite does not wait while another changes its mode
                if not self._is_sqlite or "locked" not in str(exc):
                    raise
                time.sleep(wait_s)
        return schema_version.migrate(self._engine)


def storage_error(exc: Exception) -> OcrError:
    """What a caller is told about a folder or a database that cannot be used."""
    if getattr(exc, "errno", None) in FULL or "is full" in str(exc) or "No space" in str(exc):
        return StorageFull("no room for jobs is left on this server's disk (OCR_DATA_DIR)")
    return StoreUnavailable("jobs cannot be stored now: see OCR_DATA_DIR and OCR_DATABASE_URL")


@contextmanager
def _converted_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as exc:
        raise storage_error(exc) from exc


def _postgres(url: str) -> Engine:
    """Raises: StoreUnavailable, without the URL, for there is a password in it."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise StoreUnavailable("OCR_DATABASE_URL must begin with postgresql://")
    try:
        return create_engine(
            f"postgresql+psycopg://{rest}",
            pool_pre_ping=True,
            max_overflow=15,
            connect_args={} if "connect_timeout" in rest else {"connect_timeout": CONNECT_S},
            hide_parameters=True,
        )
    except ImportError as exc:
        message = "OCR_DATABASE_URL needs psycopg: pip install 'crnn-ocr[postgres]'"
        raise StoreUnavailable(message) from exc
    except (SQLAlchemyError, ValueError) as exc:
        raise StoreUnavailable("OCR_DATABASE_URL is no address of a database") from exc


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, as SQLite means them
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # deleted texts are overwritten

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes", False):
            connection.exec_driver_sql(f"PRAGMA synchronous={options['synchronous']}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")

    return engine
