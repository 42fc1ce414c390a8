"""The threads behind jobs: they read pages, send webhooks and sweep away what has expired."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

from crnn.batch.page_task import Result, read_page, whole_page
from crnn.errors import ReadError
from service.engine import Engine
from service.errors import StorageFull, StoreUnavailable
from service.jobs.job_store import MAX_ATTEMPTS, Claim
from service.jobs.jobs import Jobs

log = logging.getLogger("crnn_ocr.jobs")

NICE = 10
POLL_S, SWEEP_S, PATIENCE_S, STOP_S = 0.5, 60.0, 30.0, 10.0
"""PATIENCE_S: a page waits no longer than this for the requests to leave a thread free."""
ORPHAN_S = 3600.0
OVER = "one of the program's errors, each time that it was tried; its log says which"


class Workers:
    """Reads the pages of jobs on threads that give way to every other one of the process."""

    def __init__(
        self,
        jobs: Jobs,
        engine: Engine,
        *,
        ttl_s: float,
        chores: Mapping[str, Callable[[], float]] | None = None,
    ) -> None:
        self._jobs, self._store, self._engine, self._ttl_s = jobs, jobs.store, engine, ttl_s
        self.owner = f"{socket.gethostname()[:40]}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._stop = threading.Event()
        self._chores = chores or {}
        self._threads: list[threading.Thread] = []
        self._claims: dict[int, Claim] = {}
        self._doomed: set[str] = set()

    def start(self, threads: int) -> None:
        """Begin to read, to sweep and to send webhooks."""
        work: list[tuple[str, Callable[[], float]]] = [("sweep", self.sweep)]
        work += [("webhook", self._send)] if self._jobs.webhooks.is_on else []
        work += self._chores.items()
        work += [(f"page-{n}", self._read_next) for n in range(threads)]
        for name, step in work:
            thread = threading.Thread(target=self._repeat, args=(step,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop; a page that is not done soon is given back for another process."""
        self._stop.set()
        self._jobs.wake.set()
        deadline = time.monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for claim in list(self._claims.values()):
            self._put_back(claim, 0, counts=False)
        self._store.database.close()

    def _repeat(self, step: Callable[[], float]) -> None:
        """Do a step again and again, waiting as long as it says between."""
        with suppress(OSError):  # on Linux this is the thread's own; elsewhere there is none
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        trouble_s = POLL_S
        while not self._stop.is_set():
            try:
                wait_s = step() if self._store.database.is_there else POLL_S
                trouble_s = POLL_S
            except (StoreUnavailable, StorageFull) as exc:
                log.warning("%s; trying again in %g s", exc, trouble_s)
                wait_s, trouble_s = trouble_s, min(2 * trouble_s, 30.0)
            except Exception:
                log.exception("an error between pages")
                wait_s = POLL_S
            if wait_s and self._jobs.wake.wait(wait_s) and not self._stop.is_set():
                self._jobs.wake.clear()

    def _send(self) -> float:
        return 0.0 if self._jobs.webhooks.send_next() else POLL_S

    def _read_next(self) -> float:
        """Read one page, if there is one, once the requests leave a thread free."""
        patience = time.monotonic() + PATIENCE_S
        while self._engine.is_busy and time.monotonic() < patience:
            if self._stop.wait(0.02):
                return 0.0
        claim = self._store.claim(self.owner)
        if claim is None:
            return POLL_S
        self._claims[claim.id] = claim
        try:
            self._read(claim)
        finally:
            self._claims.pop(claim.id, None)
        return 0.0

    def _read(self, claim: Claim) -> None:
        try:
            path = self._jobs.path(claim.job_id, claim.file)
            options = self._jobs.options(claim.options, claim.tenant)
            strategy = whole_page(self._engine.reader, options)
            result = read_page(path, claim.ref, strategy, self._jobs.limits)
        except ReadError as exc:
            self._store.fail(claim, str(exc))
        except FileNotFoundError:
            self._store.fail(claim, "the file of this page is gone from OCR_DATA_DIR")
        except Exception:
            log.exception("page %d of job %s, try %d", claim.number, claim.job_id, claim.attempts)
            if claim.attempts >= MAX_ATTEMPTS:
                self._store.fail(claim, OVER)
            else:
                self._put_back(claim, 2.0**claim.attempts, counts=True)
        else:
            self._finish(claim, result)

    def _finish(self, claim: Claim, result: Result) -> None:
        """Write a result; a store that fails then is no fault of the page's."""
        try:
            self._store.finish(claim, result)
        except (StoreUnavailable, StorageFull):
            self._put_back(claim, POLL_S, counts=False)
            raise

    def _put_back(self, claim: Claim, delay_s: float, *, counts: bool) -> None:
        try:
            self._store.put_back(claim, self.owner, delay_s=delay_s, counts=counts)
        except (StoreUnavailable, StorageFull):
            log.warning("page %d of job %s waits for its lease", claim.number, claim.job_id)

    def sweep(self) -> float:
        """Remove what has expired: only what had at the last look too, for clocks jump."""
        expired = self._store.expired(self._ttl_s) | self._orphans()
        for job_id in expired & self._doomed:
            self._jobs.remove(job_id)
        self._doomed = expired
        return min(SWEEP_S, self._ttl_s)

    def _orphans(self) -> set[str]:
        """Folders of uploads that never became jobs, left by a crash."""
        if not self._jobs.folder.is_dir():
            return set()
        old: set[str] = set()
        for path in self._jobs.folder.iterdir():
            with suppress(FileNotFoundError):  # a job that is deleted meanwhile
                if time.time() - path.stat().st_mtime > ORPHAN_S:
                    old.add(path.name)
        return {name for name in old if not self._store.is_known(name)}
