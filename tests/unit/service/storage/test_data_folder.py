"""The data folder: private, told of when it cannot be used, and free of what was deleted."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from service.errors import StorageFull, StoreUnavailable
from service.jobs.job_store import Store
from service.jobs.jobs import Jobs
from service.storage import data_folder
from service.storage.database import FILE, Database
from service.storage.feedback_store import Correction, Feedback
from service.storage.limits import FeedbackLimits
from tests.unit.service.jobs.test_job_store import Clock, new

SECRET = "机密的一行文字"


def found_in(folder: Path, text: str) -> list[str]:
    """The files that hold a text anywhere."""
    data = text.encode()
    return [one.name for one in folder.rglob("*") if one.is_file() and data in one.read_bytes()]


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "data")
    yield made
    made.close()


def test_the_data_folder_is_closed_to_other_users(tmp_path, database):
    (tmp_path / "data").mkdir(mode=0o755)
    Store(database, lease_s=60).create(new())
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_files_made_by_the_service_are_its_owners_alone(tmp_path):
    before = os.umask(0o022)
    try:
        data_folder.private_files()
        (tmp_path / "one").touch()
        assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_deleted_corrections_leave_no_text_on_the_disk(tmp_path, database):
    kept = Feedback(database, FeedbackLimits(10, 10**6, 90))
    one = kept.add("", Correction(SECRET + "1", SECRET))
    kept.add("", Correction(SECRET + "2", SECRET))
    assert found_in(tmp_path, SECRET)
    kept.remove("", one.id)
    assert not found_in(tmp_path, SECRET + "1")
    kept.clear("")
    assert not found_in(tmp_path, SECRET)


def test_expired_corrections_leave_no_text_on_the_disk(tmp_path, database):
    clock = Clock()
    kept = Feedback(database, FeedbackLimits(10, 10**6, 1.0), clock)
    kept.add("", Correction(SECRET, SECRET))
    kept.sweep()
    assert found_in(tmp_path, SECRET)
    clock.now += 86_401
    kept.sweep()
    assert not found_in(tmp_path, SECRET)


def jobs_of(database: Database) -> Jobs:
    store = Store(database, lease_s=60)
    limits: object = None
    return Jobs(store, None, limits, queue_size=9, max_files=9, options=None)


def test_a_forgotten_job_leaves_no_text_on_the_disk(tmp_path, database):
    jobs = jobs_of(database)
    job_id, _ = jobs.store.create(new())
    jobs.store.finish(jobs.store.claim("me"), {"text": SECRET, "lines": []})
    assert found_in(tmp_path, SECRET)
    jobs.remove(job_id)
    assert not found_in(tmp_path, SECRET)


@pytest.mark.parametrize("way", ["remove", "cancel"])
def test_deleting_a_job_makes_room_on_a_full_disk(database, monkeypatch, way):
    jobs = jobs_of(database)
    job_id, _ = jobs.store.create(new())
    folder = jobs.folder / job_id
    folder.mkdir(parents=True)
    (folder / "0").write_bytes(b"large")
    real = getattr(jobs.store, "forget" if way == "remove" else "cancel")

    def only_with_room(name: str) -> object:
        if folder.exists():
            raise StorageFull("full")
        return real(name)

    monkeypatch.setattr(jobs.store, "forget" if way == "remove" else "cancel", only_with_room)
    getattr(jobs, way)(job_id)
    assert not folder.exists()


@pytest.mark.skipif(not shutil.which("mount") or os.geteuid() != 0, reason="mounts a small disk")
def test_deleting_a_job_makes_room_on_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    database = Database(disk / "data")
    try:
        jobs = jobs_of(database)
        job_id, _ = jobs.store.create(new())
        folder = jobs.folder / job_id
        folder.mkdir(parents=True)
        with pytest.raises(OSError), (folder / "0").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096)) or file.write(b"1")
        with pytest.raises(StorageFull):
            jobs.store.create(new(id="b" * 32))
        jobs.cancel(job_id)
        jobs.store.create(new(id="c" * 32))
    finally:
        database.close()
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("damage", ["head", "pages"])
def test_a_damaged_database_stops_the_start_and_is_named(tmp_path, damage):
    database = Database(tmp_path)
    Store(database, lease_s=60).create(new())
    database.forget_deleted()
    database.close()
    file = tmp_path / FILE
    data = bytearray(file.read_bytes())
    if damage == "head":
        data[:100] = b"x" * 100
    else:
        for page in range(4096, len(data), 4096):
            data[page : page + 200] = b"\xff" * 200
    file.write_bytes(data)
    again = Database(tmp_path)
    with pytest.raises(StoreUnavailable, match=FILE):
        again.prepare()
    again.close()


def test_a_folder_that_cannot_be_written_to_is_told_at_the_start(tmp_path, caplog):
    (tmp_path / "file").touch()
    database = Database(tmp_path / "file" / "data")
    with caplog.at_level(logging.WARNING):
        database.prepare()
    assert str(tmp_path / "file") in caplog.text
    database.close()
