"""What service/storage/tables.py has that no revision makes: `python -m tests.draft_revision NAME`.

Writes service/storage/migrations/versions/rNNNN_NAME.py, to be looked through and finished by hand.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from service.storage import schema_version
from service.storage.database import Database
from service.storage.tables import metadata

FILE = '''"""TODO: what this is for, in a line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{number}", "{last}"


def upgrade() -> None:
    """TODO: what it does."""
    {body}
'''


def body() -> str:
    """The calls that a migrated database lacks; `pass` where it lacks none."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder))
        database.migrate()
        options = {"version_table": schema_version.TABLE, "compare_type": True}
        with database.reading() as connection:
            context = MigrationContext.configure(connection, opts=options)
            found = produce_migrations(context, metadata).upgrade_ops
        database.close()
    return render_python_code(found) if found else "pass"


def main(argv: list[str]) -> int:
    """Write the draft; 1 where nothing lacks."""
    if len(argv) != 1 or not argv[0].isidentifier():
        print(__doc__, file=sys.stderr)
        return 2
    found, last = body(), schema_version.known()[-1]
    if found.endswith("pass") or "pass\n" in found:
        print("models and revisions agree: there is nothing to write")
        return 1
    number = f"{int(last) + 1:04}"
    path = schema_version.VERSIONS / f"r{number}_{argv[0]}.py"
    path.write_text(FILE.format(number=number, last=last, body=found.strip()), "utf-8")
    print(f"{path}: look through it, say what it is for, run ruff format")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
