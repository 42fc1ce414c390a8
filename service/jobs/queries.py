"""What the store knows of jobs, for those who only look."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, true

from crnn.batch.page_task import as_read
from crnn.inputs.documents import ALONE, PageRef
from crnn.output import ReadPage
from service.errors import JobNotReady, JobUnknown
from service.storage.database import Database
from service.storage.tables import files, hooks, jobs, pages

ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class JobView:
    """A job as it stands. state: queued, running, done, done_with_errors or cancelled."""

    id: str
    state: str
    created_at: float
    ended_at: float | None
    files: tuple[tuple[str, int], ...]
    total: int
    done: int
    failed: int
    hook: tuple[str, int] | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it will change any more."""
        return self.ended_at is not None


@dataclass(frozen=True)
class PageView:
    """A page as it stands. state: waiting, reading, done, failed or cancelled."""

    number: int
    file_number: int
    file: str
    ref: PageRef
    state: str
    attempts: int
    error: str


def job(database: Database, job_id: str, tenant: str | None = None) -> JobView:
    """A job by its id, of that tenant where one is named. Raises: JobUnknown."""
    mine = and_(jobs.c.id == job_id, _of(tenant))
    result = _views(database, mine, 1) if ID.fullmatch(job_id) else []
    if not result:
        raise JobUnknown(f"no job {job_id[:40]}: deleted, expired or never there")
    return result[0]


def counts(database: Database) -> dict[str, int]:
    """How many jobs are active, done and cancelled."""
    states = dict.fromkeys(("active", "done", "cancelled"), 0)
    if database.is_there:
        asked = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        with database.reading() as connection:
            rows = connection.execute(asked).all()
        states |= {row[0]: row[1] for row in rows}
    return states


def _of(tenant: str | None) -> ColumnElement[bool]:
    return true() if tenant is None else jobs.c.tenant == tenant


def listing(
    database: Database, limit: int, after: str = "", tenant: str | None = None
) -> list[JobView]:
    """Jobs from the newest on, or from the one that follows a job. Raises: JobUnknown."""
    if not after:
        return _views(database, _of(tenant), limit)
    last = job(database, after, tenant)
    older = or_(
        jobs.c.created_at < last.created_at,
        and_(jobs.c.created_at == last.created_at, jobs.c.id < last.id),
    )
    return _views(database, and_(older, _of(tenant)), limit)


def _views(database: Database, where: Any, limit: int) -> list[JobView]:
    if not database.is_there:
        return []
    asked = select(jobs).where(where).order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    with database.reading() as connection:
        rows = connection.execute(asked.limit(limit)).all()
        ids = [row.id for row in rows]
        counted = (
            select(
                pages.c.job_id,
                func.count().label("total"),
                func.sum(case((pages.c.state == "done", 1), else_=0)).label("done"),
                func.sum(case((pages.c.state == "failed", 1), else_=0)).label("failed"),
                func.max(pages.c.attempts).label("tried"),
            )
            .where(pages.c.job_id.in_(ids))
            .group_by(pages.c.job_id)
        )
        counts = {row.job_id: row for row in connection.execute(counted)}
        named = select(files).where(files.c.job_id.in_(ids)).order_by(files.c.number)
        names: dict[str, list[tuple[str, int]]] = {}
        for row in connection.execute(named):
            names.setdefault(row.job_id, []).append((row.name, row.bytes))
        sent = select(hooks).where(hooks.c.job_id.in_(ids))
        deliveries = {row.job_id: (row.state, row.attempts) for row in connection.execute(sent)}
    return [
        _view(row, counts[row.id], names.get(row.id, []), deliveries.get(row.id)) for row in rows
    ]


def _view(
    row: Row[Any], count: Row[Any], names: list[tuple[str, int]], hook: tuple[str, int] | None
) -> JobView:
    state = row.state
    if state == "active":
        state = "running" if count.tried or count.failed else "queued"
    elif state == "done" and count.failed:
        state = "done_with_errors"
    counts = (int(count.total), int(count.done), int(count.failed))
    return JobView(row.id, state, row.created_at, row.ended_at, tuple(names), *counts, hook)


def job_pages(database: Database, job_id: str, now: float) -> list[PageView]:
    """Every page of a job, in order."""
    asked = (
        select(pages, files.c.name.label("file_name"))
        .join(files, and_(files.c.job_id == pages.c.job_id, files.c.number == pages.c.file))
        .where(pages.c.job_id == job_id)
        .order_by(pages.c.number)
    )
    with database.reading() as connection:
        return [_page_view(row, now) for row in connection.execute(asked)]


def _page_view(row: Row[Any], now: float) -> PageView:
    is_read = row.state == "waiting" and row.owner and row.lease_until > now
    ref = PageRef(row.page_index, row.entry, row.name)
    file = row.file_name if row.entry == ALONE else f"{row.file_name}/{row.name}"
    state = "reading" if is_read else row.state
    return PageView(row.number, row.file, file, ref, state, row.attempts, row.error)


def read_page(database: Database, job_id: str, number: int) -> tuple[ReadPage, PageView]:
    """What was read of one page. Raises: JobUnknown, JobNotReady."""
    results = [view for view in job_pages(database, job_id, 0) if view.number == number]
    if not results:
        raise JobUnknown(f"no page {number} in this job")
    (view,) = results
    if view.state != "done":
        raise JobNotReady(f"page {number} is {view.state}: {view.error or 'nothing is read yet'}")
    return _read(database, job_id, view), view


def read_pages(database: Database, job_id: str) -> Iterator[tuple[ReadPage, PageView]]:
    """What was read of a job, page by page: each result is fetched when its turn comes."""
    for view in job_pages(database, job_id, 0):
        yield _read(database, job_id, view), view


def _read(database: Database, job_id: str, view: PageView) -> ReadPage:
    asked = select(pages.c.result).where(pages.c.job_id == job_id, pages.c.number == view.number)
    with database.reading() as connection:
        result = connection.execute(asked).scalar_one_or_none()
    outcome = json.loads(result) if result else None
    return as_read(view.file, view.ref.index + 1, outcome, view.error)
