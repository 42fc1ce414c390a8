"""POST /predict: the digits of a drawing board."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.disconnect import unless_gone
from service.drawing.digits import Digits, DigitWishes, PredictAnswer
from service.errors import request_id
from service.read_request import engine_of
from service.request_body import file_and_wishes
from service.routes.reading.ocr import FILE, PROBLEMS, bodies

router = APIRouter(tags=["reading"])

PARTS = {"file": FILE, "image": FILE}
BODY = bodies({}, DigitWishes.model_json_schema()["properties"], PARTS)
BODY["requestBody"]["content"]["multipart/form-data"]["schema"]["required"] = []


@router.post("/predict", openapi_extra=BODY, responses=PROBLEMS)
async def predict(request: Request) -> PredictAnswer:
    """Read a drawn digit, or several: multipart with `file` or `image`."""
    engine, digits = engine_of(request), request.app.state.digits
    assert isinstance(digits, Digits)
    engine.check_room()
    image, wishes = await file_and_wishes(request, ("file", "image"), DigitWishes)
    with engine.admitted():
        work = engine.run(lambda: digits.read(image, wishes.length))
        found = await unless_gone(request, work)
    return PredictAnswer(
        digit=found[0].digit if found else None,
        confidence=found[0].confidence if found else 0.0,
        text="".join(str(one.digit) for one in found),
        digits=found,
        model=digits.reader.spec.name,
        request_id=request_id(request),
    )
