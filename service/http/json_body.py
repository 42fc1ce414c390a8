"""JSON bodies: refused before they cost more than their bytes."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from service.errors import BadRequest, TooMany

M = TypeVar("M", bound=BaseModel)

MAX_ELEMENTS, MOST_ELEMENTS = 250_000, 500_000
"""Values of a body, about: its commas and brackets; and of one that is read part by part."""
MAX_DEPTH = 64
"""Lists and objects within each other; a template has six."""
MOST_ERRORS = 100
"""Of a body with more of them their number alone is told: an error for each costs too much."""

BLANK = re.compile(r"[ \t\r\n]*")
BRACKETS = frozenset(b"[]{}")


def from_json(body: bytes, kind: type[M]) -> M:
    """A body as a model. Raises: RequestValidationError, BadRequest, TooMany."""
    check_size(body)
    try:
        return kind.model_validate_json(body)
    except ValidationError as exc:
        raise refusal(exc) from exc


def check_size(body: bytes, most: int = MAX_ELEMENTS) -> None:
    """Refuse a body of too many values, or nested too deeply. Raises: BadRequest, TooMany."""
    opened = body.count(b"[") + body.count(b"{")
    count = body.count(b",") + opened
    if count > most:
        raise TooMany(f"about {count} values in the JSON; the limit is {most}")
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
        message = {"type": "many", "loc": ("body",), "msg": f"{count} values are wrong or unknown"}
        return RequestValidationError([message])
    return RequestValidationError(exc.errors(include_url=False, include_input=False))


def one_by_one(body: bytes, kind: type[M], name: str, part: type[BaseModel]) -> M:
    """A body as a model whose list of that name may be long: `part` is what each element is.

    Read at once it would keep the whole process from everything else; here others work between
    elements. Raises: as `from_json`.
    """
    if body.count(b",") <= MAX_ELEMENTS // 4:
        return from_json(body, kind)
    check_size(body, MOST_ELEMENTS)
    try:
        result, rest = _taken_apart(body.decode("utf-8"), name, part)
        return kind.model_construct(**{**dict(kind.model_validate(rest)), name: result})
    except ValidationError as exc:
        raise refusal(exc) from exc
    except (ValueError, RecursionError) as exc:
        raise BadRequest("the body is no JSON") from exc


def _taken_apart(
    text: str, name: str, part: type[BaseModel]
) -> tuple[list[BaseModel], dict[str, Any]]:
    """The parts of the list of that name, and all else of an object, with its first element."""
    read, results = json.JSONDecoder().raw_decode, list[BaseModel]()
    rest: dict[str, Any] = {}
    at = _expected(text, 0, "{")
    while True:
        key, at = read(text, _blank(text, at))
        at = _blank(text, _expected(text, at, ":"))
        if key == name and text[at : at + 1] == "[" and not results:
            at += 1
            while True:
                begun = _blank(text, at)
                value, at = read(text, begun)
                check_size(text[begun:at].encode())
                rest.setdefault(name, [value])
                results.append(part.model_validate(value))
                at = _blank(text, at)
                if text[at : at + 1] != ",":
                    break
                at += 1
            at = _expected(text, at, "]")
        elif text[at : at + 1] in ("[", "{"):
            raise ValueError(f"{key[:80]!r} is no plain value")
        else:
            rest[key], at = read(text, at)
        at = _blank(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    if text[_expected(text, at, "}") :].strip():
        raise ValueError("more after the object")
    return results, rest


def _blank(text: str, at: int) -> int:
    result = BLANK.match(text, at)
    return result.end() if result else at


def _expected(text: str, at: int, sign: str) -> int:
    at = _blank(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign} expected at {at}")
    return at + 1
