"""POST /predict: the digits of a drawing board."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.disconnect import cancel_on_disconnect
from service.drawing.digits import DigitOptions, Digits, PredictAnswer
from service.errors import request_id
from service.read_request import engine_of
from service.request_body import file_and_options
from service.routes.reading.ocr import FILE, PROBLEMS, bodies

router = APIRouter(tags=["reading"])

PARTS = {"file": FILE, "image": FILE}
BODY = bodies({}, DigitOptions.model_json_schema()["properties"], PARTS)
BODY["requestBody"]["content"]["multipart/form-data"]["schema"]["required"] = []


@router.post("/predict", openapi_extra=BODY, responses=PROBLEMS)
async def predict(request: Request) -> PredictAnswer:
    """Read a drawn digit, or several: multipart with `file` or `image`."""
    engine, digits = engine_of(request), request.app.state.digits
    assert isinstance(digits, Digits)
    engine.check_room()
    image, options = await file_and_options(request, ("file", "image"), DigitOptions)
    with engine.admitted():
        work = engine.run(lambda: digits.read(image, options.length))
        result = await cancel_on_disconnect(request, work)
    return PredictAnswer(
        digit=result[0].digit if result else None,
        confidence=result[0].confidence if result else 0.0,
        text="".join(str(one.digit) for one in result),
        digits=result,
        model=digits.reader.spec.name,
        request_id=request_id(request),
    )
