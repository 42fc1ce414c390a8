"""Jobs as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, Field

from crnn.output import ReadPage
from service.jobs.queries import JobView, PageView
from service.schemas.answers import LineAnswer, line_answer

JobState = Literal["queued", "running", "done", "done_with_errors", "cancelled"]
PageState = Literal["waiting", "reading", "done", "failed", "cancelled"]


class Counts(BaseModel):
    """How far a job is."""

    total: int
    done: int
    failed: int


class FileAnswer(BaseModel):
    """A file of a job."""

    name: str = Field(description="as it was called, without what is unsafe to show")
    bytes: int


class HookAnswer(BaseModel):
    """How far a webhook is."""

    state: Literal["waiting", "sent", "failed"]
    attempts: int


class JobSummary(BaseModel):
    """A job without its pages."""

    success: Literal[True] = True
    id: str
    state: JobState
    created_at: datetime
    ended_at: datetime | None
    pages: Counts
    files: list[FileAnswer]
    webhook: HookAnswer | None = Field(description="null until it is due, or where none is wanted")


class PageAnswer(BaseModel):
    """A page of a job."""

    number: int = Field(description="in the job, from 1")
    file: str
    page: int = Field(description="in its file, from 1")
    state: PageState
    attempts: int
    error: str | None


class JobAnswer(JobSummary):
    """A job with its pages."""

    page_states: list[PageAnswer]


class JobList(BaseModel):
    """Jobs, the newest first."""

    success: Literal[True] = True
    jobs: list[JobSummary]
    next: str | None = Field(
        description="pass as `after` for the jobs that follow; null at the end"
    )


def summary(job: JobView) -> JobSummary:
    """A job as an answer."""
    return JobSummary.model_validate(_values(job))


def answer(job: JobView, pages: list[PageView]) -> JobAnswer:
    """A job with its pages as an answer."""
    states = [
        {
            "number": page.number,
            "file": page.file,
            "page": page.ref.index + 1,
            "state": page.state,
            "attempts": page.attempts,
            "error": page.error or None,
        }
        for page in pages
    ]
    return JobAnswer.model_validate(_values(job) | {"page_states": states})


def _values(job: JobView) -> dict[str, object]:
    return {
        "id": job.id,
        "state": job.state,
        "created_at": datetime.fromtimestamp(job.created_at, UTC),
        "ended_at": None if job.ended_at is None else datetime.fromtimestamp(job.ended_at, UTC),
        "pages": {"total": job.total, "done": job.done, "failed": job.failed},
        "files": [{"name": name, "bytes": size} for name, size in job.files],
        "webhook": {"state": job.hook[0], "attempts": job.hook[1]} if job.hook else None,
    }


class JobPageAnswer(BaseModel):
    """What one page of a job says."""

    success: Literal[True] = True
    number: int = Field(description="in the job, from 1")
    file: str
    page: int = Field(description="in its file, from 1")
    width: int
    height: int
    mode: Literal["line", "page"]
    text: str
    confidence: float
    lines: list[LineAnswer] = Field(
        description="with chars; these have alternatives where the job asked for detail chars"
    )


def page_answer(read: ReadPage, view: PageView) -> JobPageAnswer:
    """A read page as an answer. Its `page` is not None."""
    page = read.page
    assert page is not None
    return JobPageAnswer(
        number=view.number,
        file=read.file,
        page=read.number,
        width=page.width,
        height=page.height,
        mode="line" if page.mode == "line" else "page",
        text=page.text,
        confidence=round(page.confidence, 4),
        lines=[line_answer(line, "chars") for line in page.lines if line.text or line.match],
    )
