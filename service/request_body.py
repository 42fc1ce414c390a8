"""Request bodies: JSON with base64 or multipart with a file.

They are limited in size, and their label is never trusted.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from service.errors import BadRequest, TooMany, UnsupportedBody
from service.http.json_body import from_json, refusal
from service.request_options import BatchReadOptions, BatchRequest, OcrRequest, ReadRequestOptions

W = TypeVar("W", bound=BaseModel)
Sent = bytes | BadRequest

SMALL_BYTES = 64_000
"""What is parsed on the event loop: in a millisecond at most, where a thread costs its switches."""

DATA_URL = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
PART_CHARS = 1 << 20
URL_SAFE = str.maketrans("-_", "+/")


async def image_and_options(request: Request) -> tuple[bytes, ReadRequestOptions]:
    """The image file and the wishes of a request, JSON or multipart.

    Raises: BadRequest, BodyTooLarge, UnsupportedBody, RequestValidationError.
    """
    if is_form(request, "application/json with image_base64, or multipart/form-data with file"):
        (image,), options = await _multipart(request, ReadRequestOptions)
        return image, options
    body = await request.body()

    def parsed() -> tuple[bytes, ReadRequestOptions]:
        asked = from_json(body, OcrRequest)
        return from_base64(asked.image_base64), asked

    return parsed() if len(body) <= SMALL_BYTES else await run_in_threadpool(parsed)


async def images_and_options(
    request: Request, max_images: int
) -> tuple[list[Sent], BatchReadOptions]:
    """The image files of a batch, or why one cannot be had, and the wishes for all of them.

    Raises: BadRequest, BodyTooLarge, TooMany, UnsupportedBody, RequestValidationError.
    """
    files: list[bytes] | list[str]
    if is_form(request, "application/json with images, or multipart/form-data with parts file"):
        files, options = await _multipart(request, BatchReadOptions, max_files=10 * max_images)
    else:
        asked = await run_in_threadpool(from_json, await request.body(), BatchRequest)
        files, options = asked.images, asked
    if len(files) > max_images:
        raise TooMany(f"{len(files)} images; the limit is {max_images} (OCR_BATCH_MAX_IMAGES)")
    return await run_in_threadpool(lambda: [_sent(file) for file in files]), options


async def file_and_options(
    request: Request, names: tuple[str, ...], options: type[W]
) -> tuple[bytes, W]:
    """The one file of a form whose part has any of these names, and its wishes.

    Raises: BadRequest, BodyTooLarge, UnsupportedBody, RequestValidationError.
    """
    is_form(request, f"multipart/form-data with {' or '.join(names)}", takes_json=False)
    (file,), result = await _multipart(request, options, names=names)
    return file, result


def _sent(file: bytes | str) -> Sent:
    try:
        return from_base64(file) if isinstance(file, str) else file
    except BadRequest as exc:
        return exc


def is_form(request: Request, wanted: str, *, takes_json: bool = True) -> bool:
    """Whether the body is multipart/form-data, else JSON. Raises: UnsupportedBody."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return True
    if takes_json and (kind in {"application/json", "text/json", ""} or kind.endswith("+json")):
        return False
    raise UnsupportedBody(f"content type {kind[:80]!r}; send {wanted}")


async def _multipart(
    request: Request,
    options: type[W],
    *,
    names: tuple[str, ...] = ("file",),
    max_files: int = 1,
) -> tuple[list[bytes], W]:
    """The files in the parts of these names, and the wishes in the others."""
    try:
        async with request.form(max_files=max_files, max_fields=12) as form:
            known = {*names, *options.model_fields}
            unknown = sorted({name[:80] for name in form} - known)
            uploads = [one for name in names for one in form.getlist(name)]
            if unknown:
                message = ", ".join(sorted(known))
                raise BadRequest(f"unknown parts: {', '.join(unknown)}; known are {message}")
            files = [one for one in uploads if isinstance(one, UploadFile)]
            if not files or len(files) < len(uploads):
                message = " or ".join(names)
                raise BadRequest(
                    f"multipart/form-data without a part named {message} that holds a file"
                )
            fields = {name: form[name] for name in form if name not in names}
            result = await _parsed_fields(fields, options)
            return [await one.read() for one in files], result
    except HTTPException as exc:
        raise BadRequest(f"not a multipart/form-data body: {exc.detail}") from exc
    except (UnicodeError, ValueError) as exc:  # a charset that its values do not follow
        raise BadRequest("not a multipart/form-data body: its text cannot be decoded") from exc


async def _parsed_fields(fields: dict[str, UploadFile | str], options: type[W]) -> W:
    if sum(len(one) for one in fields.values() if isinstance(one, str)) <= SMALL_BYTES:
        return _from_fields(fields, options)
    return await run_in_threadpool(_from_fields, fields, options)


def _from_fields(fields: dict[str, UploadFile | str], options: type[W]) -> W:
    """Wishes from form fields; a lexicon of more than one row is a list of entries."""
    values: dict[str, object] = dict(fields)
    lexicon = fields.get("lexicon")
    if isinstance(lexicon, str) and "\n" in lexicon:
        values["lexicon"] = lexicon.splitlines()
    try:
        return options.model_validate(values)
    except ValidationError as exc:
        raise refusal(exc) from exc


def from_base64(text: str) -> bytes:
    """The bytes behind base64 as people send it: a data URL, URL-safe, wrapped, unpadded.

    Raises: BadRequest.
    """
    prefix = DATA_URL.match(text)
    end = len(text.rstrip("= \t\r\n\v\f"))
    result, rest = bytearray(), ""
    try:
        for at in range(prefix.end() if prefix else 0, end, PART_CHARS):  # others work in between
            part = text[at : min(end, at + PART_CHARS)]
            bare = rest + "".join(part.split()).translate(URL_SAFE)
            whole = len(bare) - len(bare) % 4
            result += base64.b64decode(bare[:whole], validate=True)
            rest = bare[whole:]
        result += base64.b64decode(rest + "=" * (-len(rest) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadRequest(f"image_base64 is not base64: {exc}") from exc
    return bytes(result)
