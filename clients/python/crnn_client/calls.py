"""What goes over the wire for each method, and what comes back: shared by both clients, no I/O."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
from crnn_client.answers import Correction, Effort, Format, Job, Strokes, Wishes
from crnn_client.errors import ServiceProblem

Image = bytes | PathLike[str]
"""An image file: its bytes, or where it lies."""

WAITS = (429, 503)
"""The statuses that say: come again."""
LONGEST_WAIT_S, FIRST_WAIT_S = 60.0, 0.5
ENDED = ("done", "done_with_errors", "cancelled")


@dataclass(frozen=True)
class Call:
    """A request. repeatable: whether asking twice does what asking once does."""

    method: str
    path: str
    json: Any = None
    data: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[tuple[str, tuple[str, bytes]]] = ()
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True

    def arguments(self) -> dict[str, Any]:
        """For httpx."""
        found: dict[str, Any] = {"params": dict(self.params), "headers": dict(self.headers)}
        if self.json is not None:
            found["json"] = self.json
        if self.files:
            found |= {"data": dict(self.data), "files": list(self.files)}
        return found


def headers(api_key: str | None) -> dict[str, str]:
    """Those of every request."""
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def ocr(image: Image, wishes: Wishes, path: str = "/ocr") -> Call:
    """POST /ocr, or /v1/read, which takes the same."""
    return Call("POST", path, json={"image_base64": _base64(image), **wishes})


def batch(images: Iterable[Image], wishes: Wishes) -> Call:
    """POST /v1/read/batch."""
    return Call(
        "POST", "/v1/read/batch", json={"images": [_base64(one) for one in images], **wishes}
    )


def form(image: Image, template: str | None, *, crops: bool, effort: Effort) -> Call:
    """POST /v1/forms/read, or /v1/forms/{template}/read."""
    one = "" if template is None else f"/{quote(template, safe='')}"
    told = {"image_base64": _base64(image), "crops": crops}
    if effort != "quick":  # older services do not know the word
        told["effort"] = effort
    return Call("POST", f"/v1/forms{one}/read", json=told)


def predict(image: Image, length: str) -> Call:
    """POST /predict."""
    return Call("POST", "/predict", data={"length": length}, files=[_part(image)])


def drawing(strokes: Strokes, wishes: Mapping[str, Any]) -> Call:
    """POST /v1/drawing."""
    return Call("POST", "/v1/drawing", json={"strokes": strokes, **wishes})


def submit(
    files: Iterable[Image], options: Wishes | None, webhook_url: str | None, key: str | None
) -> Call:
    """POST /v1/jobs; it has an Idempotency-Key always, so that it may be asked again."""
    data = {"options": json.dumps(options or {})}
    if webhook_url:
        data["webhook_url"] = webhook_url
    parts = [_part(one) for one in files]
    return Call(
        "POST",
        "/v1/jobs",
        data=data,
        files=parts,
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


def jobs(limit: int, after: str) -> Call:
    """GET /v1/jobs."""
    return Call("GET", "/v1/jobs", params={"limit": limit, "after": after})


def job(job_id: str, method: str = "GET") -> Call:
    """GET or DELETE /v1/jobs/{job_id}; a job that is cancelled twice is cancelled, or forgotten."""
    return Call(method, f"/v1/jobs/{quote(job_id, safe='')}", repeatable=method == "GET")


def events(job_id: str) -> Call:
    """GET /v1/jobs/{job_id}/events."""
    return Call("GET", f"/v1/jobs/{quote(job_id, safe='')}/events")


def result(job_id: str, format: Format) -> Call:
    """GET /v1/jobs/{job_id}/result."""
    return Call("GET", f"/v1/jobs/{quote(job_id, safe='')}/result", params={"format": format})


def lexicons() -> Call:
    """GET /v1/lexicons."""
    return Call("GET", "/v1/lexicons")


def lexicon(name: str, method: str = "GET", entries: Iterable[str] | None = None) -> Call:
    """GET, PUT or DELETE /v1/lexicons/{name}."""
    body = None if entries is None else {"entries": list(entries)}
    return Call(method, f"/v1/lexicons/{quote(name, safe='')}", json=body)


def correct(correction: Correction) -> Call:
    """POST /v1/feedback; one that may have arrived is not sent twice."""
    return Call("POST", "/v1/feedback", json={"source": "api", **correction}, repeatable=False)


def feedback(limit: int, after: str | None) -> Call:
    """GET /v1/feedback."""
    return Call(
        "GET", "/v1/feedback", params={"limit": limit} | ({"after": after} if after else {})
    )


def forget_feedback(feedback_id: str | None) -> Call:
    """DELETE /v1/feedback, or one of it."""
    one = "" if feedback_id is None else f"/{quote(feedback_id, safe='')}"
    return Call("DELETE", f"/v1/feedback{one}")


def plain(path: str) -> Call:
    """GET of something without arguments."""
    return Call("GET", path)


def problem(answer: httpx.Response) -> ServiceProblem:
    """The error of an answer that is one; its body was read."""
    try:
        told = answer.json()
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    wait = answer.headers.get("retry-after", "")
    return ServiceProblem(
        answer.status_code,
        str(told.get("title") or answer.reason_phrase),
        str(told.get("detail") or answer.text[:300]),
        str(told.get("request_id") or answer.headers.get("x-request-id", "")),
        float(wait) if wait.isdigit() else None,
    )


def wait_s(attempt: int, error: ServiceProblem | None) -> float:
    """How long to wait before asking again: as the service says, else longer each time."""
    if error and error.retry_after_s is not None:
        return min(error.retry_after_s, LONGEST_WAIT_S)
    return float(min(FIRST_WAIT_S * 2**attempt, LONGEST_WAIT_S) * random.uniform(0.7, 1.3))


def event_jobs(rows: Sequence[str]) -> Job | None:
    """The job in the rows of one server-sent event, None where there is none."""
    data = [row.removeprefix("data:").strip() for row in rows if row.startswith("data:")]
    return cast(Job, json.loads("\n".join(data))) if data else None


def _base64(image: Image) -> str:
    return base64.b64encode(_bytes(image)).decode("ascii")


def _bytes(image: Image) -> bytes:
    return image if isinstance(image, bytes) else Path(image).read_bytes()


def _part(image: Image) -> tuple[str, tuple[str, bytes]]:
    name = "file" if isinstance(image, bytes) else Path(image).name
    return "file", (name, _bytes(image))
