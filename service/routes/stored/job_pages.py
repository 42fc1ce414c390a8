"""/v1/jobs/{job_id}/pages: single pages of a job, each as soon as it is read."""

from __future__ import annotations

from typing import Annotated

import cv2
from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from crnn.inputs import documents
from service.errors import JobUnknown
from service.jobs import queries
from service.jobs.jobs import Jobs
from service.routes.stored.jobs import OWN, jobs_of, problems
from service.schemas.job_schemas import JobPageAnswer, page_answer

router = APIRouter(prefix="/v1/jobs/{job_id}/pages", tags=["jobs"], dependencies=OWN)

Number = Annotated[int, Path(ge=1, le=100_000, description="of the page in the job, from 1")]


@router.get("/{number}", responses=problems(404, 409, 422, 503), response_model_exclude_none=True)
async def page(request: Request, job_id: str, number: Number) -> JobPageAnswer:
    """What one page says; the job need not have ended."""
    database = jobs_of(request).store.database

    def look() -> JobPageAnswer:
        queries.job(database, job_id)
        return page_answer(*queries.read_page(database, job_id, number))

    return await run_in_threadpool(look)


@router.get(
    "/{number}/image",
    responses={**problems(404, 413, 415, 422, 503), 200: {"content": {"image/png": {}}}},
    response_class=Response,
)
async def image(request: Request, job_id: str, number: Number) -> Response:
    """The picture of one page as it is read: grey, upright, PDF rendered. PNG."""
    jobs = jobs_of(request)
    async with jobs.outlines:  # a page is decoded or rendered for this, as uploads are
        picture = await run_in_threadpool(_picture, jobs, job_id, number)
    headers = {"Cache-Control": "private, max-age=600"}
    return Response(picture, media_type="image/png", headers=headers)


def _picture(jobs: Jobs, job_id: str, number: int) -> bytes:
    database = jobs.store.database
    queries.job(database, job_id)
    for view in queries.job_pages(database, job_id, 0):
        if view.number == number:
            try:
                result = documents.page(jobs.path(job_id, view.file_number), view.ref, jobs.limits)
            except FileNotFoundError as exc:
                raise JobUnknown("the files of this job are gone: it was cancelled") from exc
            return cv2.imencode(".png", result.grey)[1].tobytes()
    raise JobUnknown(f"no page {number} in this job")
