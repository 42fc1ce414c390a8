"""Jobs and their workers with a reader that does as it is told."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from charset import Charset
from crnn.errors import DocumentTooLarge, NotADocument, UnknownOption
from crnn.inputs.documents import DocumentLimits
from crnn.inputs.image import ImageLimits
from crnn.options import ReadOptions
from crnn.page import Line, Page
from service.errors import BadRequest, Overloaded, StorageFull, WebhookRefused
from service.jobs import queries, workers
from service.jobs.job_options import from_form, options_with
from service.jobs.job_store import MAX_ATTEMPTS, Store
from service.jobs.jobs import Jobs
from service.jobs.webhooks import Webhooks
from service.jobs.workers import Workers
from service.storage.database import Database
from service.storage.lexicons import Lexicons
from service.storage.upload import Upload
from tests.conftest import png
from tests.fixtures.papers import sheet, tiff, zipped

SECRET_TEXT = "身份证号"

OPTIONS = options_with(Lexicons(None, Charset.load("zh")))


class Told:
    """A reader that says the page's width, after what `before` does."""

    def __init__(self) -> None:
        self.before = lambda: None
        self.options: list[ReadOptions] = []

    def read(self, grey: np.ndarray, options: ReadOptions) -> Page:
        self.before()
        self.options.append(options)
        height, width = grey.shape
        line = Line(f"{SECRET_TEXT}{width}", 0.9, (0, 0, width, height))
        return Page((line,), width, height, "page")


@pytest.fixture
def engine() -> SimpleNamespace:
    return SimpleNamespace(reader=Told(), is_busy=False)


@pytest.fixture
def jobs(tmp_path) -> Iterator[Jobs]:
    database = Database(tmp_path / "data")
    limits = DocumentLimits(max_pages=12, image=ImageLimits(max_pixels=500_000))
    store = Store(database, lease_s=60)
    hooks = Webhooks(database, secret="", hosts="")
    yield Jobs(store, hooks, limits, queue_size=2, max_files=9, options=OPTIONS)
    database.close()


@pytest.fixture
def crew(jobs, engine) -> Workers:
    return Workers(jobs, engine, ttl_s=3600)


def submitted(jobs: Jobs, *contents: bytes, key: str | None = None, **fields: str) -> str:
    job_id, folder = jobs.new_upload()
    folder.mkdir(parents=True)
    upload = Upload(folder, fields=fields)
    for number, content in enumerate(contents):
        upload.path(number).write_bytes(content)
        upload.files.append((f"f{number}", len(content)))
        upload.digests.append(str(content))
    return jobs.submit(job_id, upload, key)[0]


def texts(jobs: Jobs, job_id: str) -> list[str]:
    return [
        p.page.text if p.page else p.error
        for p, _ in queries.read_pages(jobs.store.database, job_id)
    ]


def test_every_page_of_every_file_is_read_with_the_wishes_of_the_job(jobs, crew, engine):
    pages = [sheet("1", width=200), sheet("2", width=300)]
    job_id = submitted(jobs, tiff(*pages), zipped(a__png=png(pages[0])), mode="page")
    while not queries.job(jobs.store.database, job_id).has_ended:
        assert crew._read_next() == 0
    assert [text[-3:] for text in texts(jobs, job_id)] == ["200", "300", "200"]
    assert engine.reader.options == [ReadOptions(mode="page")] * 3


def test_an_unreadable_file_fails_beside_others_and_is_refused_alone(jobs, crew):
    job_id = submitted(jobs, png(sheet("1")), b"%PDF-1.4 rubbish", b"no picture")
    while not queries.job(jobs.store.database, job_id).has_ended:
        crew._read_next()
    job = queries.job(jobs.store.database, job_id)
    assert (job.state, job.done, job.failed) == ("done_with_errors", 1, 2)
    with pytest.raises(NotADocument):
        submitted(jobs, b"%PDF-1.4 rubbish")
    assert [path.name for path in jobs.folder.iterdir()] == [job_id]


def test_more_pages_than_the_limit_are_refused_over_all_files(jobs):
    page = sheet("1")
    with pytest.raises(DocumentTooLarge, match="OCR_JOB_MAX_PAGES"):
        submitted(jobs, tiff(*[page] * 7), tiff(*[page] * 7))
    assert list(jobs.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"mode": "odd"}, UnknownOption),
        ({"options": '{"mode": 3}'}, UnknownOption),
        ({"options": '{"colour": "red"}'}, UnknownOption),
        ({"options": "[]"}, BadRequest),
        ({"options": "{"}, BadRequest),
        ({"options": "[" * 100_000}, BadRequest),
        ({"other": "x"}, BadRequest),
        ({"webhook_url": "http://127.0.0.1/"}, WebhookRefused),
    ],
)
def test_wrong_wishes_are_refused_and_leave_nothing_behind(jobs, fields, error):
    with pytest.raises(error):
        submitted(jobs, png(sheet("1")), **fields)
    assert list(jobs.folder.iterdir()) == []


def test_a_wish_may_come_as_a_field_or_in_the_options():
    assert OPTIONS(from_form({"options": '{"mode": "line"}'})) == ReadOptions(mode="line")
    assert OPTIONS(from_form({"mode": "line"})) == ReadOptions(mode="line")


def test_a_job_takes_the_wishes_that_a_request_takes():
    wishes = from_form({"options": '{"grammar": {"regex": "[0-9]+"}, "n_best": 3}'})
    decoding = OPTIONS(wishes).decoding
    assert (decoding.method, decoding.n_best) == ("grammar", 3)
    listed = OPTIONS(from_form({"options": '{"lexicon": ["12", "13"]}'})).decoding
    assert listed.lexicon is not None and len(listed.lexicon) == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb"])
def test_an_odd_idempotency_key_is_refused(jobs, key):
    with pytest.raises(BadRequest):
        submitted(jobs, png(sheet("1")), key=key)


def test_a_job_sent_twice_with_one_key_is_kept_once(jobs):
    first = submitted(jobs, png(sheet("1")), key="k")
    assert submitted(jobs, png(sheet("1")), key="k") == first
    assert [path.name for path in jobs.folder.iterdir()] == [first]


def test_no_more_jobs_are_taken_than_may_wait(jobs):
    jobs.check_space()
    for _ in range(2):
        submitted(jobs, png(sheet("1")))
    with pytest.raises(Overloaded, match="OCR_JOB_QUEUE_SIZE"):
        jobs.check_space()


def test_an_error_of_the_program_is_tried_again_then_failed_and_tells_no_text(
    jobs, crew, engine, caplog, monkeypatch
):
    def breaks() -> None:
        raise RuntimeError("broken")

    engine.reader.before = breaks
    now = [time.time()]
    monkeypatch.setattr(jobs.store, "_clock", lambda: now[0])
    job_id = submitted(jobs, png(sheet("1")))
    with caplog.at_level(logging.INFO):
        for _ in range(MAX_ATTEMPTS):
            crew._read_next()
            now[0] += 60
    (page,) = queries.job_pages(jobs.store.database, job_id, 0)
    assert (page.state, page.attempts, page.error) == ("failed", MAX_ATTEMPTS, workers.OVER)
    assert SECRET_TEXT not in caplog.text


def test_a_store_that_fails_at_the_end_of_a_page_costs_the_page_no_attempt(jobs, crew, monkeypatch):
    job_id = submitted(jobs, png(sheet("1")))

    def full(*_: object) -> bool:
        raise StorageFull("full")

    with monkeypatch.context() as broken:
        broken.setattr(jobs.store, "finish", full)
        with pytest.raises(StorageFull):
            crew._read_next()
    (page,) = queries.job_pages(jobs.store.database, job_id, 0)
    assert (page.state, page.attempts) == ("waiting", 0)
    time.sleep(workers.POLL_S)
    crew._read_next()
    assert queries.job(jobs.store.database, job_id).state == "done"


def test_pages_wait_while_requests_take_every_thread_but_not_for_ever(
    jobs, crew, engine, monkeypatch
):
    monkeypatch.setattr(workers, "PATIENCE_S", 0.3)
    submitted(jobs, tiff(sheet("1"), sheet("2")))
    engine.is_busy = True
    started = time.monotonic()
    assert crew._read_next() == 0
    assert 0.3 <= time.monotonic() - started < 5
    engine.is_busy = False
    started = time.monotonic()
    crew._read_next()
    assert time.monotonic() - started < 0.3
    assert len(engine.reader.options) == 2


def test_page_threads_give_way_to_the_others_of_the_process(jobs, crew, engine):
    nices: list[int] = []
    engine.reader.before = lambda: nices.append(
        os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    )
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    submitted(jobs, png(sheet("1")))
    crew.start(1)
    deadline = time.monotonic() + 10
    while not nices and time.monotonic() < deadline:
        time.sleep(0.01)
    crew.close()
    assert nices == [workers.NICE]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_page_in_hand_when_the_service_stops_is_given_back(jobs, crew, engine, monkeypatch):
    monkeypatch.setattr(workers, "STOP_S", 0.1)
    go, begun = threading.Event(), threading.Event()
    engine.reader.before = lambda: (begun.set(), go.wait(10))
    job_id = submitted(jobs, png(sheet("1")))
    crew.start(1)
    assert begun.wait(10)
    crew.close()
    (page,) = queries.job_pages(jobs.store.database, job_id, time.time())
    assert (page.state, page.attempts) == ("waiting", 0)
    go.set()


def test_what_has_expired_is_removed_at_the_second_look(jobs, crew, monkeypatch):
    job_id = submitted(jobs, png(sheet("1")))
    crew._read_next()
    crew.sweep()
    monkeypatch.setattr(jobs.store, "_clock", lambda: time.time() + 4000)
    crew.sweep()
    assert jobs.store.is_known(job_id)  # a clock that jumps there and back loses nothing
    crew.sweep()
    assert not jobs.store.is_known(job_id)
    assert list(jobs.folder.iterdir()) == []


def test_folders_of_uploads_that_never_became_jobs_are_removed(jobs, crew):
    kept = submitted(jobs, png(sheet("1")))
    for name, age_s in (("old", 2 * workers.ORPHAN_S), ("new", 0), (kept, 2 * workers.ORPHAN_S)):
        path: Path = jobs.folder / name
        path.mkdir(exist_ok=True)
        os.utime(path, (time.time() - age_s,) * 2)
    crew.sweep()
    crew.sweep()
    assert {path.name for path in jobs.folder.iterdir()} == {"new", kept}


def test_a_folder_that_goes_while_the_sweep_looks_is_passed_over(jobs, crew):
    jobs.folder.mkdir(parents=True)
    (jobs.folder / "gone").symlink_to(jobs.folder / "nowhere")
    assert crew.sweep() > 0


def test_a_file_that_is_gone_fails_its_pages_only(jobs, crew):
    job_id = submitted(jobs, tiff(sheet("1"), sheet("2")))
    (jobs.folder / job_id / "0").unlink()
    crew._read_next()
    crew._read_next()
    assert queries.job(jobs.store.database, job_id).state == "done_with_errors"
    assert "OCR_DATA_DIR" in texts(jobs, job_id)[0]


def test_an_image_is_no_page_of_pdf_where_it_failed(jobs, crew):
    job_id = submitted(jobs, png(sheet("1")), b"no picture")
    crew._read_next()
    crew._read_next()
    assert b"".join(jobs.searchable_pdf(job_id)).count(b"/Type/Page/") == 2
