"""The wishes of a job: out of its form, into the store, and to the reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from crnn.errors import UnknownOption
from crnn.options import ReadOptions
from service.errors import BadRequest
from service.http.json_body import refusal
from service.request_options import ReadRequestOptions
from service.schemas.fail_fast import value_of
from service.storage.lexicons import Lexicons

FIELDS = {"options", "mode", "webhook_url"}

Stored = dict[str, Any]
Options = Callable[[Stored, str], ReadOptions]
"""From a tenant's stored wishes to the reader's words. Raises: ReadError."""


def from_form(form: Mapping[str, str]) -> Stored:
    """Wishes to store: `options` as a JSON object, `mode` beside it. Raises: BadRequest."""
    unknown = sorted(set(form) - FIELDS)
    if unknown:
        known = ", ".join(sorted(FIELDS | {"file"}))
        raise BadRequest(f"unknown parts: {', '.join(unknown)}; known are {known}")
    try:
        result = value_of(form.get("options") or "{}")
    except ValueError as exc:
        raise BadRequest("options is no JSON") from exc
    if not isinstance(result, dict):
        raise BadRequest("options is no JSON object")
    return result | ({"mode": form["mode"]} if "mode" in form else {})


def options_with(lexicons: Lexicons) -> Options:
    """Stored wishes in the reader's words; named lexicons are looked up here."""

    def options(stored: Stored, tenant: str = "") -> ReadOptions:
        try:
            request_options = ReadRequestOptions.model_validate(stored)
        except ValidationError as exc:
            fault = refusal(exc).errors()[0]
            raise UnknownOption(
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"[:300]
            ) from exc
        if request_options.model is not None:
            raise UnknownOption("model: a job is read by the default model of its day")
        return request_options.options(lexicons, tenant)

    return options
