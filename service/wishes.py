"""The wishes of a job: out of its form, into the store, and to the reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from crnn.errors import UnknownOption
from crnn.read import ReadOptions
from service.errors import BadRequest

FIELDS = {"options", "mode", "webhook_url"}

Wishes = dict[str, Any]
Options = Callable[[Wishes], ReadOptions]
"""From stored wishes to the reader's words; raises ReadError for what cannot be wished."""


def from_form(form: Mapping[str, str]) -> Wishes:
    """Wishes to store: `options` as a JSON object, `mode` beside it. Raises: BadRequest."""
    unknown = sorted(set(form) - FIELDS)
    if unknown:
        known = ", ".join(sorted(FIELDS | {"file"}))
        raise BadRequest(f"unknown parts: {', '.join(unknown)}; known are {known}")
    try:
        found = json.loads(form.get("options") or "{}")
    except (ValueError, RecursionError) as exc:
        raise BadRequest("options is no JSON") from exc
    if not isinstance(found, dict):
        raise BadRequest("options is no JSON object")
    return found | ({"mode": form["mode"]} if "mode" in form else {})


def read_options(wishes: Wishes) -> ReadOptions:
    """Wishes in the reader's words. Raises: UnknownOption."""
    known = {item.name for item in fields(ReadOptions)}
    unknown = sorted(name[:40] for name in set(wishes) - known)
    if unknown:
        raise UnknownOption(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    try:
        return ReadOptions(**wishes)
    except (TypeError, ValueError) as exc:
        raise UnknownOption("an option has a value of the wrong kind") from exc
