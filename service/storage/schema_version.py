"""Which schema a database has, and the steps to the one that this program works with.

A revision is a file in service/storage/migrations/versions; docs/upgrade.md says how one is added.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, String, column, inspect, select, table, text

from crnn import __version__
from service.errors import SchemaTooNew

log = logging.getLogger("crnn_ocr.schema")

VERSIONS = Path(__file__).parent / "migrations" / "versions"
TABLE = "ocr_schema"
LOCK = 0x6F6372
"""The advisory lock of PostgreSQL under which one process at a time changes the schema."""

_one_at_a_time = threading.Lock()  # Alembic's `op` is one for the whole process


def known() -> list[str]:
    """The revisions of this program, oldest first."""
    return sorted(path.stem[1:5] for path in VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def revision(connection: Connection) -> str | None:
    """The revision of a database; None where it has no tables, or has them from before Alembic.

    Raises: SchemaTooNew.
    """
    if not inspect(connection).has_table(TABLE):
        return None
    asked = select(column("version_num", String)).select_from(table(TABLE))
    result: str | None = connection.execute(asked).scalar_one_or_none()
    if result is not None and result not in known():
        raise SchemaTooNew(
            f"the database has schema {result}, and crnn-ocr {__version__} knows none after "
            f"{known()[-1]}: a newer crnn-ocr wrote it; install that one, or restore the backup "
            "from before its start (docs/upgrade.md)"
        )
    return result


def migrate(engine: Engine) -> str | None:
    """Bring a database to the newest revision; the one it had before, None for one made now.

    All steps are one transaction. Of several processes that begin at once the first does the work
    and the others wait for it. Raises: SchemaTooNew, SQLAlchemyError.
    """
    with engine.connect() as connection:
        if (result := revision(connection)) == known()[-1]:
            return result
    with _one_at_a_time, engine.connect() as connection, _no_foreign_keys(connection):
        connection.execution_options(writes=True, synchronous="FULL")
        with connection.begin():  # SQLite: the write lock is taken here
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            result = _upgraded(connection)
            _check_references(connection)
    return result


@contextmanager
def _no_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew; with foreign keys its rows' children would go too.

    The switch does nothing within a transaction, so that it is thrown before.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        assert lost is None, f"a row of {lost[0]} refers to none" if lost else ""


def _upgraded(connection: Connection) -> str | None:
    """Take the steps that lack; the revision before. Alembic is loaded only where there are any."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    result = revision(connection)
    if result == known()[-1]:
        return result
    scripts = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    options = {
        "version_table": TABLE,
        "fn": lambda had, _: scripts._upgrade_revs(known()[-1], had),
    }
    context = MigrationContext.configure(connection, opts=options)
    if result is None and (result := _before_alembic(connection)):
        context.stamp(scripts, result)
    with Operations.context(context):
        context.run_migrations()
    log.info("the database went from schema %s to %s", result or "none", known()[-1])
    return result


def _before_alembic(connection: Connection) -> str | None:
    """The revision whose tables a database has that knows of no revisions; None where empty."""
    asked = inspect(connection)
    if not asked.has_table("ocr_jobs"):
        return None
    columns = {one["name"] for one in asked.get_columns("ocr_jobs")}
    return "0002" if "tenant" in columns else "0001"
