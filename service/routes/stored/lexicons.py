"""/v1/lexicons: lists of what lines may say, kept under a name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from service.auth.authenticate import tenant_of
from service.errors import BadRequest, UnsupportedBody
from service.http.json_body import from_json
from service.problem import problem_row
from service.read_request import engine_of
from service.schemas.fail_fast import FastList
from service.storage.lexicons import Lexicons

router = APIRouter(prefix="/v1/lexicons", tags=["lexicons"])

PROBLEM_TEXTS: dict[int, str] = {
    400: "the text is no UTF-8",
    404: "no such lexicon",
    413: "more bytes, entries or lexicons than the limits",
    415: "neither JSON nor text/plain",
    422: "a name that cannot be, or no entry that can be read",
    429: "too many requests wait; see Retry-After",
    503: "the lexicons cannot be kept now",
    507: "no room is left",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The rows of a route's errors for OpenAPI."""
    return {status: problem_row(PROBLEM_TEXTS[status]) for status in statuses}


class LexiconBody(BaseModel):
    """A lexicon to keep."""

    model_config = ConfigDict(extra="forbid")

    entries: FastList[str] = Field(min_length=1, description="the texts that a line may say")


class LexiconPut(BaseModel):
    """A lexicon that was kept."""

    success: Literal[True] = True
    name: str
    entries: int = Field(description="distinct entries that can be read")
    skipped: list[str] = Field(description="entries that cannot be read: some of them")
    skipped_count: int = Field(description="how many")


class LexiconAnswer(BaseModel):
    """A lexicon as it came."""

    success: Literal[True] = True
    name: str
    entries: list[str]


class LexiconSummary(BaseModel):
    """A lexicon without its entries."""

    name: str
    bytes: int
    updated_at: datetime


class LexiconList(BaseModel):
    """The lexicons of a caller."""

    success: Literal[True] = True
    lexicons: list[LexiconSummary]


TEXT = {"type": "string", "description": "UTF-8, an entry a line"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": LexiconBody.model_json_schema()},
            "text/plain": {"schema": TEXT},
        },
    }
}


@router.get("", responses=problems(503))
async def listing(request: Request) -> LexiconList:
    """The lexicons that this caller keeps, by name."""
    store, tenant = _lexicons(request).store, tenant_of(request) or ""
    result = await run_in_threadpool(store.listing, tenant)
    return LexiconList(
        lexicons=[
            LexiconSummary(
                name=one.name,
                bytes=one.bytes,
                updated_at=datetime.fromtimestamp(one.updated_at, UTC),
            )
            for one in result
        ]
    )


@router.put(
    "/{name}",
    openapi_extra=BODY,
    responses={
        **problems(400, 413, 415, 422, 429, 503, 507),
        201: {"model": LexiconPut, "description": "there was none of that name"},
    },
)
async def put(request: Request, response: Response, name: str) -> LexiconPut:
    """Keep a lexicon, in place of one of that name: the next request reads by it."""
    engine, lexicons, tenant = engine_of(request), _lexicons(request), tenant_of(request) or ""
    engine.check_room()
    parse = _parser(request, await request.body())
    with engine.admitted():
        lexicon, is_new = await engine.run(lambda: lexicons.put(tenant, name, parse()))
    response.status_code = 201 if is_new else 200
    return LexiconPut(
        name=name,
        entries=len(lexicon),
        skipped=list(lexicon.skipped),
        skipped_count=lexicon.skipped_count,
    )


@router.get("/{name}", responses=problems(404, 422, 503))
async def read(request: Request, name: str) -> LexiconAnswer:
    """The entries of a lexicon, as they came."""
    store, tenant = _lexicons(request).store, tenant_of(request) or ""
    entries = await run_in_threadpool(store.entries, tenant, name)
    return LexiconAnswer(name=name, entries=entries)


@router.delete("/{name}", status_code=204, responses=problems(404, 422, 503))
async def remove(request: Request, name: str) -> None:
    """Forget a lexicon."""
    store, tenant = _lexicons(request).store, tenant_of(request) or ""
    await run_in_threadpool(store.remove, tenant, name)


def _lexicons(request: Request) -> Lexicons:
    result: Lexicons = request.app.state.lexicons
    return result


def _parser(request: Request, body: bytes) -> Callable[[], list[str]]:
    """What makes entries of a body, in a thread. Raises: UnsupportedBody."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/plain", "text/csv"):
        return lambda: _lines(body)
    if kind in ("application/json", "") or kind.endswith("+json"):
        return lambda: from_json(body, LexiconBody).entries
    raise UnsupportedBody(f"content type {kind[:80]!r}; send application/json or text/plain")


def _lines(body: bytes) -> list[str]:
    try:
        return body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as exc:
        raise BadRequest("the text is no UTF-8") from exc
