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
from service.request_options import ReadRequestOptions
from service.schemas.answers import BatchAnswer, OcrAnswer, PagesAnswer, answer

FEW_LINES = 8
"""So many lines are told on the event loop: in a millisecond, about what a thread costs."""

Ask = Callable[[], Awaitable[Page]]


@dataclass(frozen=True)
class How:
    """The wishes of a request and what reads it, settled once, whatever is changed meanwhile."""

    options: ReadOptions
    reader: Reader


async def read_image(request: Request, image: bytes, options: ReadRequestOptions) -> OcrAnswer:
    """The answer about one image. Raises: TooSlow, ReadError."""
    started, engine = time.perf_counter(), engine_of(request)
    reader = engine.pick(request_id(request), options.model)
    reads = How(await options_of(request, options), reader)
    ask = lambda: engine.read(image, reads.options, reader=reader)  # noqa: E731
    return await _answer(request, reads, started, ask)


async def read_document(
    request: Request, data: bytes, options: ReadRequestOptions, limits: DocumentLimits
) -> OcrAnswer | PagesAnswer:
    """The answer about an image or a document; pages where there are more than one.

    Raises: TooMany, TooSlow, UnsupportedBody, ReadError; of several pages, none.
    """
    begins = data[: pdf.HEADER]
    if archive.is_zip(begins):
        raise UnsupportedBody("a zip; send it to POST /v1/jobs")
    if not (tiff.is_tiff(begins) or pdf.is_pdf(begins)):
        return await read_image(request, data, options)
    started, engine = time.perf_counter(), engine_of(request)
    until = engine.due()
    reader = engine.pick(request_id(request), options.model)
    reads = How(await options_of(request, options), reader)
    refs = await engine.run(lambda: _outline(data, limits), until=until)
    await charge(request, len(refs) - 1)

    def ask(ref: PageRef) -> Ask:
        def work() -> Page:
            return engine.read_sync(documents.page(data, ref, limits).grey, reads.options, reader)

        return lambda: engine.run(work, until=until)

    if len(refs) == 1:
        return await _answer(request, reads, started, ask(refs[0]))
    pages = [await _answer_or_problem(request, reads, ask(ref)) for ref in refs]
    return PagesAnswer(
        pages=pages,
        time_used_ms=_ms_since(started),
        model=reader.spec.name,
        request_id=request_id(request),
    )


async def read_batch(
    request: Request, images: Sequence[Sent], request_options: ReadRequestOptions
) -> BatchAnswer:
    """The answers about many images, at most as many of them in the queue as there are threads.

    Raises: ReadError where the wishes cannot be; nothing for a single image.
    """
    started, engine = time.perf_counter(), engine_of(request)
    await charge(request, len(images) - 1)
    until, turns = engine.due(), asyncio.Semaphore(engine.threads)
    reader = engine.pick(request_id(request), request_options.model)
    options = await options_of(request, request_options)
    reads = How(options, reader)

    async def one(image: Sent) -> OcrAnswer | Problem:
        async with turns:
            if not isinstance(image, bytes):
                return in_place(request, image)
            ask = lambda: engine.read(image, options, until=until, reader=reader)  # noqa: E731
            return await _answer_or_problem(request, reads, ask)

    async with asyncio.TaskGroup() as group:  # all of them end where the caller hangs up
        tasks = [group.create_task(one(image)) for image in images]
    answers = [task.result() for task in tasks]
    return BatchAnswer(
        answers=answers,
        failed=sum(isinstance(one, Problem) for one in answers),
        time_used_ms=_ms_since(started),
        model=reader.spec.name,
        request_id=request_id(request),
    )


def engine_of(request: Request) -> Engine:
    """The engine of the app."""
    result: Engine = request.app.state.engine
    return result


async def options_of(request: Request, options: ReadRequestOptions) -> ReadOptions:
    """The reader's options; a lexicon is built off the event loop. Raises: ReadError, TooSlow."""
    lexicons = request.app.state.lexicons
    if options.lexicon is None:
        return options.options(lexicons)
    tenant = tenant_of(request) or ""
    return await engine_of(request).run(lambda: options.options(lexicons, tenant))


async def _answer_or_problem(request: Request, reads: How, ask: Ask) -> OcrAnswer | Problem:
    try:
        return await _answer(request, reads, time.perf_counter(), ask)
    except Exception as exc:
        return in_place(request, exc)


async def _answer(request: Request, reads: How, started: float, ask: Ask) -> OcrAnswer:
    page, options = await ask(), reads.options
    facts = (reads.reader.spec.name, request_id(request), _ms_since(started))
    made = partial(answer, page, *facts, detail=options.detail, lexicon=options.decoding.lexicon)
    return made() if len(page.lines) <= FEW_LINES else await run_in_threadpool(made)


async def as_json(result: BaseModel) -> Response:
    """An answer as it is sent, without what is not there; made off the event loop."""
    text = await run_in_threadpool(result.model_dump_json, exclude_none=True)
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
