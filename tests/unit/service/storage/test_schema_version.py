"""Databases of every version become today's, with what they hold, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, column, insert, inspect, table, text

from service.errors import SchemaTooNew, StoreUnavailable
from service.jobs import queries
from service.jobs.job_store import Store
from service.storage import schema_version
from service.storage.database import FILE, Database
from service.storage.tables import metadata
from tests.conftest import ROOT
from tests.fixtures.databases import Postgres
from tests.unit.service.jobs.test_job_store import new

DUMPS = ROOT / "tests" / "golden" / "databases"
TABLES = ("ocr_jobs", "ocr_files", "ocr_pages", "ocr_hooks")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path) -> Iterator[Database]:
    """A database without tables."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("server").url
    made = Database(tmp_path, url)
    if url:
        everything = MetaData()
        everything.reflect(made._engine)
        everything.drop_all(made._engine)
    yield made
    made.close()


def compared(database: Database) -> MigrationContext:
    options = {"version_table": schema_version.TABLE, "compare_type": True}
    # Alembic takes an empty text on SQLite for another default each time.
    options["compare_server_default"] = not database._is_sqlite
    return MigrationContext.configure(database._engine.connect(), opts=options)


def of_before(database: Database, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables and rows of a release from before Alembic."""
    with monkeypatch.context() as patch:
        patch.setattr(schema_version, "known", lambda: ["0001", "0002"][: int(version)])
        database.migrate()
    with database.writing() as connection:
        connection.exec_driver_sql(f"DROP TABLE {schema_version.TABLE}")
        for name, rows in dumped(version).items():
            columns = [column(key) for key in rows[0]]
            connection.execute(insert(table(name, *columns)), rows)
    database._made = False


def dumped(version: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of such a release, jobs first."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript((DUMPS / f"{version}.sql").read_text("utf-8"))
        asked = {name: connection.execute(f"SELECT * FROM {name}") for name in TABLES}
        rows = {name: [dict(row) for row in found] for name, found in asked.items()}
    for page in rows["ocr_pages"]:
        del page["id"]  # each database counts them itself
    return rows


def test_models_and_migrations_agree(empty):
    """Where this fails, `python -m tests.draft_revision` prints the revision that lacks."""
    empty.migrate()
    context = compared(empty)
    with context.connection:
        told = render_python_code(produce_migrations(context, metadata).upgrade_ops)
        assert compare_metadata(context, metadata) == [], told


def test_a_table_that_no_revision_makes_is_seen(empty):
    empty.migrate()
    with empty.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE ocr_jobs DROP COLUMN tenant")
        connection.exec_driver_sql("DROP TABLE ocr_hooks")
    context = compared(empty)
    with context.connection:
        told = {
            (one[0], getattr(one[-1], "name", "")) for one in compare_metadata(context, metadata)
        }
    assert told == {("add_table", "ocr_hooks"), ("add_column", "tenant")}


def test_revisions_are_one_line_numbered_without_a_gap():
    numbers = schema_version.known()
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    scripts = ScriptDirectory(
        str(schema_version.VERSIONS.parent), version_locations=[str(schema_version.VERSIONS)]
    )
    assert [one.revision for one in scripts.walk_revisions()] == numbers[::-1]
    assert scripts.get_heads() == numbers[-1:]


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_a_database_from_before_alembic_is_recognised_and_keeps_what_it_holds(
    empty, version, monkeypatch
):
    of_before(empty, version, monkeypatch)
    assert empty.revision() is None
    assert empty.migrate() == version
    assert empty.revision() == schema_version.known()[-1]
    tenant = "archive" if version == "0002" else ""
    kept = {job.id[:4]: job for job in queries.listing(empty, 9, tenant=tenant)}
    assert set(kept) == {"0123", "fedc"}
    assert kept["0123"].files == (("合同.pdf", 12345678901),)
    assert (kept["0123"].total, kept["0123"].done, kept["0123"].created_at) == (2, 1, 1750000000.25)
    assert kept["fedc"].hook == ("sent", 1)
    ours = Store(empty, lease_s=9).claim("me")
    assert ours and (ours.number, ours.options, ours.tenant) == (1, {"mode": "line"}, tenant)
    context = compared(empty)
    with context.connection:
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_the_file_that_an_old_release_wrote_is_taken_over_by_the_first_who_asks(tmp_path, version):
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.executescript((DUMPS / f"{version}.sql").read_text("utf-8"))
    connection.close()
    store = Store(Database(tmp_path), lease_s=9)
    fresh = store.create(new(tenant="a"))[0]
    listed = {job.id for job in queries.listing(store.database, 9, tenant="a")}
    assert listed == {fresh}
    assert len(queries.listing(store.database, 9)) == 3
    assert store.database.revision() == schema_version.known()[-1]
    store.database.close()


def test_a_newer_database_is_refused_and_left_as_it_is(empty):
    empty.migrate()
    with empty.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {schema_version.TABLE} SET version_num = '9999'")
    for ask in (Database.migrate, Database.prepare, Database.revision):
        with pytest.raises(SchemaTooNew, match="has schema 9999.*a newer crnn-ocr wrote it"):
            ask(empty)
    empty._made = False
    with pytest.raises(SchemaTooNew):
        Store(empty, lease_s=9).create(new())


@pytest.fixture
def steps(tmp_path, monkeypatch) -> Path:
    """Revisions that a test may add to."""
    folder = tmp_path / "migrations" / "versions"
    shutil.copytree(schema_version.VERSIONS, folder)
    monkeypatch.setattr(schema_version, "VERSIONS", folder)
    return folder


def add(steps: Path, *body: str) -> str:
    last = schema_version.known()[-1]
    number = f"{int(last) + 1:04}"
    rows = ["import sqlalchemy as sa", "from alembic import op", "def upgrade():"]
    rows[2:2] = [f"revision, down_revision = '{number}', '{last}'"]
    text = "\n".join([*rows, *(f"    {row}" for row in body)])
    (steps / f"r{number}_more.py").write_text(text, "utf-8")
    return number


def test_a_step_that_fails_leaves_the_database_as_it_was(empty, steps, monkeypatch):
    of_before(empty, "0002", monkeypatch)
    add(steps, "op.create_table('ocr_more', sa.Column('id', sa.Integer))", "op.drop_table('none')")
    with pytest.raises(StoreUnavailable):
        empty.migrate()
    assert empty.revision() is None
    with empty._engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == set(TABLES)


def test_a_table_made_anew_keeps_the_rows_that_refer_to_it(empty, steps, monkeypatch):
    """SQLite copies a table to change it: dropping the old one must not take its pages along."""
    of_before(empty, "0002", monkeypatch)
    change = "batch.alter_column('digest', type_=sa.String(128))"
    number = add(steps, "with op.batch_alter_table('ocr_jobs') as batch:", f"    {change}")
    assert empty.migrate() == "0002"
    assert empty.revision() == number
    with empty.writing() as connection:
        counted = connection.execute(text("SELECT count(*) FROM ocr_pages")).scalar_one()
        assert counted == 3
        connection.execute(text("DELETE FROM ocr_jobs"))
        assert connection.execute(text("SELECT count(*) FROM ocr_pages")).scalar_one() == 0


@pytest.mark.parametrize("version", ["none", "0001"])
def test_of_several_processes_that_begin_at_once_one_migrates(empty, version, monkeypatch):
    if version != "none":
        of_before(empty, version, monkeypatch)
    url = empty._engine.url.render_as_string(hide_password=False)
    settings = {"OCR_DATA_DIR": str(empty.folder)}
    if not empty._is_sqlite:
        settings["OCR_DATABASE_URL"] = url.replace("+psycopg", "")
    command = [sys.executable, "-m", "crnn.cli", "migrate"]
    started = [
        subprocess.Popen(
            command, env=os.environ | settings, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = [one.communicate(timeout=120)[0] for one in started]
    assert [one.returncode for one in started] == [0] * 4, told
    newest = schema_version.known()[-1]
    assert sorted(told) == [f"schema {newest}\n"] * 3 + [f"schema {newest}, before: {version}\n"]
    assert empty.revision() == newest


def test_the_command_checks_without_a_change(tmp_path):
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "crnn.cli", "migrate", *more]
        settings = {"OCR_DATA_DIR": str(tmp_path / "data")}
        return subprocess.run(
            command, env=os.environ | settings, cwd=ROOT, capture_output=True, text=True
        )

    checked = run("--check")
    assert (checked.returncode, "schema none" in checked.stdout) == (1, True)
    assert not (tmp_path / "data").exists()
    assert run().returncode == 0
    assert run("--check").returncode == 0
    with sqlite3.connect(tmp_path / "data" / FILE) as connection:
        connection.execute(f"UPDATE {schema_version.TABLE} SET version_num = '9999'")
    connection.close()
    for command in ([], ["--check"]):
        refused = run(*command)
        assert (refused.returncode, "schema 9999" in refused.stderr) == (2, True)
