"""The store, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete

from crnn.inputs.documents import PageRef
from service.errors import JobUnknown, KeyReused, StorageFull, StoreUnavailable
from service.jobs import queries
from service.jobs.job_store import GIVEN_UP, MAX_ATTEMPTS, NewJob, Store
from service.storage.database import Database, storage_error
from service.storage.tables import metadata
from tests.fixtures.databases import postgresql

EMPTY = {"width": 1, "height": 1, "mode": "line", "lines": []}
LEASE_S = 60.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> Iterator[Database]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = Database(tmp_path / "data", url)
    yield made
    with made.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database, clock) -> Store:
    return Store(database, lease_s=LEASE_S, clock=clock)


def new(count: int = 1, **changes: object) -> NewJob:
    pages = [(0, PageRef(n), "") for n in range(count)]
    values = {"options": {"mode": "page"}, "digest": "d", "files": [("a.pdf", 9)], "pages": pages}
    return NewJob(**({"id": uuid.uuid4().hex} | values | changes))


def added(store: Store, count: int = 1, **changes: object) -> str:
    return store.create(new(count, **changes))[0]


def state(store: Store, job_id: str) -> str:
    return queries.job(store.database, job_id).state


def test_a_job_goes_from_queued_over_running_to_done(store):
    job_id = added(store, 2)
    assert state(store, job_id) == "queued"
    first = store.claim("me")
    assert (first.number, first.attempts, first.options) == (1, 1, {"mode": "page"})
    assert state(store, job_id) == "running"
    assert store.finish(first, EMPTY)
    assert store.finish(store.claim("me"), EMPTY)
    job = queries.job(store.database, job_id)
    assert (job.state, job.total, job.done, job.failed) == ("done", 2, 2, 0)
    assert job.ended_at == store._clock()
    assert store.claim("me") is None


def test_a_failed_page_keeps_its_reason_and_the_job_is_done_with_errors(store):
    job_id = added(store, 2)
    store.fail(store.claim("me"), "no image")
    store.finish(store.claim("me"), EMPTY)
    assert state(store, job_id) == "done_with_errors"
    pages = queries.job_pages(store.database, job_id, 0)
    assert [(page.state, page.error) for page in pages] == [("failed", "no image"), ("done", "")]


def test_a_job_whose_every_page_failed_before_it_began_is_done(store):
    job_id = added(store, 1, pages=[(0, PageRef(), "no image")])
    assert state(store, job_id) == "done_with_errors"


def test_a_page_is_read_by_one_owner_until_its_lease_ends(store, clock):
    added(store)
    first = store.claim("me")
    assert store.claim("you") is None
    clock.now += LEASE_S + 1
    second = store.claim("you")
    assert (second.id, second.attempts) == (first.id, 2)


def test_the_first_result_of_a_page_counts_and_a_second_changes_nothing(store, clock):
    job_id = added(store)
    slow = store.claim("me")
    clock.now += LEASE_S + 1
    quick = store.claim("you")
    assert store.finish(quick, EMPTY | {"width": 2})
    assert not store.finish(slow, EMPTY | {"width": 3})
    assert not store.fail(slow, "late")
    ((read, _),) = queries.read_pages(store.database, job_id)
    assert read.page.width == 2
    assert queries.job(store.database, job_id).done == 1


def test_a_page_that_ends_its_process_each_time_is_given_up(store, clock):
    job_id = added(store)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert store.claim("me").attempts == attempt
        clock.now += LEASE_S + 1
    assert store.claim("me") is None
    (page,) = queries.job_pages(store.database, job_id, clock.now)
    assert (page.state, page.error) == ("failed", GIVEN_UP)
    assert state(store, job_id) == "done_with_errors"


@pytest.mark.parametrize("jump_s", [-10_000_000.0, 10_000_000.0])
def test_a_clock_that_jumps_loses_no_page(store, clock, jump_s):
    job_id = added(store, 2)
    held = store.claim("me")
    clock.now += jump_s
    taken = [store.claim("you"), store.claim("you")]
    assert {page.number for page in taken} == {1, 2}
    for page in (held, *taken):
        store.finish(page, EMPTY)
    job = queries.job(store.database, job_id)
    assert (job.state, job.done) == ("done", 2)


def test_a_page_given_back_can_be_read_at_once_and_is_not_counted(store, clock):
    added(store)
    store.put_back(store.claim("me"), "me", delay_s=0, counts=False)
    again = store.claim("you")
    assert again.attempts == 1
    store.put_back(again, "you", delay_s=5, counts=True)
    assert store.claim("me") is None
    clock.now += 6
    assert store.claim("me").attempts == 2


def test_first_pages_of_all_jobs_come_before_the_second_of_any(store, clock):
    large = added(store, 3)
    clock.now += 1
    small = added(store, 1)
    turns = [store.claim("me") for _ in range(4)]
    assert [page.job_id for page in turns] == [large, small, large, large]


def test_the_same_key_is_the_same_job_and_with_other_files_an_error(store):
    job_id, is_new = store.create(new(key="k"))
    assert is_new
    assert store.create(new(key="k")) == (job_id, False)
    with pytest.raises(KeyReused):
        store.create(new(key="k", digest="other"))


def test_a_key_that_comes_many_times_at_once_makes_one_job(store):
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: store.create(new(key="k")), range(12)))
    assert len({job_id for job_id, _ in made}) == 1
    assert sum(is_new for _, is_new in made) == 1


def test_a_cancelled_job_gives_no_more_pages_and_takes_no_more_results(store):
    job_id = added(store, 3)
    store.finish(store.claim("me"), EMPTY)
    held = store.claim("me")
    assert store.cancel(job_id)
    assert not store.cancel(job_id)
    assert not store.finish(held, EMPTY)
    assert store.claim("me") is None
    states = [page.state for page in queries.job_pages(store.database, job_id, 0)]
    assert states == ["done", "cancelled", "cancelled"]
    assert state(store, job_id) == "cancelled"


def test_only_ended_jobs_expire_and_what_is_forgotten_is_unknown(store, clock):
    ended, active = added(store), added(store)
    store.finish(store.claim("me"), EMPTY)
    clock.now += 100
    assert store.expired(99) == {ended}
    assert store.expired(101) == set()
    store.forget(ended)
    with pytest.raises(JobUnknown):
        queries.job(store.database, ended)
    with pytest.raises(JobUnknown):
        store.cancel(ended)
    assert store.active() == 1
    assert store.is_known(active)


def test_jobs_are_listed_from_the_newest_on_without_gaps(store, clock):
    made = []
    for _ in range(5):
        made.append(added(store))
        clock.now += 1
    first = queries.listing(store.database, 2)
    second = queries.listing(store.database, 9, first[-1].id)
    assert [job.id for job in [*first, *second]] == made[::-1]


def test_many_workers_read_every_page_once_and_end_the_job_once(store):
    job_id, seen, lock = added(store, 40, webhook_url="http://x"), Counter(), threading.Lock()

    def work(name: int) -> None:
        while claim := store.claim(f"worker {name}"):
            with lock:
                seen[claim.number] += 1
            store.finish(claim, EMPTY)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    # On PostgreSQL a claim may find nothing while another holds the row: ask until all is done.
    while state(store, job_id) != "done":
        work(0)
    assert seen == dict.fromkeys(range(1, 41), 1)
    assert queries.job(store.database, job_id).hook == ("waiting", 0)


def test_a_folder_that_nothing_was_put_in_is_not_made(tmp_path):
    made = Database(tmp_path / "data")
    assert not made.is_there
    assert queries.listing(made, 5) == []
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_written_is_said_to_be_so(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(Database(tmp_path / "file" / "data"), lease_s=1)
    with pytest.raises(StoreUnavailable, match="OCR_DATA_DIR"):
        store.create(new())


def test_a_full_disk_is_told_from_other_trouble():
    assert isinstance(storage_error(OSError(28, "No space left on device")), StorageFull)
    assert isinstance(storage_error(OSError(13, "Permission denied")), StoreUnavailable)


@pytest.mark.parametrize("url", ["mysql://x:secret@y/z", "postgresql://x:secret@y:port/z"])
def test_a_database_that_cannot_be_meant_is_refused_without_its_password(tmp_path, url):
    with pytest.raises(StoreUnavailable, match="OCR_DATABASE_URL") as refusal:
        Database(tmp_path, url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("job_id", ["", "x", "\0" * 32, "0" * 32, "../../etc/passwd", "G" * 32])
def test_an_id_that_is_none_is_an_unknown_job(store, job_id):
    added(store)
    with pytest.raises(JobUnknown):
        queries.job(store.database, job_id)
