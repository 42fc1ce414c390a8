"""ONE table from errors to statuses, and handlers that answer with it (RFC 9457 problem+json)."""

from __future__ import annotations

import logging
import uuid
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection

from crnn import errors
from service.problem import Problem

log = logging.getLogger("crnn_ocr.service")

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
BUG = "an error of this program; the request id is in its log"


class BadRequest(errors.ReadError):
    """The request's form is wrong, before any image is looked at."""


class BodyTooLarge(errors.ReadError):
    """More bytes in the body than the service takes."""


class BodyTooSlow(errors.ReadError):
    """The body did not come within its time."""


class TooMany(errors.ReadError):
    """More images or pages in one request than it may bring."""


class UnsupportedBody(errors.ReadError):
    """A content type that this route does not take."""


class Overloaded(errors.OcrError):
    """The queue is full; come again after `retry_after_s`."""

    retry_after_s = 1


class TooOften(Overloaded):
    """A key asks more often than its rate."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unauthorized(errors.OcrError):
    """No API key, or none that is known."""


class Forbidden(errors.OcrError):
    """A caller who is known and may not, or a page of another site."""


class TooSlow(errors.OcrError):
    """The request did not finish within its time."""


class LexiconUnknown(errors.ReadError):
    """No lexicon of that name is kept for this caller."""


class FeedbackUnknown(errors.ReadError):
    """No feedback of that id: there never was any, or it was deleted or has expired."""


class ModelUnknown(errors.ReadError):
    """No model of that name is published here, and none is a candidate."""


class ModelRefused(errors.OcrError):
    """A model that does not fit this service or its manifest, or a change that cannot be."""


class TemplateUnknown(errors.ReadError):
    """No template of that name is kept for this caller."""


class JobUnknown(errors.ReadError):
    """No job of that id: there never was one, or it was deleted or has expired."""


class JobNotReady(errors.ReadError):
    """A result is asked for that is not there yet, or never will be."""


class KeyReused(errors.ReadError):
    """An idempotency key that came before with other files or wishes."""


class WebhookRefused(errors.ReadError):
    """An address that this service does not call."""


class StoreUnavailable(errors.OcrError):
    """The folder or the database of jobs cannot be used now."""


class SchemaTooNew(StoreUnavailable):
    """A newer version of this program wrote the database."""


class StorageFull(errors.OcrError):
    """There is no room for the files of a job."""


STATUS: dict[type[errors.OcrError], int] = {
    errors.ReadError: 400,
    errors.NotAnImage: 415,
    errors.ImageTooLarge: 413,
    errors.ImageTooSmall: 422,
    errors.NotADocument: 415,
    errors.DocumentLocked: 422,
    errors.DocumentTooLarge: 413,
    errors.UnknownOption: 422,
    errors.BadTemplate: 422,
    errors.UnknownForm: 422,
    errors.BadLexicon: 422,
    errors.Cancelled: 503,
    errors.GrammarError: 422,
    errors.BadExpression: 422,
    errors.GrammarTooLarge: 422,
    errors.NothingMatches: 422,
    errors.WeightsError: 503,
    errors.WeightsMissing: 503,
    errors.WeightsCorrupt: 503,
    errors.WeightsMismatch: 503,
    BadRequest: 400,
    BodyTooLarge: 413,
    BodyTooSlow: 408,
    TooMany: 413,
    UnsupportedBody: 415,
    Overloaded: 429,
    TooOften: 429,
    Unauthorized: 401,
    Forbidden: 403,
    TooSlow: 503,
    LexiconUnknown: 404,
    FeedbackUnknown: 404,
    ModelUnknown: 404,
    ModelRefused: 409,
    TemplateUnknown: 404,
    JobUnknown: 404,
    JobNotReady: 409,
    KeyReused: 422,
    WebhookRefused: 422,
    StoreUnavailable: 503,
    SchemaTooNew: 503,
    StorageFull: 507,
}


def problem(
    request: HTTPConnection, status: int, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """A problem+json answer."""
    body = as_problem(request, status, detail)
    return JSONResponse(
        body.model_dump(), status, headers=headers, media_type="application/problem+json"
    )


def as_problem(request: HTTPConnection, status: int, detail: str) -> Problem:
    """A problem as an object."""
    title = HTTPStatus(status).phrase
    return Problem(title=title, status=status, detail=detail, request_id=request_id(request))


def in_place(request: HTTPConnection, exc: Exception) -> Problem:
    """A problem that stands among answers, where one of several things asked for failed."""
    if isinstance(exc, errors.OcrError):
        return as_problem(request, status_of(exc), str(exc))
    log.error("request %s failed in part", request_id(request), exc_info=exc)
    return as_problem(request, 500, BUG)


def status_of(exc: errors.OcrError) -> int:
    """The table's status of an error: that of its own row, or of the nearest above it."""
    return next(STATUS[kind] for kind in type(exc).__mro__ if kind in STATUS)


def request_id(request: HTTPConnection) -> str:
    """The id of a request, the same every time it is asked for."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = uuid.uuid4().hex
    result: str = request.state.request_id
    return result


async def on_ocr_error(request: Request, exc: Exception) -> JSONResponse:
    """Errors raised on purpose: their own message, the table's status."""
    assert isinstance(exc, errors.OcrError)
    headers = None
    if isinstance(exc, Overloaded | TooSlow | StoreUnavailable):
        wait_s = exc.retry_after_s if isinstance(exc, Overloaded) else Overloaded.retry_after_s
        headers = {"Retry-After": str(wait_s)}
    elif isinstance(exc, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    elif isinstance(exc, BodyTooSlow):
        headers = {"Connection": "close"}
    return problem(request, status_of(exc), str(exc), headers)


async def on_http_error(request: Request, exc: Exception) -> JSONResponse:
    """Errors of routing: no such path, no such method."""
    assert isinstance(exc, HTTPException)
    return problem(request, exc.status_code, str(exc.detail), dict(exc.headers or {}))


async def on_invalid(request: Request, exc: Exception) -> JSONResponse:
    """Values that a schema does not take: which field, and why, without repeating the value."""
    assert isinstance(exc, RequestValidationError)
    message = [f"{'.'.join(map(str, e['loc']))[:80]}: {e['msg'][:200]}" for e in exc.errors()[:5]]
    return problem(request, 422, "; ".join(message))


async def on_hang_up(request: Request, exc: Exception) -> JSONResponse:
    """The caller is gone, and nobody reads this; it is told and counted as 499."""
    request.state.is_gone = True
    return problem(request, 400, "the connection was closed before the body ended")


async def on_bug(request: Request, exc: Exception) -> JSONResponse:
    """Anything else is our bug: an id and no message; the traceback goes to the log."""
    log.error("request %s failed", request_id(request), exc_info=exc)
    return problem(request, 500, BUG, NO_STORE)


def install(app: FastAPI) -> None:
    """Answer every error of an app by these handlers."""
    app.add_exception_handler(errors.OcrError, on_ocr_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(ClientDisconnect, on_hang_up)
    app.add_exception_handler(Exception, on_bug)
