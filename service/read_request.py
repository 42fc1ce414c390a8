"""From a request's bytes and wishes to answers: one image, the pages of a document, a batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from crnn.errors import DocumentTooLarge
from crnn.inputs import archive, documents, pdf, tiff
from crnn.inputs.documents import DocumentLimits, PageRef
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from service.auth.authenticate import charge, tenant_of
from service.engine import Engine
from service.errors import TooMany, UnsupportedBody, in_place, request_id
from service.problem import Problem
from service.request_body import Sent
from service.request_options import Wishes
from service.schemas.answers import BatchAnswer, OcrAnswer, PagesAnswer, answer

FEW_LINES = 8
"""So many lines are told on the event loop: in a millisecond, about what a thread costs."""

Ask = Callable[[], Awaitable[Page]]


@dataclass(frozen=True)
class How:
    """The wishes of a request and what reads it, settled once, whatever is changed meanwhile."""

    options: ReadOptions
    reader: Reader


async def read_image(request: Request, image: bytes, wishes: Wishes) -> OcrAnswer:
    """The answer about one image. Raises: TooSlow, ReadError."""
    started, engine = time.perf_counter(), engine_of(request)
    reader = engine.pick(request_id(request), wishes.model)
    reads = How(await options_of(request, wishes), reader)
    ask = lambda: engine.read(image, reads.options, reader=reader)  # noqa: E731
    return await _answer(request, reads, started, ask)


async def read_document(
    request: Request, data: bytes, wishes: Wishes, limits: DocumentLimits
) -> OcrAnswer | PagesAnswer:
    """The answer about an image or a document; pages where there are more than one.

    Raises: TooMany, TooSlow, UnsupportedBody, ReadError; of several pages, none.
    """
    begins = data[: pdf.HEADER]
    if archive.is_zip(begins):
        raise UnsupportedBody("a zip; send it to POST /v1/jobs")
    if not (tiff.is_tiff(begins) or pdf.is_pdf(begins)):
        return await read_image(request, data, wishes)
    started, engine = time.perf_counter(), engine_of(request)
    until = engine.due()
    reader = engine.pick(request_id(request), wishes.model)
    reads = How(await options_of(request, wishes), reader)
    refs = await engine.run(lambda: _outline(data, limits), until=until)
    await charge(request, len(refs) - 1)

    def ask(ref: PageRef) -> Ask:
        def work() -> Page:
            return engine.look(documents.page(data, ref, limits).grey, reads.options, reader)

        return lambda: engine.run(work, until=until)

    if len(refs) == 1:
        return await _answer(request, reads, started, ask(refs[0]))
    told = [await _told(request, reads, ask(ref)) for ref in refs]
    return PagesAnswer(
        pages=told,
        time_used_ms=_ms_since(started),
        model=reader.spec.name,
        request_id=request_id(request),
    )


async def read_batch(request: Request, images: Sequence[Sent], wishes: Wishes) -> BatchAnswer:
    """The answers about many images, at most as many of them in the queue as there are threads.

    Raises: ReadError where the wishes cannot be; nothing for a single image.
    """
    started, engine = time.perf_counter(), engine_of(request)
    await charge(request, len(images) - 1)
    until, turns = engine.due(), asyncio.Semaphore(engine.threads)
    reader = engine.pick(request_id(request), wishes.model)
    options = await options_of(request, wishes)
    reads = How(options, reader)

    async def one(image: Sent) -> OcrAnswer | Problem:
        async with turns:
            if not isinstance(image, bytes):
                return in_place(request, image)
            ask = lambda: engine.read(image, options, until=until, reader=reader)  # noqa: E731
            return await _told(request, reads, ask)

    async with asyncio.TaskGroup() as group:  # all of them end where the caller hangs up
        tasks = [group.create_task(one(image)) for image in images]
    told = [task.result() for task in tasks]
    return BatchAnswer(
        answers=told,
        failed=sum(isinstance(one, Problem) for one in told),
        time_used_ms=_ms_since(started),
        model=reader.spec.name,
        request_id=request_id(request),
    )


def engine_of(request: Request) -> Engine:
    """The engine of the app."""
    found: Engine = request.app.state.engine
    return found


async def options_of(request: Request, wishes: Wishes) -> ReadOptions:
    """The reader's options; a lexicon is built off the event loop. Raises: ReadError, TooSlow."""
    lexicons = request.app.state.lexicons
    if wishes.lexicon is None:
        return wishes.options(lexicons)
    tenant = tenant_of(request) or ""
    return await engine_of(request).run(lambda: wishes.options(lexicons, tenant))


async def _told(request: Request, reads: How, ask: Ask) -> OcrAnswer | Problem:
    try:
        return await _answer(request, reads, time.perf_counter(), ask)
    except Exception as exc:
        return in_place(request, exc)


async def _answer(request: Request, reads: How, started: float, ask: Ask) -> OcrAnswer:
    page, options = await ask(), reads.options
    told = (reads.reader.spec.name, request_id(request), _ms_since(started))
    made = partial(answer, page, *told, detail=options.detail, lexicon=options.decoding.lexicon)
    return made() if len(page.lines) <= FEW_LINES else await run_in_threadpool(made)


async def as_json(found: BaseModel) -> Response:
    """An answer as it is sent, without what is not there; made off the event loop."""
    text = await run_in_threadpool(found.model_dump_json, exclude_none=True)
    return Response(text, media_type="application/json")


def _outline(data: bytes, limits: DocumentLimits) -> list[PageRef]:
    try:
        return documents.outline(data, limits)
    except DocumentTooLarge as exc:
        raise TooMany(
            f"a document of over {limits.max_pages} pages (OCR_READ_MAX_PAGES); "
            "send it to POST /v1/jobs"
        ) from exc


def _ms_since(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 2)
