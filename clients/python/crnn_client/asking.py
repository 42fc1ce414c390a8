"""AsyncClient: what Client does, for asyncio.

tests/unit/clients/test_clients.py holds them alike.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Literal, Self, Unpack, cast

import httpx
from crnn_client import calls
from crnn_client.answers import (
    Batch,
    Correction,
    Corrections,
    Digits,
    Drawing,
    Effort,
    Feedback,
    Form,
    Format,
    Job,
    JobList,
    Lexicon,
    LexiconKept,
    LexiconList,
    Pages,
    Reading,
    Strokes,
    TemplateList,
    Wishes,
)
from crnn_client.calls import Call, Image
from crnn_client.errors import Unreachable
from crnn_client.stream import AsyncStream, connected_async


class AsyncClient:
    """The service at `base_url`: `AsyncClient("http://127.0.0.1:8000", api_key="...")`.

    A busy service (429, 503) is asked again `retries` times, as its Retry-After says; so is one
    that cannot be reached, where asking twice does no harm. Every method raises ServiceProblem and
    Unreachable.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._retries, self._base_url, self._api_key = retries, base_url, api_key
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers=calls.headers(api_key),
            timeout=timeout_s,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ocr(self, image: Image, **wishes: Unpack[Wishes]) -> Reading:
        """Read an image."""
        return cast(Reading, await self._json(calls.ocr(image, wishes)))

    async def read(self, document: Image, **wishes: Unpack[Wishes]) -> Reading | Pages:
        """Read an image, or a PDF or TIFF of a few pages."""
        return cast(Reading | Pages, await self._json(calls.ocr(document, wishes, "/v1/read")))

    async def read_batch(self, images: Iterable[Image], **wishes: Unpack[Wishes]) -> Batch:
        """Read many images; one that cannot be read is a Problem in its place."""
        return cast(Batch, await self._json(calls.batch(images, wishes)))

    async def predict(self, image: Image, length: Literal["one", "any"] = "any") -> Digits:
        """The digits of a picture of a drawing."""
        return cast(Digits, await self._json(calls.predict(image, length)))

    async def draw(
        self,
        strokes: Strokes,
        *,
        reads: Literal["text", "digits"] = "text",
        pen: float = 0.0,
        picture: bool = False,
        **wishes: Unpack[Wishes],
    ) -> Drawing:
        """Read strokes of a pen."""
        told = {"reads": reads, "pen": pen, "picture": picture, **wishes}
        return cast(Drawing, await self._json(calls.drawing(strokes, told)))

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncStream]:
        """A drawing read while it is drawn; needs the extra `stream`."""
        async with connected_async(self._base_url, self._api_key) as found:
            yield found

    async def submit(
        self,
        files: Iterable[Image],
        *,
        options: Wishes | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Hand documents in; they are read in the background."""
        return cast(
            Job, await self._json(calls.submit(files, options, webhook_url, idempotency_key))
        )

    async def jobs(self, limit: int = 20, after: str = "") -> JobList:
        """Jobs, the newest first."""
        return cast(JobList, await self._json(calls.jobs(limit, after)))

    async def job(self, job_id: str) -> Job:
        """How far a job is, page by page."""
        return cast(Job, await self._json(calls.job(job_id)))

    async def follow(self, job_id: str) -> AsyncIterator[Job]:
        """A job whenever pages of it have ended, and at last as it ended."""
        call = calls.events(job_id)
        try:
            async with self._http.stream(
                call.method, call.path, timeout=httpx.Timeout(60.0, read=None)
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                    raise calls.problem(answer)
                rows: list[str] = []
                async for row in answer.aiter_lines():
                    if row:
                        rows.append(row)
                        continue
                    found, rows = calls.event_jobs(rows), []
                    if found is not None:
                        yield found
        except httpx.TransportError as exc:
            raise Unreachable(str(exc)) from exc

    async def wait(self, job_id: str, timeout_s: float = 3600.0, every_s: float = 1.0) -> Job:
        """The job once it has ended. Raises: TimeoutError."""
        until = time.monotonic() + timeout_s
        while (found := await self.job(job_id))["state"] not in calls.ENDED:
            if time.monotonic() > until:
                raise TimeoutError(f"job {job_id} is {found['state']} after {timeout_s:g} s")
            await asyncio.sleep(every_s)
        return found

    async def result(self, job_id: str, format: Format = "json") -> bytes:
        """What a done job says, as a file of that format."""
        return (await self._send(calls.result(job_id, format))).content

    async def delete_job(self, job_id: str) -> None:
        """Cancel an unfinished job; forget an ended one."""
        await self._send(calls.job(job_id, "DELETE"))

    async def lexicons(self) -> LexiconList:
        """The lexicons that this caller keeps."""
        return cast(LexiconList, await self._json(calls.lexicons()))

    async def lexicon(self, name: str) -> Lexicon:
        """A lexicon's entries."""
        return cast(Lexicon, await self._json(calls.lexicon(name)))

    async def put_lexicon(self, name: str, entries: Iterable[str]) -> LexiconKept:
        """Keep a lexicon under a name, in place of one that has it."""
        return cast(LexiconKept, await self._json(calls.lexicon(name, "PUT", entries)))

    async def delete_lexicon(self, name: str) -> None:
        """Keep it no longer."""
        await self._send(calls.lexicon(name, "DELETE"))

    async def read_form(
        self,
        image: Image,
        template: str | None = None,
        *,
        crops: bool = False,
        effort: Effort = "quick",
    ) -> Form:
        """A filled form's fields; of which template it is, is found out unless it is named."""
        return cast(Form, await self._json(calls.form(image, template, crops=crops, effort=effort)))

    async def templates(self) -> TemplateList:
        """The templates of forms that this caller keeps."""
        return cast(TemplateList, await self._json(calls.plain("/v1/templates")))

    async def correct(self, **correction: Unpack[Correction]) -> Feedback:
        """Tell what was read wrongly, and what it says."""
        return cast(Feedback, await self._json(calls.correct(correction)))

    async def feedback(self, limit: int = 20, after: str | None = None) -> Corrections:
        """The corrections that this caller sent."""
        return cast(Corrections, await self._json(calls.feedback(limit, after)))

    async def export_feedback(self) -> bytes:
        """All of them as a zip: labels.tsv and the pictures that may be kept."""
        return (await self._send(calls.plain("/v1/feedback/export"))).content

    async def delete_feedback(self, feedback_id: str | None = None) -> None:
        """Delete a correction, or all of this caller's."""
        await self._send(calls.forget_feedback(feedback_id))

    async def alive(self) -> bool:
        """Whether the process answers."""
        return bool((await self._json(calls.plain("/healthz")))["status"] == "alive")

    async def ready(self) -> str:
        """The name of the weights, once an image was really read with them."""
        return str((await self._json(calls.plain("/readyz")))["model"])

    async def _json(self, call: Call) -> Any:
        return (await self._send(call)).json()

    async def _send(self, call: Call) -> httpx.Response:
        for attempt in range(self._retries + 1):
            is_last, error = attempt == self._retries, None
            try:
                answer = await self._http.request(call.method, call.path, **call.arguments())
                if not answer.is_error:
                    return answer
                error = calls.problem(answer)
                if is_last or error.status not in calls.WAITS:
                    raise error
            except httpx.TransportError as exc:
                if is_last or not call.repeatable:
                    raise Unreachable(f"{self._base_url}: {exc}") from exc
            await asyncio.sleep(calls.wait_s(attempt, error))
        raise AssertionError("the last attempt answers or raises")
