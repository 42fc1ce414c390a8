"""/v1/jobs: documents in, progress while they are read, results out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from crnn.output import FORMATS
from service.auth.authenticate import caller_of, tenant_of
from service.errors import JobNotReady
from service.jobs import queries
from service.jobs.events import Listeners
from service.jobs.jobs import Jobs
from service.problem import problem_row
from service.schemas.job_schemas import JobAnswer, JobList, JobSummary, answer, summary
from service.storage.database import storage_error
from service.storage.upload import receive

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

PART_BYTES = 1 << 16
FormatName = Literal["json", "txt", "csv", "tables", "xlsx", "hocr", "alto", "pdf"]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "images, TIFF, PDF or zip; the part may be repeated",
                        },
                        "mode": {"type": "string", "enum": ["auto", "line", "page"]},
                        "options": {"type": "string", "description": "read options, as JSON"},
                        "webhook_url": {"type": "string", "format": "uri"},
                    },
                }
            }
        },
    }
}
PROBLEM_TEXTS = {
    400: "the body is not what its content type says",
    404: "no such job",
    409: "there is no result: the job is not done, or it was cancelled",
    413: "more bytes, pages or files than the limits",
    415: "no document that can be opened, or a content type that is not taken",
    422: "an encrypted document, an unknown option, a webhook that may not be called, a key reused",
    429: "too many jobs are unfinished, or too many listen; see Retry-After",
    503: "the store of jobs cannot be used now",
    507: "no room is left for files",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The rows of a route's errors for OpenAPI."""
    return {status: problem_row(PROBLEM_TEXTS[status]) for status in statuses}


def jobs_of(request: Request) -> Jobs:
    """The jobs of the app."""
    result: Jobs = request.app.state.jobs
    return result


async def own(request: Request, job_id: str) -> None:
    """A job of another caller's is no job. Raises: JobUnknown."""
    tenant = tenant_of(request)
    if tenant is not None:
        database = jobs_of(request).store.database
        await run_in_threadpool(queries.job, database, job_id, tenant)


OWN = [Depends(own)]


@router.post(
    "",
    status_code=202,
    openapi_extra=BODY,
    responses=problems(400, 413, 415, 422, 429, 503, 507),
)
async def submit(
    request: Request,
    response: Response,
    idempotency_key: Annotated[str | None, Header(description="the same key, the same job")] = None,
) -> JobSummary:
    """Take documents in; they are read in the background."""
    jobs = jobs_of(request)
    await run_in_threadpool(jobs.check_space)
    job_id, folder = jobs.new_upload()
    tenant = tenant_of(request) or ""
    upload = await receive(request, folder, jobs.max_files)
    async with jobs.outlines:
        result, is_new = await run_in_threadpool(
            jobs.submit, job_id, upload, idempotency_key, tenant
        )
    response.headers["Location"] = f"/v1/jobs/{result}"
    if not is_new:
        response.headers["Idempotency-Replayed"] = "true"
    return summary(await run_in_threadpool(queries.job, jobs.store.database, result))


@router.get("", responses=problems(404, 422, 503))
async def listing(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str, Query(max_length=40)] = "",
) -> JobList:
    """Jobs, the newest first."""
    database, tenant = jobs_of(request).store.database, tenant_of(request)
    result = await run_in_threadpool(queries.listing, database, limit, after, tenant)
    following = result[-1].id if len(result) == limit else None
    return JobList(jobs=[summary(job) for job in result], next=following)


@router.get("/{job_id}", dependencies=OWN, responses=problems(404, 503))
async def status(request: Request, job_id: str) -> JobAnswer:
    """How far a job is, and each of its pages."""

    def look() -> JobAnswer:
        database = jobs_of(request).store.database
        job = queries.job(database, job_id)
        return answer(job, queries.job_pages(database, job.id, time.time()))

    return await run_in_threadpool(look)


@router.delete("/{job_id}", dependencies=OWN, responses=problems(404, 503), response_model=None)
async def delete(request: Request, job_id: str) -> Response:
    """Cancel an active job, whose state can still be asked for; forget one that has ended."""
    jobs = jobs_of(request)
    await run_in_threadpool(queries.job, jobs.store.database, job_id)
    if await run_in_threadpool(jobs.cancel, job_id):
        return Response(status_code=202)
    await run_in_threadpool(jobs.remove, job_id)
    return Response(status_code=204)


@router.get(
    "/{job_id}/events",
    dependencies=OWN,
    responses={**problems(404, 429, 503), 200: {"content": {"text/event-stream": {}}}},
    response_class=StreamingResponse,
)
async def events(request: Request, job_id: str) -> StreamingResponse:
    """Server-sent events: `progress` whenever a page has ended, `end` at last."""
    listeners: Listeners = request.app.state.listeners
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    with ExitStack() as place:  # kept until the stream ends, or the caller is gone
        place.enter_context(listeners.place(caller_of(request)))
        stream = await listeners.stream(job_id)
        response = _Listened(stream, media_type="text/event-stream", headers=headers)
        response.place = place.pop_all()
    return response


class _Listened(StreamingResponse):
    """Events, and the place of who listens to them."""

    place: ExitStack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.place:
            await super().__call__(scope, receive, send)


RESULT_TYPES = [result.media_type.partition(";")[0] for result in FORMATS.values()]


@router.get(
    "/{job_id}/result",
    dependencies=OWN,
    responses={
        **problems(404, 409, 422, 503),
        200: {"content": {kind: {} for kind in [*RESULT_TYPES, "application/pdf"]}},
    },
    response_class=Response,
)
async def result(
    request: Request,
    job_id: str,
    format_name: Annotated[FormatName, Query(alias="format")] = "json",
) -> Response:
    """What a done job says, in the format that is asked for."""
    jobs = jobs_of(request)
    job = await run_in_threadpool(queries.job, jobs.store.database, job_id)
    if job.state not in ("done", "done_with_errors"):
        raise JobNotReady(f"the job is {job.state}: there is no result")
    name = f"{job_id[:8]}.{'pdf' if format_name == 'pdf' else FORMATS[format_name].suffix}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    if format_name == "pdf":
        file = await _written(jobs, job_id)
        return StreamingResponse(parts(file), media_type="application/pdf", headers=headers)
    wanted = FORMATS[format_name]
    read = (page for page, _ in queries.read_pages(jobs.store.database, job_id))
    async with jobs.results:
        body = await run_in_threadpool(wanted.write, read)
    return Response(body, media_type=wanted.media_type, headers=headers)


async def _written(jobs: Jobs, job_id: str) -> IO[bytes]:
    """A job's PDF in a file that is gone once it is closed; one is written at a time.

    A caller who does not read it keeps nobody else from theirs.
    """

    def write() -> IO[bytes]:
        file = tempfile.TemporaryFile(dir=jobs.store.database.folder)  # noqa: SIM115
        try:
            for part in jobs.searchable_pdf(job_id):
                file.write(part)
        except BaseException:
            file.close()
            raise
        return file

    async with jobs.results:
        try:
            return await run_in_threadpool(write)
        except OSError as exc:
            raise storage_error(exc) from exc


def parts(file: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning, part by part; it is closed then."""
    with file:
        file.seek(0)
        while part := file.read(PART_BYTES):
            yield part
