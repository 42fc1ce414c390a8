"""POST /v1/read: an image or a short document; POST /v1/read/batch: many images."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.disconnect import cancel_on_disconnect
from service.read_request import as_json, engine_of, read_batch, read_document
from service.request_body import image_and_options, images_and_options
from service.request_options import BatchReadOptions, BatchRequest
from service.routes.reading.ocr import BODY, FILE, PROBLEMS, bodies
from service.schemas.answers import BatchAnswer, OcrAnswer, PagesAnswer

router = APIRouter(prefix="/v1/read", tags=["reading"])

BATCH = bodies(
    BatchRequest.model_json_schema(),
    BatchReadOptions.model_json_schema()["properties"],
    {"file": {"type": "array", "items": FILE, "description": "the part is repeated"}},
)


@router.post("", openapi_extra=BODY, responses=PROBLEMS, response_model=OcrAnswer | PagesAnswer)
async def read(request: Request) -> Response:
    """Read an image as POST /ocr does, or a PDF or TIFF of a few pages."""
    engine = engine_of(request)
    engine.check_room()
    data, options = await image_and_options(request)
    with engine.admitted():
        limits = request.app.state.settings.read_limits()
        result = await cancel_on_disconnect(request, read_document(request, data, options, limits))
    return await as_json(result)


@router.post("/batch", openapi_extra=BATCH, responses=PROBLEMS, response_model=BatchAnswer)
async def batch(request: Request) -> Response:
    """Read many images, each answered in its place; one that cannot be read fails no other."""
    engine = engine_of(request)
    engine.check_room()
    max_images = request.app.state.settings.batch_max_images
    images, options = await images_and_options(request, max_images)
    with engine.admitted():
        result = await cancel_on_disconnect(request, read_batch(request, images, options))
    return await as_json(result)
