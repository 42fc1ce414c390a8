"""POST /v1/results: pages, corrected or not, as a file in one of the formats."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from crnn.inputs.image import Grey, ImageLimits, grey_image
from crnn.output import FORMATS
from crnn.output.searchable_pdf import as_pdf
from service.auth.authenticate import charge
from service.disconnect import cancel_on_disconnect
from service.errors import TooMany, UnsupportedBody
from service.http.json_body import one_by_one
from service.problem import problem_row
from service.read_request import engine_of
from service.request_body import from_base64, is_form
from service.routes.stored.jobs import RESULT_TYPES
from service.schemas.result_schemas import ResultsRequest, SentPage, inlined

router = APIRouter(prefix="/v1/results", tags=["results"])

PROBLEM_TEXTS = {
    400: "the base64 of a picture is none",
    413: "too many bytes, pixels or pictures",
    415: "a picture that is none, or a body that is no JSON",
    422: "a field is missing, unknown or out of range",
    429: "too many requests wait; see Retry-After",
    503: "not written in time",
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined(ResultsRequest)}},
    }
}


@router.post(
    "",
    openapi_extra=BODY,
    responses={
        **{status: problem_row(text) for status, text in PROBLEM_TEXTS.items()},
        200: {"content": {kind: {} for kind in [*RESULT_TYPES, "application/pdf"]}},
    },
    response_class=Response,
)
async def results(request: Request) -> Response:
    """Write pages as a file: those of an answer, with the lines as a person corrected them."""
    engine, settings = engine_of(request), request.app.state.settings
    engine.check_room()
    if is_form(request, "application/json"):
        raise UnsupportedBody("multipart/form-data; send application/json")
    body = await request.body()
    asked = await run_in_threadpool(one_by_one, body, ResultsRequest, "pages", SentPage)
    pictures = sum(bool(page.image_base64) for page in asked.pages)
    if pictures > settings.batch_max_images:
        limit = settings.batch_max_images
        raise TooMany(f"{pictures} pictures; the limit is {limit} (OCR_BATCH_MAX_IMAGES)")
    await charge(request, max(0, pictures - 1))
    with engine.admitted():
        work = engine.run(lambda: write_result(asked, settings.limits()))
        written_file, kind, suffix = await cancel_on_disconnect(request, work)
    headers = {"Content-Disposition": f'attachment; filename="reading.{suffix}"'}
    return Response(written_file, media_type=kind, headers=headers)


def write_result(asked: ResultsRequest, limits: ImageLimits) -> tuple[bytes, str, str]:
    """The file, its media type and how its name ends. Raises: BadRequest, ReadError."""
    if asked.format == "pdf":
        sheets = ((page.read(), _picture(page, limits), 0.0) for page in asked.pages)
        return b"".join(as_pdf(sheets)), "application/pdf", "pdf"
    wanted = FORMATS[asked.format]
    return wanted.write(page.read() for page in asked.pages), wanted.media_type, wanted.suffix


def _picture(page: SentPage, limits: ImageLimits) -> Grey | None:
    return grey_image(from_base64(page.image_base64), limits) if page.image_base64 else None
