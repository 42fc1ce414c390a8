"""RFC 9457 problem details, the one form of every error over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel


class Problem(BaseModel):
    """RFC 9457 problem details, with success: false beside them."""

    success: Literal[False] = False
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str


def problem_row(description: str) -> dict[str, Any]:
    """A row of a route's errors for OpenAPI, under the content type that problems have."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {"description": description, "content": content}
