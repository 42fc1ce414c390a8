"""POST /v1/forms/read, /v1/forms/{template}/read, /v1/forms/results: filled forms to tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from crnn.decode.lexicon.lexicon import Lexicon
from crnn.forms import FormReading, Template, read_form
from crnn.inputs import archive, documents, pdf, tiff
from crnn.inputs.image import Grey, decode
from crnn.output.form_tables import FiledForm, forms_csv, forms_xlsx
from crnn.output.formats import FORMATS
from service.auth.authenticate import tenant_of
from service.disconnect import cancel_on_disconnect
from service.errors import TooMany, UnsupportedBody, request_id
from service.http.json_body import from_json
from service.read_request import engine_of
from service.request_body import is_form
from service.routes.reading.ocr import FILE, bodies
from service.routes.stored.templates import picture_and_options, problems, templates_of
from service.schemas.form_results import FormResultsRequest
from service.schemas.form_schemas import FormAnswer, FormOptions, FormRequest, form_answer
from service.schemas.result_schemas import inlined

router = APIRouter(prefix="/v1/forms", tags=["forms"])

FormatName = Literal["json", "csv", "xlsx"]
WRITERS = {"csv": forms_csv, "xlsx": forms_xlsx}
SHEETS: dict[str, dict[str, Any]] = {
    FORMATS[name].media_type.partition(";")[0]: {} for name in WRITERS
}
BODY = bodies(
    FormRequest.model_json_schema(), FormOptions.model_json_schema()["properties"], {"file": FILE}
)
ANSWERS: dict[int | str, dict[str, Any]] = {
    **problems(400, 404, 413, 415, 422, 429, 503),
    200: {"model": FormAnswer, "content": SHEETS},
}
TABLE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined(FormResultsRequest)}},
    }
}
TABLES: dict[int | str, dict[str, Any]] = {
    **problems(400, 413, 415, 422, 429, 503),
    200: {"content": SHEETS},
}
As = Annotated[FormatName, Query(alias="format", description="csv and xlsx are spreadsheets")]


@router.post("/read", openapi_extra=BODY, responses=ANSWERS, response_model=None)
async def read(request: Request, format_name: As = "json") -> Response:
    """Read a filled form; which of the caller's templates it is of is found out."""
    return await _read(request, format_name, lambda t: templates_of(request).all_of(t))


@router.post("/results", openapi_extra=TABLE, responses=TABLES, response_class=Response)
async def results(request: Request) -> Response:
    """Write forms as one table: those of answers, with the fields as a person corrected them."""
    engine = engine_of(request)
    with engine.admitted():
        if is_form(request, "application/json"):
            raise UnsupportedBody("multipart/form-data; send application/json")
        asked = await run_in_threadpool(from_json, await request.body(), FormResultsRequest)
        filed = [one.filed() for one in asked.forms]
        body = await cancel_on_disconnect(request, engine.run(lambda: WRITERS[asked.format](filed)))
    headers = {"Content-Disposition": f'attachment; filename="forms.{asked.format}"'}
    return Response(body, media_type=FORMATS[asked.format].media_type, headers=headers)


@router.post("/{template}/read", openapi_extra=BODY, responses=ANSWERS, response_model=None)
async def read_as(request: Request, template: str, format_name: As = "json") -> Response:
    """Read a filled form of one template."""
    return await _read(request, format_name, lambda t: [templates_of(request).one(t, template)])


async def _read(
    request: Request, format_name: FormatName, find: Callable[[str], Sequence[Template]]
) -> Response:
    started, engine, tenant = time.perf_counter(), engine_of(request), tenant_of(request) or ""
    lexicon: Callable[[str], Lexicon] = partial(_lexicon, request, tenant)
    reader = engine.reader
    engine.check_room()
    data, options = await picture_and_options(request, ("file",))
    with engine.admitted():

        def work() -> FormReading:
            grey = _only_page(request, data)
            templates = find(tenant)
            read = reader.with_effort(options.effort)
            return read_form(read, grey, templates, lexicon=lexicon, crops=options.crops)

        result = await cancel_on_disconnect(request, engine.run(work))
    if format_name in WRITERS:
        filed = [FiledForm("form", 1, result.to_dict())]
        return Response(WRITERS[format_name](filed), media_type=FORMATS[format_name].media_type)
    used_ms = 1000 * (time.perf_counter() - started)
    message = form_answer(result, reader.spec.name, request_id(request), used_ms)
    return Response(message.model_dump_json(exclude_unset=True), media_type="application/json")


def _lexicon(request: Request, tenant: str, name: str) -> Lexicon:
    result: Lexicon = request.app.state.lexicons.of(name, tenant)
    return result


def _only_page(request: Request, data: bytes) -> Grey:
    """The picture (H, W) of an image, or of a document of one page. Raises: TooMany, ReadError."""
    limits = request.app.state.settings.read_limits()
    begins = data[: pdf.HEADER]
    if archive.is_zip(begins):
        raise UnsupportedBody("a zip; send its pages one by one")
    if not (tiff.is_tiff(begins) or pdf.is_pdf(begins)):
        return decode(data, limits.image)
    refs = documents.outline(data, limits)
    if len(refs) > 1:
        raise TooMany(f"a document of {len(refs)} pages; send its pages one by one")
    return documents.page(data, refs[0], limits).grey
