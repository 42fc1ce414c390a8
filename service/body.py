"""Request bodies: JSON with base64 or multipart with a file.

They are limited in size, and their label is never trusted.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import BadRequest, BodyTooLarge, UnsupportedBody
from service.schemas import OcrRequest, Wishes

DATA_URL = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
URL_SAFE = str.maketrans("-_", "+/")


class LimitBody:
    """ASGI middleware: no request may send more than max_bytes, whatever length it declares.

    larger: paths that take more, with the bytes and the setting that says so.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, larger: Mapping[str, tuple[int, str]] | None = None
    ) -> None:
        self.app, self.usual, self.larger = app, (max_bytes, "OCR_MAX_BODY_BYTES"), larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received; BodyTooLarge is raised where it is read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        max_bytes, setting = self.larger.get(scope["path"], self.usual)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            if declared.isdigit() and int(declared) > max_bytes:
                raise BodyTooLarge(f"{int(declared)} bytes; the limit is {max_bytes} ({setting})")
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > max_bytes:
                raise BodyTooLarge(f"the body is over {max_bytes} bytes ({setting})")
            return message

        await self.app(scope, counted, send)


async def image_and_wishes(request: Request) -> tuple[bytes, Wishes]:
    """The image file and the wishes of a request, JSON or multipart.

    Raises: BadRequest, BodyTooLarge, UnsupportedBody, RequestValidationError.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _multipart(request)
    if kind in {"application/json", "text/json", ""} or kind.endswith("+json"):
        return await run_in_threadpool(_from_json, await request.body())
    raise UnsupportedBody(
        f"content type {kind[:80]!r}; send application/json with image_base64, "
        "or multipart/form-data with file"
    )


def _from_json(body: bytes) -> tuple[bytes, Wishes]:
    try:
        wishes = OcrRequest.model_validate_json(body)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors(include_url=False, include_input=False)) from exc
    return from_base64(wishes.image_base64), wishes


async def _multipart(request: Request) -> tuple[bytes, Wishes]:
    try:
        async with request.form(max_files=1, max_fields=12) as form:
            known = {"file", *Wishes.model_fields}
            unknown = sorted({name[:80] for name in form} - known)
            upload = form.get("file")
            if unknown:
                told = ", ".join(sorted(known))
                raise BadRequest(f"unknown parts: {', '.join(unknown)}; known are {told}")
            if not isinstance(upload, UploadFile):
                raise BadRequest("multipart/form-data without a part named file that holds a file")
            fields = {name: form[name] for name in form if name != "file"}
            return await upload.read(), await run_in_threadpool(_from_fields, fields)
    except HTTPException as exc:
        raise BadRequest(f"not a multipart/form-data body: {exc.detail}") from exc
    except (UnicodeError, ValueError) as exc:  # a charset that its values do not follow
        raise BadRequest("not a multipart/form-data body: its text cannot be decoded") from exc


def _from_fields(fields: dict[str, UploadFile | str]) -> Wishes:
    """Wishes from form fields; a lexicon of more than one row is a list of entries."""
    values: dict[str, object] = dict(fields)
    lexicon = fields.get("lexicon")
    if isinstance(lexicon, str) and "\n" in lexicon:
        values["lexicon"] = lexicon.splitlines()
    try:
        return Wishes.model_validate(values)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors(include_url=False, include_input=False)) from exc


def from_base64(text: str) -> bytes:
    """The bytes behind base64 as people send it: a data URL, URL-safe, wrapped, unpadded.

    Raises: BadRequest.
    """
    prefix = DATA_URL.match(text)
    bare = "".join(text[prefix.end() if prefix else 0 :].split()).translate(URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadRequest(f"image_base64 is not base64: {exc}") from exc
