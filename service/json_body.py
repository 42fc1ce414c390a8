"""JSON bodies: refused before they cost more than their bytes."""

from __future__ import annotations

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from service.errors import BadRequest, TooMany

M = TypeVar("M", bound=BaseModel)

MAX_ELEMENTS = 250_000
"""Values of a body, about: its commas and brackets. Half a tenth of a second to look at."""
MAX_DEPTH = 64
"""Lists and objects within each other; a template has six."""
MOST_ERRORS = 100
"""Of a body with more of them their number alone is told: an error for each costs too much."""

BRACKETS = frozenset(b"[]{}")


def from_json(body: bytes, kind: type[M]) -> M:
    """A body as a model. Raises: RequestValidationError, BadRequest, TooMany."""
    check_size(body)
    try:
        return kind.model_validate_json(body)
    except ValidationError as exc:
        raise refusal(exc) from exc


def check_size(body: bytes) -> None:
    """Refuse a body of too many values, or nested too deeply. Raises: BadRequest, TooMany."""
    opened = body.count(b"[") + body.count(b"{")
    count = body.count(b",") + opened
    if count > MAX_ELEMENTS:
        raise TooMany(f"about {count} values in the JSON; the limit is {MAX_ELEMENTS}")
    if opened > MAX_DEPTH and depth(body) > MAX_DEPTH:
        raise BadRequest(f"JSON nested more than {MAX_DEPTH} deep")


def depth(body: bytes) -> int:
    """How deeply brackets of a body are nested, those in strings left out."""
    deepest = level = 0
    for part in body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2]:
        if not part.strip(b",: \r\n\t"):
            continue
        for byte in part.translate(None, _NO_BRACKETS):
            level += 1 if byte in b"[{" else -1
            deepest = max(deepest, level)
    return deepest


_NO_BRACKETS = bytes(sorted(set(range(256)) - BRACKETS))


def refusal(exc: ValidationError) -> RequestValidationError:
    """What is told of a body that does not fit its model."""
    count = exc.error_count()
    if count > MOST_ERRORS:
        told = {"type": "many", "loc": ("body",), "msg": f"{count} values are wrong or unknown"}
        return RequestValidationError([told])
    return RequestValidationError(exc.errors(include_url=False, include_input=False))
