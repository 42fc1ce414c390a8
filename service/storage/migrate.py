"""crnn-ocr migrate: the schema of the database, looked at or brought up to date by hand."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from service.settings import UnknownSetting, load_settings
from service.storage import schema_version
from service.storage.database import Database


def migrate(*, is_check: bool) -> int:
    """Bring the database of the settings to this program's schema, or only say whether it is.

    0 where it is now, 1 for a check that finds another schema, 2 where the set-up is wrong.
    Raises: SchemaTooNew, StoreUnavailable, StorageFull.
    """
    try:
        settings = load_settings()
    except (UnknownSetting, ValidationError) as exc:
        print(f"crnn-ocr: {exc}", file=sys.stderr)
        return 2
    database = Database(settings.data_dir, settings.database_url.get_secret_value())
    try:
        result = database.revision() if is_check else database.migrate()
    finally:
        database.close()
    newest = schema_version.known()[-1]
    if is_check:
        print(f"schema {result or 'none'}; this crnn-ocr works with {newest}")
        return int(result != newest)
    print(f"schema {newest}" + ("" if result == newest else f", before: {result or 'none'}"))
    return 0
