"""A database of the first version is taken over."""

from __future__ import annotations

import sqlite3

from service import views
from service.database import FILE, Database
from service.store import Store
from tests.unit.test_store import new


def test_jobs_from_before_tenants_stay_and_new_ones_have_theirs(tmp_path):
    first = Store(Database(tmp_path), lease_s=9)
    old = first.create(new())[0]
    first.database.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("ALTER TABLE ocr_jobs DROP COLUMN tenant")
    connection.close()
    store = Store(Database(tmp_path), lease_s=9)
    fresh = store.create(new(tenant="a"))[0]
    listed = [
        {job.id for job in views.listing(store.database, 9, tenant=tenant)}
        for tenant in (None, "", "a", "b")
    ]
    assert listed == [{old, fresh}, {old}, {fresh}, set()]
    claims = [store.claim("me") for _ in range(2)]
    assert {claim.tenant for claim in claims if claim} == {"", "a"}
    store.database.close()
