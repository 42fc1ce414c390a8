"""/v1/templates: blank forms with their zones, kept under a name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from crnn.errors import BadTemplate
from crnn.forms import Template
from crnn.forms.proposal.propose import propose, proposed
from crnn.forms.proposal.suggest_checks import checks_for
from crnn.forms.zone import plain
from crnn.inputs.image import decode
from service.auth.authenticate import tenant_of
from service.disconnect import cancel_on_disconnect
from service.http.json_body import from_json
from service.problem import problem_row
from service.read_request import engine_of
from service.request_body import file_and_options, from_base64, is_form
from service.routes.reading.ocr import FILE, bodies
from service.schemas.form_schemas import (
    FormOptions,
    FormRequest,
    Proposal,
    TemplateAnswer,
    TemplateBody,
    TemplateList,
    TemplateOptions,
    TemplateSummary,
    template_answer,
)
from service.storage.template_store import Templates, renamed

router = APIRouter(prefix="/v1/templates", tags=["forms"])

PROBLEM_TEXTS: dict[int, str] = {
    400: "the body is not what its content type says",
    404: "no such template",
    413: "more bytes, pixels or templates than the limits",
    415: "no image, or a content type that is not taken",
    422: "a template that cannot be; the detail says which value is wrong",
    429: "too many requests wait; see Retry-After",
    503: "not done in time, or the templates cannot be kept now",
    507: "no room is left",
}
NAMES = ("blank", "file")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The rows of a route's errors for OpenAPI."""
    return {status: problem_row(PROBLEM_TEXTS[status]) for status in statuses}


WRITE = problems(400, 404, 413, 415, 422, 429, 503, 507)
BODY = bodies(
    TemplateBody.model_json_schema(),
    TemplateOptions.model_json_schema()["properties"],
    {"blank": FILE},
)
PICTURE = bodies(FormRequest.model_json_schema(), {}, {"file": FILE})


@router.get("", responses=problems(503))
async def listing(request: Request) -> TemplateList:
    """The templates that this caller keeps, by name."""
    result = await run_in_threadpool(templates_of(request).listing, tenant_of(request) or "")
    return TemplateList(
        templates=[
            TemplateSummary(
                name=one.name,
                bytes=one.bytes,
                updated_at=datetime.fromtimestamp(one.updated_at, UTC),
            )
            for one in result
        ]
    )


@router.post("", status_code=201, openapi_extra=BODY, responses=WRITE)
async def create(request: Request, response: Response) -> TemplateAnswer:
    """Keep a template, in place of one of its name; zones are proposed where none are sent."""
    template, is_new = await _taken(request, None)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/templates/{quote(template.name)}"
    return template_answer(template)


@router.post("/propose", openapi_extra=PICTURE, responses=problems(400, 413, 415, 422, 429, 503))
async def proposal(request: Request) -> Proposal:
    """The zones that a blank seems to have; nothing is kept."""
    engine = engine_of(request)
    engine.check_room()
    data, _ = await picture_and_options(request, NAMES)
    with engine.admitted():

        def work() -> Proposal:
            grey = decode(data, request.app.state.settings.blank_limits())
            result = proposed(engine.reader, grey)
            suggested = checks_for(result.zones)
            return Proposal(
                size=[grey.shape[1], grey.shape[0]],
                zones=list(map(plain, result.zones)),
                checks=[{"kind": one.kind, "fields": list(one.fields)} for one in suggested],
                filled=list(result.filled),
            )

        return await cancel_on_disconnect(request, engine.run(work))


@router.put("/{name}", openapi_extra=BODY, responses=WRITE)
async def change(request: Request, response: Response, name: str) -> TemplateAnswer:
    """Keep a template under a name; without a blank, that of the one which is there stays."""
    template, is_new = await _taken(request, name)
    response.status_code = 201 if is_new else 200
    return template_answer(template)


@router.get("/{name}", responses=problems(404, 422, 503))
async def read(request: Request, name: str) -> TemplateAnswer:
    """A template, without its blank."""
    result = await run_in_threadpool(templates_of(request).one, tenant_of(request) or "", name)
    return template_answer(result)


@router.get(
    "/{name}/blank",
    responses={**problems(404, 422, 503), 200: {"content": {"image/png": {}}}},
    response_class=Response,
)
async def blank(request: Request, name: str) -> Response:
    """The blank of a template as a PNG."""
    result = await run_in_threadpool(templates_of(request).one, tenant_of(request) or "", name)
    png = await run_in_threadpool(result.blank_png)
    return Response(png, media_type="image/png")


@router.delete("/{name}", status_code=204, responses=problems(404, 422, 503))
async def remove(request: Request, name: str) -> None:
    """Forget a template."""
    await run_in_threadpool(templates_of(request).remove, tenant_of(request) or "", name)


def templates_of(request: Request) -> Templates:
    """The templates of the app."""
    result: Templates = request.app.state.templates
    return result


async def picture_and_options(
    request: Request, names: tuple[str, ...]
) -> tuple[bytes, FormOptions]:
    """An image file and the wishes beside it, JSON or multipart.

    Raises: BadRequest, BodyTooLarge, UnsupportedBody, RequestValidationError.
    """
    if is_form(request, "application/json with image_base64, or multipart/form-data with file"):
        return await file_and_options(request, names, FormOptions)
    asked = await run_in_threadpool(from_json, await request.body(), FormRequest)
    return await run_in_threadpool(from_base64, asked.image_base64), asked


async def _taken(request: Request, name: str | None) -> tuple[Template, bool]:
    """A template made of a request's body and kept, and whether there was none of its name."""
    engine, kept, tenant = engine_of(request), templates_of(request), tenant_of(request) or ""
    engine.check_room()
    data, asked = await _blank_and_options(request)
    with engine.admitted():

        def work() -> tuple[Template, bool]:
            template = _made(request, data, asked, lambda: kept.one(tenant, name or asked.name))
            template = renamed(template, name) if name else template
            template.check_types(engine.reader.spec.classes)
            return template, kept.put(tenant, template)

        return await cancel_on_disconnect(request, engine.run(work))


async def _blank_and_options(request: Request) -> tuple[bytes | None, TemplateOptions]:
    if is_form(request, "application/json, or multipart/form-data with blank"):
        return await file_and_options(request, NAMES, TemplateOptions)
    asked = await run_in_threadpool(from_json, await request.body(), TemplateBody)
    if asked.blank_base64 is None:
        return None, asked
    return await run_in_threadpool(from_base64, asked.blank_base64), asked


def _made(
    request: Request, data: bytes | None, asked: TemplateOptions, known: Callable[[], Template]
) -> Template:
    """The template of a body; known: the one that is there, for its blank."""
    limits = request.app.state.settings.blank_limits()
    given = asked.as_template()
    if data is None:
        if request.method == "POST":
            raise BadTemplate("a new template needs a blank: blank_base64, or the part blank")
        before = known()
        given = {**before.to_dict(), **given}
        return Template.from_dict({**given, "name": before.name}, before.blank)
    grey = decode(data, limits)
    if asked.zones is None:
        zones = propose(engine_of(request).reader, grey)
        given["zones"] = list(map(plain, zones))
        if asked.checks is None:
            suggested = checks_for(zones)
            given["checks"] = [{"kind": c.kind, "fields": list(c.fields)} for c in suggested]
    named = asked.name or str(request.path_params.get("name", ""))
    return Template.from_dict({**given, "name": named}, grey, limits)
