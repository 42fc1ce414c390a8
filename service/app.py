"""The app factory and the server's start."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import cv2
import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from crnn import __version__
from crnn.errors import WeightsError
from crnn.read import Reader
from service import errors
from service.body import LimitBody
from service.engine import Engine
from service.errors import StoreUnavailable
from service.events import Listeners
from service.jobs import open_jobs
from service.lexicons import Lexicons
from service.routes import health, jobs, ocr, read
from service.settings import Settings, UnknownSetting, load_settings
from service.workers import Workers

FORM_BYTES = 1_000_000
"""What the form around the files of a job may take besides them."""


def create_app(settings: Settings) -> FastAPI:
    """The service; weights are loaded and verified here, once.

    Raises: WeightsError, StoreUnavailable for a database that cannot be meant.
    """
    cv2.setNumThreads(1)  # images are read side by side; each on one core
    threads = settings.thread_count()
    reader = Reader.load(
        settings.weights,
        settings.weights_dir,
        limits=settings.limits(),
        language=settings.language,
    )
    engine = Engine(
        reader, threads=threads, queue_size=settings.queue_size, timeout_s=settings.timeout_s
    )
    lexicons = Lexicons(settings.lexicon_dir, reader.charset)
    taken = open_jobs(settings, lexicons)
    workers = Workers(taken, engine, ttl_s=3600 * settings.job_ttl_hours)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workers.start(settings.job_threads)
        yield
        engine.close()
        await run_in_threadpool(workers.close)

    # The usual documentation pages load their scripts from the internet; an intranet has none.
    app = FastAPI(
        title="crnn-ocr", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.engine, app.state.jobs = engine, taken
    app.state.lexicons, app.state.settings = lexicons, settings
    app.state.listeners = Listeners(taken.store.database)
    larger = {jobs.router.prefix: (settings.job_max_bytes + FORM_BYTES, "OCR_JOB_MAX_BYTES")}
    app.add_middleware(LimitBody, max_bytes=settings.max_body_bytes, larger=larger)
    errors.install(app)
    app.include_router(ocr.router)
    app.include_router(read.router)
    app.include_router(jobs.router)
    app.include_router(health.router)
    return app


def serve(*, host: str | None = None, port: int | None = None) -> int:
    """Run the service until it is told to stop; 2 where the set-up is wrong."""
    try:
        settings = load_settings()
        app = create_app(settings)
    except (UnknownSetting, ValidationError, WeightsError, StoreUnavailable) as exc:
        print(f"crnn-ocr: cannot start: {exc}", file=sys.stderr)
        return 2
    host, port = host or settings.host, settings.port if port is None else port
    cores = settings.thread_count()
    print(
        f"crnn-ocr reads with {settings.weights!r} on {cores} threads at http://{host}:{port}",
        flush=True,
    )
    config = uvicorn.Config(app, host=host, port=port, log_level=settings.log_level)
    server = uvicorn.Server(config)
    app.state.listeners.is_stopping = lambda: server.should_exit
    with suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1
