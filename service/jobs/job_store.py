"""The store of jobs: what is to be read, who reads it, and what was read.

    job:   active -> done | cancelled             page:  waiting -> done | failed | cancelled
    hook:  waiting -> sent | failed

A waiting page may be leased: it belongs to its owner until lease_until. The clock decides only when
a page is tried again, never whether a result counts: the first result of a page is written, and a
second one changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from crnn.inputs.documents import PageRef
from service.errors import JobUnknown, KeyReused
from service.storage.database import Database
from service.storage.tables import files, hooks, jobs, pages

MAX_ATTEMPTS = 3
GIVEN_UP = f"given up: the program ended {MAX_ATTEMPTS} times while it read this page"


@dataclass(frozen=True)
class NewJob:
    """A job that was received: its files by name and size, and its pages by file and place."""

    id: str
    options: dict[str, Any]
    digest: str
    files: Sequence[tuple[str, int]]
    pages: Sequence[tuple[int, PageRef, str]]
    key: str | None = None
    webhook_url: str = ""
    tenant: str = ""


@dataclass(frozen=True)
class Claim:
    """A page that is this owner's to read for a while."""

    id: int
    job_id: str
    number: int
    file: int
    ref: PageRef
    attempts: int
    options: dict[str, Any]
    tenant: str = ""


class Store:
    """Jobs, pages and webhooks in a database that several processes may share."""

    def __init__(
        self, database: Database, *, lease_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self.database, self.lease_s, self._clock = database, lease_s, clock

    def create(self, job: NewJob) -> tuple[str, bool]:
        """Write a job down; its id and whether it is new, for its key may have come before.

        Raises: KeyReused, StoreUnavailable, StorageFull.
        """
        earlier = self.by_key(job.key, job.digest)
        if earlier:
            return earlier, False
        try:
            with self.database.writing(must_last=True) as connection:
                self._insert(connection, job)
        except IntegrityError:
            earlier = self.by_key(job.key, job.digest)
            if earlier is None:
                raise
            return earlier, False
        return job.id, True

    def _insert(self, connection: Connection, job: NewJob) -> None:
        now = self._clock()
        row = {
            "id": job.id,
            "state": "active",
            "options": json.dumps(job.options),
            "idempotency_key": job.key,
            "tenant": job.tenant,
            "digest": job.digest,
            "webhook_url": job.webhook_url,
            "created_at": now,
        }
        connection.execute(insert(jobs), row)
        connection.execute(
            insert(files),
            [
                {"job_id": job.id, "number": number, "name": name, "bytes": size}
                for number, (name, size) in enumerate(job.files)
            ],
        )
        rows = [_page_row(job.id, n, *page, now) for n, page in enumerate(job.pages, 1)]
        connection.execute(insert(pages), rows)
        self._settle(connection, job.id)

    def by_key(self, key: str | None, digest: str) -> str | None:
        """The job that came with this idempotency key. Raises: KeyReused."""
        if key is None:
            return None
        with self.database.reading() as connection:
            asked = select(jobs.c.id, jobs.c.digest).where(jobs.c.idempotency_key == key)
            row = connection.execute(asked).one_or_none()
        if row and row.digest != digest:
            raise KeyReused("this Idempotency-Key came before with other files or options")
        return row.id if row else None

    def claim(self, owner: str) -> Claim | None:
        """The next page to read: the first pages of all jobs before the second of any."""
        now = self._clock()
        self._give_up(now)
        turn = (
            select(pages.c.id)
            .where(pages.c.state == "waiting", self._is_free(now))
            .order_by(pages.c.number, pages.c.since)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self.database.writing() as connection:
            taken = connection.execute(
                update(pages)
                .where(pages.c.id == turn.scalar_subquery(), pages.c.state == "waiting")
                .values(owner=owner, lease_until=now + self.lease_s, attempts=pages.c.attempts + 1)
                .returning(*pages.c)
            ).one_or_none()
            if taken is None:
                return None
            asked = select(jobs.c.options, jobs.c.tenant).where(jobs.c.id == taken.job_id)
            job = connection.execute(asked).one()
        ref = PageRef(taken.page_index, taken.entry, taken.name)
        place = (taken.id, taken.job_id, taken.number, taken.file, ref, taken.attempts)
        return Claim(*place, json.loads(job.options), job.tenant)

    def _is_free(self, now: float) -> ColumnElement[bool]:
        """No lease, one that ended, or one so far ahead that a clock must have jumped."""
        return or_(pages.c.lease_until <= now, pages.c.lease_until > now + 2 * self.lease_s)

    def _give_up(self, now: float) -> None:
        """Fail pages whose every attempt ended with the process."""
        asked = select(pages.c.id, pages.c.job_id).where(
            pages.c.state == "waiting", pages.c.attempts >= MAX_ATTEMPTS, self._is_free(now)
        )
        with self.database.reading() as connection:
            rows = connection.execute(asked).all()
        for row in rows:
            self._end_page(row.id, row.job_id, {"state": "failed", "error": GIVEN_UP})

    def finish(self, claim: Claim, result: dict[str, Any]) -> bool:
        """Write a page's result; whether it was the first."""
        written = {"state": "done", "result": json.dumps(result, ensure_ascii=False)}
        return self._end_page(claim.id, claim.job_id, written)

    def fail(self, claim: Claim, error: str) -> bool:
        """Record that a page cannot be read, and why; whether it was waiting still."""
        return self._end_page(claim.id, claim.job_id, {"state": "failed", "error": error[:500]})

    def _end_page(self, page_id: int, job_id: str, values: dict[str, Any]) -> bool:
        with self.database.writing() as connection:
            # Two last pages of a job may end at once: the lock lets the second see the first.
            connection.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update())
            ended = connection.execute(
                update(pages)
                .where(pages.c.id == page_id, pages.c.state == "waiting")
                .values(lease_until=0, **values)  # the owner stays: whose work it was
            )
            if ended.rowcount:
                self._settle(connection, job_id)
        return bool(ended.rowcount)

    def _settle(self, connection: Connection, job_id: str) -> None:
        """Make a job done whose last page has ended, and its webhook due."""
        waiting = and_(pages.c.job_id == job_id, pages.c.state == "waiting")
        if connection.execute(select(pages.c.id).where(waiting).limit(1)).first():
            return
        now = self._clock()
        ended = connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == "active")
            .values(state="done", ended_at=now)
            .returning(jobs.c.webhook_url)
        ).one_or_none()
        if ended and ended.webhook_url:
            hook = {"job_id": job_id, "state": "waiting", "attempts": 0, "due_at": now, "error": ""}
            connection.execute(insert(hooks), hook)

    def put_back(self, claim: Claim, owner: str, *, delay_s: float, counts: bool) -> None:
        """Give a page up for another try, after a while; whether this one counts as an attempt."""
        with self.database.writing() as connection:
            connection.execute(
                update(pages)
                .where(pages.c.id == claim.id, pages.c.state == "waiting", pages.c.owner == owner)
                .values(
                    owner="",
                    lease_until=self._clock() + delay_s if delay_s else 0,
                    attempts=claim.attempts if counts else claim.attempts - 1,
                )
            )

    def cancel(self, job_id: str) -> bool:
        """Read no more pages of a job; whether it was active. Raises: JobUnknown."""
        with self.database.writing() as connection:
            asked = select(jobs.c.state).where(jobs.c.id == job_id).with_for_update()
            state = connection.execute(asked).scalar_one_or_none()
            if state is None:
                raise JobUnknown(f"no job {job_id[:40]}")
            if state != "active":
                return False
            values = {"state": "cancelled", "ended_at": self._clock()}
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))
            connection.execute(
                update(pages)
                .where(pages.c.job_id == job_id, pages.c.state == "waiting")
                .values(state="cancelled", owner="", lease_until=0)
            )
        return True

    def forget(self, job_id: str) -> None:
        """Remove every row of a job."""
        with self.database.writing() as connection:
            for table in (pages, files, hooks):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            connection.execute(delete(jobs).where(jobs.c.id == job_id))

    def expired(self, ttl_s: float) -> set[str]:
        """Jobs that ended longer ago than that; an active job never expires."""
        asked = select(jobs.c.id).where(jobs.c.ended_at < self._clock() - ttl_s)
        with self.database.reading() as connection:
            return set(connection.execute(asked).scalars())

    def is_known(self, job_id: str) -> bool:
        """Whether there is a job of that id."""
        asked = select(jobs.c.id).where(jobs.c.id == job_id)
        with self.database.reading() as connection:
            return connection.execute(asked).first() is not None

    def active(self) -> int:
        """How many jobs are unfinished."""
        asked = select(func.count()).select_from(jobs).where(jobs.c.state == "active")
        with self.database.reading() as connection:
            return connection.execute(asked).scalar_one()


def _page_row(
    job_id: str, number: int, file: int, ref: PageRef, error: str, now: float
) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "number": number,
        "since": now,
        "file": file,
        "entry": ref.entry,
        "page_index": ref.index,
        "name": ref.name,
        "state": "failed" if error else "waiting",
        "attempts": 0,
        "owner": "",
        "lease_until": 0,
        "error": error,
    }
