"""POST /ocr: one image in, its text out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from service.disconnect import cancel_on_disconnect
from service.problem import problem_row
from service.read_request import as_json, engine_of, read_image
from service.request_body import image_and_options
from service.request_options import OcrRequest, ReadRequestOptions
from service.schemas.answers import OcrAnswer

router = APIRouter(tags=["reading"])

FILE = {"type": "string", "format": "binary"}


def bodies(
    json_schema: dict[str, Any], fields: dict[str, Any], files: dict[str, Any]
) -> dict[str, Any]:
    """What OpenAPI says of a body that is JSON or multipart/form-data with these parts."""
    form = {"type": "object", "required": list(files)[:1], "properties": {**files, **fields}}
    content = {"multipart/form-data": {"schema": form}}
    if json_schema:
        content["application/json"] = {"schema": json_schema}
    return {"requestBody": {"required": True, "content": content}}


FIELDS = ReadRequestOptions.model_json_schema()["properties"]
BODY = bodies(OcrRequest.model_json_schema(), FIELDS, {"file": FILE})
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: problem_row(text)
    for status, text in {
        400: "the body is not what its content type says",
        413: "too many bytes or pixels",
        415: "no image, or a content type that is not taken",
        422: "a field is missing, unknown or out of range",
        429: "too many requests wait; see Retry-After",
        503: "not read in time",
    }.items()
}


@router.post("/ocr", openapi_extra=BODY, responses=PROBLEMS, response_model=OcrAnswer)
async def ocr(request: Request) -> Response:
    """Read an image: JSON with `image_base64`, or multipart with `file`."""
    engine = engine_of(request)
    engine.check_room()
    image, options = await image_and_options(request)
    with engine.admitted():
        return await as_json(
            await cancel_on_disconnect(request, read_image(request, image, options))
        )
