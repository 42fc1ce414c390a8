"""Webhooks: told once a job is done, signed, and tried again until they are heard.

Only hosts that the operator lists are called, redirects are not followed, and the body holds no
text that was read.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import random
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from service.errors import JobUnknown, WebhookRefused
from service.jobs import queries
from service.jobs.webhook_hosts import Addresses, post
from service.storage.database import Database
from service.storage.tables import hooks, jobs

MAX_ATTEMPTS = 12
FIRST_DELAY_S, MAX_DELAY_S = 1.0, 3600.0
TIMEOUT_S = 10
HOLD_S = 60
"""A webhook that is being sent is nobody else's for this long; after a crash it is due again."""


class Webhooks:
    """Sends what is due. Off where no secret or no host is set."""

    def __init__(
        self,
        database: Database,
        *,
        secret: str,
        hosts: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._secret, self._clock = database, secret.encode(), clock
        self._addresses = Addresses(hosts)

    @property
    def is_on(self) -> bool:
        """Whether any webhook is ever sent."""
        return bool(self._secret and self._addresses)

    def check(self, url: str) -> None:
        """Refuse an address that is not to be called. Raises: WebhookRefused."""
        if not self.is_on:
            raise WebhookRefused(
                "webhooks are off; OCR_WEBHOOK_SECRET and OCR_WEBHOOK_HOSTS switch them on"
            )
        self._addresses.check(url)

    def send_next(self) -> bool:
        """Send one webhook that is due; whether there was one."""
        due = self._take()
        if due is None:
            return False
        job_id, url, attempts = due
        error = self._attempt(job_id, url)
        if not error:
            self._write(job_id, {"state": "sent", "error": ""})
        elif attempts >= MAX_ATTEMPTS:
            self._write(job_id, {"state": "failed", "error": error})
        else:
            again = self._clock() + delay_s(attempts)
            self._write(job_id, {"due_at": again, "error": error})
        return True

    def _take(self) -> tuple[str, str, int] | None:
        now = self._clock()
        turn = (
            select(hooks.c.job_id)
            .where(hooks.c.state == "waiting")
            .where((hooks.c.due_at <= now) | (hooks.c.due_at > now + 2 * MAX_DELAY_S))
            .order_by(hooks.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            row = connection.execute(
                update(hooks)
                .where(hooks.c.job_id == turn.scalar_subquery(), hooks.c.state == "waiting")
                .values(due_at=now + HOLD_S, attempts=hooks.c.attempts + 1)
                .returning(hooks.c.job_id, hooks.c.attempts)
            ).one_or_none()
            if row is None:
                return None
            asked = select(jobs.c.webhook_url).where(jobs.c.id == row.job_id)
            return row.job_id, connection.execute(asked).scalar_one(), row.attempts

    def _write(self, job_id: str, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            connection.execute(update(hooks).where(hooks.c.job_id == job_id).values(**values))

    def _attempt(self, job_id: str, url: str) -> str:
        """Send once; what went wrong, or nothing."""
        try:
            self.check(url)  # the settings may have changed since it was taken
            parts = self._addresses.check(url)
            address = self._addresses.resolved(parts)
            body = message(queries.job(self._database, job_id))
            status = post(parts, address, body, self._headers(job_id, body), TIMEOUT_S)
        except (OSError, http.client.HTTPException, WebhookRefused, JobUnknown) as exc:
            return type(exc).__name__
        return "" if 200 <= status < 300 else f"status {status}"

    def _headers(self, job_id: str, body: bytes) -> dict[str, str]:
        stamp = str(int(self._clock()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "crnn-ocr",
            "X-OCR-Job": job_id,
            "X-OCR-Timestamp": stamp,
            "X-OCR-Signature": "sha256=" + signature(self._secret, stamp, body),
        }


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """HMAC-SHA256, in hexadecimal, of the time stamp, a full stop and the body."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def message(job: queries.JobView) -> bytes:
    """What is told of a job: how it ended, and nothing of what it says."""
    pages = {"total": job.total, "done": job.done, "failed": job.failed}
    return json.dumps({"id": job.id, "state": job.state, "pages": pages}).encode()


def delay_s(attempts: int) -> float:
    """The wait after that many attempts: twice as long each time, up to half of it by chance."""
    longest = min(MAX_DELAY_S, FIRST_DELAY_S * 2.0 ** (attempts - 1))
    return longest * random.uniform(0.5, 1.0)
