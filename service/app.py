"""The app factory and the server's start."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import cv2
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from crnn import __version__
from crnn.errors import WeightsError
from crnn.read import Reader
from service import errors
from service.body import LimitBody
from service.engine import Engine
from service.lexicons import Lexicons
from service.routes import health, ocr
from service.settings import Settings, UnknownSetting, load_settings


def create_app(settings: Settings) -> FastAPI:
    """The service; weights are loaded and verified here, once.

    Raises: WeightsError.
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

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        engine.close()

    # The usual documentation pages load their scripts from the internet; an intranet has none.
    app = FastAPI(
        title="crnn-ocr", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.engine = engine
    app.state.lexicons = Lexicons(settings.lexicon_dir, reader.charset)
    app.add_middleware(LimitBody, max_bytes=settings.max_body_bytes)
    errors.install(app)
    app.include_router(ocr.router)
    app.include_router(health.router)
    return app


def serve(*, host: str | None = None, port: int | None = None) -> int:
    """Run the service until it is told to stop; 2 where the set-up is wrong."""
    try:
        settings = load_settings()
        app = create_app(settings)
    except (UnknownSetting, ValidationError, WeightsError) as exc:
        print(f"crnn-ocr: cannot start: {exc}", file=sys.stderr)
        return 2
    host, port = host or settings.host, settings.port if port is None else port
    cores = settings.thread_count()
    print(
        f"crnn-ocr reads with {settings.weights!r} on {cores} threads at http://{host}:{port}",
        flush=True,
    )
    uvicorn.run(app, host=host, port=port, log_level=settings.log_level)
    return 0
