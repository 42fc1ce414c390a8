"""The one place that opens the database, and turns its errors into this service's."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from crnn.errors import OcrError
from service.errors import StorageFull, StoreUnavailable
from service.tables import jobs, metadata

FILE = "jobs.sqlite"
BUSY_TIMEOUT_S = 30
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
        with _told(), self._ready().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, must_last: bool = False) -> Iterator[Connection]:
        """A transaction that writes; one that must last outlives a power cut, not only the process.

        What was read can be read again, so SQLite waits for the disk only where it must.
        Raises: StoreUnavailable, StorageFull, IntegrityError.
        """
        with _told(), self._ready().connect() as connection:
            connection.execution_options(writes=True, synchronous="FULL" if must_last else "NORMAL")
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _ready(self) -> Engine:
        with self._lock:
            if not self._made:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._make_tables()
                self._made = True
        return self._engine

    def _make_tables(self) -> None:
        failures = (IntegrityError, OperationalError, ProgrammingError)
        for make in (metadata.create_all, _add_tenant):
            try:
                make(self._engine)
            except failures:
                make(self._engine)  # another process was making it


def _add_tenant(engine: Engine) -> None:
    """Databases of the first version know no tenants."""
    if "tenant" not in {column["name"] for column in inspect(engine).get_columns(jobs.name)}:
        with engine.begin() as connection:
            connection.execution_options(writes=True, synchronous="FULL")
            told = f"ALTER TABLE {jobs.name} ADD COLUMN tenant VARCHAR(40) NOT NULL DEFAULT ''"
            connection.exec_driver_sql(told)


def storage_error(exc: Exception) -> OcrError:
    """What a caller is told about a folder or a database that cannot be used."""
    if getattr(exc, "errno", None) in FULL or "is full" in str(exc) or "No space" in str(exc):
        return StorageFull("no room for jobs is left on this server's disk (OCR_DATA_DIR)")
    return StoreUnavailable("jobs cannot be stored now: see OCR_DATA_DIR and OCR_DATABASE_URL")


@contextmanager
def _told() -> Iterator[None]:
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
            hide_parameters=True,
        )
    except ImportError as exc:
        told = "OCR_DATABASE_URL needs psycopg: pip install 'crnn-ocr[postgres]'"
        raise StoreUnavailable(told) from exc
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

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes", False):
            connection.exec_driver_sql(f"PRAGMA synchronous={options['synchronous']}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")

    return engine
