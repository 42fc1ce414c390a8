"""Jobs: documents taken in, read page by page behind the requests, and given out again."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from crnn.errors import DocumentTooLarge, ReadError
from crnn.inputs import documents
from crnn.inputs.documents import DocumentLimits, PageRef
from crnn.output.searchable_pdf import as_pdf
from service.errors import BadRequest, Overloaded, StorageFull
from service.jobs import queries
from service.jobs.job_options import Options, from_form, options_with
from service.jobs.job_store import NewJob, Store
from service.jobs.webhooks import Webhooks
from service.settings import Settings
from service.storage.database import Database
from service.storage.lexicons import Lexicons
from service.storage.upload import Upload

T = TypeVar("T")

MAX_KEY = 200


class Jobs:
    """Takes jobs in, and knows where their files are.

    `outlines` and `results` say how many uploads are looked through, and results written, at once.
    """

    def __init__(
        self,
        store: Store,
        webhooks: Webhooks,
        limits: DocumentLimits,
        *,
        queue_size: int,
        max_files: int,
        options: Options,
    ) -> None:
        self.store, self.webhooks, self.limits = store, webhooks, limits
        self._queue_size, self.max_files, self.options = queue_size, max_files, options
        self.folder = store.database.folder / "jobs"
        self.wake = threading.Event()
        self.outlines, self.results = asyncio.Semaphore(2), asyncio.Semaphore(1)

    def check_space(self) -> None:
        """Refuse a job where as many wait as may. Raises: Overloaded."""
        if self.store.database.is_there and self.store.active() >= self._queue_size:
            raise Overloaded(f"{self._queue_size} jobs are unfinished (OCR_JOB_QUEUE_SIZE)")

    def new_upload(self) -> tuple[str, Path]:
        """The id of a job to come, and the folder for its files."""
        job_id = uuid.uuid4().hex
        return job_id, self.folder / job_id

    def submit(
        self, job_id: str, upload: Upload, key: str | None, tenant: str = ""
    ) -> tuple[str, bool]:
        """Take a job in; its id and whether it is new. Its folder is removed where it is not.

        Raises: ReadError, StoreUnavailable, StorageFull.
        """
        kept = False
        try:
            result, kept = self.store.create(self._new_job(job_id, upload, key, tenant))
        finally:
            if not kept:
                shutil.rmtree(upload.folder, ignore_errors=True)
        self.wake.set()
        return result, kept

    def _new_job(self, job_id: str, upload: Upload, key: str | None, tenant: str) -> NewJob:
        if key is not None and not (0 < len(key) <= MAX_KEY and key.isprintable()):
            raise BadRequest(f"an Idempotency-Key has 1 to {MAX_KEY} printable characters")
        options = from_form(upload.fields)
        self.options(options, tenant)
        url = upload.fields.get("webhook_url", "")
        if url:
            self.webhooks.check(url)
        pages = list(self._outline(upload))
        digest = upload.digest()
        if key is not None and tenant:  # each tenant's keys are its own
            key = hashlib.sha256(f"{tenant}\n{key}".encode()).hexdigest()
        return NewJob(job_id, options, digest, upload.files, pages, key, url, tenant)

    def _outline(self, upload: Upload) -> Iterator[tuple[int, PageRef, str]]:
        """The pages of all files; one that cannot be opened is a failed page beside others."""
        space = self.limits.max_pages
        for number in range(len(upload.files)):
            limits = replace(self.limits, max_pages=max(0, space))
            try:
                refs = documents.outline(upload.path(number), limits)
            except DocumentTooLarge:
                raise
            except ReadError as exc:
                if len(upload.files) == 1:
                    raise
                yield number, PageRef(), str(exc)
                space -= 1
                continue
            space -= len(refs)
            yield from ((number, ref, "") for ref in refs)

    def remove(self, job_id: str) -> None:
        """Forget a job and remove its files."""
        self._making_room(job_id, self.store.forget)
        shutil.rmtree(self.folder / job_id, ignore_errors=True)
        self.store.database.forget_deleted()

    def cancel(self, job_id: str) -> bool:
        """Cancel an active job and remove its files; whether it was active. Raises: JobUnknown."""
        was_active = self._making_room(job_id, self.store.cancel)
        if was_active:
            shutil.rmtree(self.folder / job_id, ignore_errors=True)
        return was_active

    def _making_room(self, job_id: str, change: Callable[[str], T]) -> T:
        """Change a job that loses its files; where the disk is full they make room for that."""
        try:
            return change(job_id)
        except StorageFull:
            shutil.rmtree(self.folder / job_id, ignore_errors=True)
            return change(job_id)

    def searchable_pdf(self, job_id: str) -> Iterator[bytes]:
        """The parts of a job's PDF; each page's picture is made again from its file."""
        return as_pdf(
            (read, *self._picture(job_id, view))
            for read, view in queries.read_pages(self.store.database, job_id)
        )

    def _picture(self, job_id: str, view: queries.PageView) -> tuple[Any, float]:
        if view.state != "done":
            return None, 0.0
        image = documents.page(self.path(job_id, view.file_number), view.ref, self.limits)
        return image.grey, image.dpi

    def path(self, job_id: str, file: int) -> Path:
        """Where a file of a job lies."""
        return self.folder / job_id / str(file)


def open_jobs(settings: Settings, lexicons: Lexicons) -> Jobs:
    """The jobs of a deployment; nothing is opened or made before the first of them."""
    database = Database(settings.data_dir, settings.database_url.get_secret_value())
    store = Store(database, lease_s=settings.job_lease_s)
    secret = settings.webhook_secret.get_secret_value()
    webhooks = Webhooks(database, secret=secret, hosts=settings.webhook_hosts)
    return Jobs(
        store,
        webhooks,
        settings.document_limits(),
        queue_size=settings.job_queue_size,
        max_files=settings.job_max_files,
        options=options_with(lexicons),
    )
