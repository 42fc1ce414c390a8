"""/v1/feedback: what a line should have said; kept for its caller, with the picture if allowed."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from service.auth.authenticate import tenant_of
from service.errors import UnsupportedBody
from service.http.json_body import from_json
from service.models.registry import Models
from service.problem import problem_row
from service.read_request import engine_of
from service.request_body import from_base64, is_form
from service.routes.stored.jobs import parts
from service.settings import Settings
from service.storage.feedback_store import Correction, Feedback, StoredCorrection, picture

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])

Source = Literal["desk", "board", "api", "form"]
MAX_CHARS = 2000
IN_MEMORY_BYTES = 1 << 20

PROBLEM_TEXTS: dict[int, str] = {
    400: "the picture is no base64",
    404: "no such feedback",
    413: "a picture, or corrections, over the limits",
    415: "the picture is no image",
    422: "a field is missing, unknown or out of range",
    429: "too many requests wait; see Retry-After",
    503: "feedback cannot be kept now",
    507: "no room is left",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The rows of a route's errors for OpenAPI."""
    return {status: problem_row(PROBLEM_TEXTS[status]) for status in statuses}


class FeedbackFields(BaseModel):
    """What is said of a reading."""

    model_config = ConfigDict(extra="forbid")

    request_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,64}$", description="of the answer"
    )
    source: Source = Field("api", description="where it was corrected")
    model: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,80}$", description="as the answer said"
    )
    line: int | None = Field(None, ge=0, le=1_000_000, description="its place in the answer")
    text: str = Field(max_length=MAX_CHARS, description="as it was read")
    corrected: str = Field(max_length=MAX_CHARS, description="what it says")

    @field_validator("text", "corrected")
    @classmethod
    def _can_be_kept(cls, text: str) -> str:
        if "\0" in text:  # PostgreSQL keeps none
            raise ValueError("a text with a NUL in it")
        return text


class FeedbackBody(FeedbackFields):
    """A correction to keep."""

    image: str | None = Field(
        None, description="the crop of the line, or the drawing, in base64; only with keep_image"
    )
    keep_image: bool = Field(
        False, description="consent to keep the picture; without it it is dropped unseen"
    )


class FeedbackKept(BaseModel):
    """A correction that was kept."""

    success: Literal[True] = True
    id: str
    created_at: datetime
    kept_image: bool


class FeedbackAnswer(FeedbackFields):
    """A correction."""

    id: str
    created_at: datetime
    kept_image: bool


class FeedbackList(BaseModel):
    """Corrections, the newest first."""

    success: Literal[True] = True
    feedback: list[FeedbackAnswer]
    next: str | None = Field(description="pass as `after` for those that follow; null at the end")


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": FeedbackBody.model_json_schema()}},
    }
}


@router.post(
    "", status_code=201, openapi_extra=BODY, responses=problems(400, 413, 415, 422, 429, 503, 507)
)
async def add(request: Request) -> FeedbackKept:
    """Keep what a line should have said; its picture only with consent."""
    if is_form(request, "application/json"):
        raise UnsupportedBody("a form; send application/json")
    body = await run_in_threadpool(from_json, await request.body(), FeedbackBody)
    engine, settings, kept_of = engine_of(request), _settings(request), _feedback(request)
    models: Models = request.app.state.models
    limits = replace(settings.limits(), max_bytes=settings.feedback_max_image_bytes)
    said = Correction(**body.model_dump(exclude={"image", "keep_image"}))
    tenant = tenant_of(request) or ""

    def keep() -> StoredCorrection:
        wanted = body.image is not None and body.keep_image
        shown = picture(from_base64(body.image or ""), limits) if wanted else None
        kept = kept_of.add(tenant, said, shown)
        models.was_corrected(said.model, said.corrected != said.text)
        return kept

    with engine.admitted():
        kept = await engine.run(keep)
    return FeedbackKept(id=kept.id, created_at=_when(kept), kept_image=kept.kept_image)


@router.get("", responses=problems(404, 422, 503))
async def listing(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str, Query(max_length=40)] = "",
) -> FeedbackList:
    """The corrections of this caller, the newest first."""
    tenant = tenant_of(request)
    result = await run_in_threadpool(_feedback(request).listing, tenant, limit, after)
    following = result[-1].id if len(result) == limit else None
    return FeedbackList(feedback=[_feedback_answer(kept) for kept in result], next=following)


@router.get(
    "/export",
    responses={**problems(503), 200: {"content": {"application/zip": {}}}},
    response_class=StreamingResponse,
)
async def export(request: Request) -> StreamingResponse:
    """A zip: labels.tsv with the pictures, ready to train on, and everything as JSON lines."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (closed when sent)
    try:
        await run_in_threadpool(_feedback(request).export, tenant_of(request), file)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": 'attachment; filename="feedback.zip"'}
    return StreamingResponse(parts(file), media_type="application/zip", headers=headers)


@router.delete("/{feedback_id}", status_code=204, responses=problems(404, 503))
async def remove(request: Request, feedback_id: str) -> None:
    """Forget a correction and its picture."""
    await run_in_threadpool(_feedback(request).remove, tenant_of(request), feedback_id)


@router.delete("", status_code=204, responses=problems(503))
async def clear(request: Request) -> None:
    """Forget all corrections of this caller."""
    await run_in_threadpool(_feedback(request).clear, tenant_of(request))


def _feedback(request: Request) -> Feedback:
    result: Feedback = request.app.state.feedback
    return result


def _settings(request: Request) -> Settings:
    result: Settings = request.app.state.settings
    return result


def _when(kept: StoredCorrection) -> datetime:
    return datetime.fromtimestamp(kept.created_at, UTC)


def _feedback_answer(kept: StoredCorrection) -> FeedbackAnswer:
    facts = asdict(kept.correction) | {"id": kept.id, "kept_image": kept.kept_image}
    return FeedbackAnswer.model_validate(facts | {"created_at": _when(kept)})
