"""The app factory and the server's start."""

from __future__ import annotations

import gc
import ipaddress
import logging
import math
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import cv2
import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from crnn import __version__
from crnn.errors import OcrError, WeightsError
from crnn.reader import Reader
from service import errors
from service.auth.api_keys import BadKeysFile, Keys
from service.auth.authenticate import tell_of_keys
from service.auth.rate_limits import Rates
from service.drawing.digits import Digits
from service.drawing.read_drawing import Board
from service.engine import Engine
from service.errors import StoreUnavailable
from service.http.connections import protocol
from service.http.middleware import wrap
from service.jobs import queries
from service.jobs.events import Listeners
from service.jobs.jobs import Jobs, open_jobs
from service.jobs.workers import Workers
from service.models.registry import Models, WeightsFolders
from service.observe import log_format
from service.observe.memory import give_back_holes, give_back_memory
from service.observe.metrics import Meters
from service.observe.tracing import Tracing, from_environment
from service.problem import problem_row
from service.reading_cache import Readings
from service.routes.operation import docs, health, metrics, models, web
from service.routes.reading import drawing, forms, ocr, predict, read, results, stream, view
from service.routes.stored import feedback, job_pages, jobs, lexicons
from service.routes.stored import templates as template_routes
from service.settings import Settings, UnknownSetting, load_settings
from service.storage.data_folder import private_files
from service.storage.feedback_store import Feedback
from service.storage.lexicons import Lexicons

log = logging.getLogger("crnn_ocr.service")

STOP_S = 2
"""A stop waits for answers as long as they may take and so much more, then for nobody."""
NO_TELEMETRY: Any = dict.fromkeys(
    ("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False
)

GUARDED = (
    ocr.router,
    read.router,
    view.router,
    results.router,
    predict.router,
    drawing.router,
    jobs.router,
    job_pages.router,
    lexicons.router,
    feedback.router,
    models.router,
    template_routes.router,
    forms.router,
    metrics.router,
)
OPEN = (health.router, docs.router, web.router)
STREAMS = (stream.router,)
"""Routes behind the gate, those that it lets everyone to, those that ask for a key themselves."""

REFUSED: dict[int | str, dict[str, Any]] = {
    401: problem_row("no API key that is known; only where keys are set"),
    403: problem_row("an API key that is switched off; without keys, another site's page or name"),
    408: problem_row("the body did not come in time"),
}


def create_app(settings: Settings) -> FastAPI:
    """The service; weights are loaded and verified here, once.

    Raises: WeightsError, BadKeysFile, StoreUnavailable for a database that cannot be
    meant, SchemaTooNew.
    """
    cv2.setNumThreads(1)  # images are read side by side; each on one core
    meters = Meters()
    tracing = from_environment()
    chosen = open_models(settings, meters, tracing)
    engine = _engine(settings, meters, chosen)
    known = Lexicons(settings.lexicon_dir, engine.reader.charset, settings.lexicon_store())
    taken = open_jobs(settings, known)
    taken.store.database.prepare()
    corrections = Feedback(taken.store.database, settings.feedback_limits())
    chores = {"feedback": corrections.sweep, "memory": give_back_holes}
    workers = Workers(taken, engine, ttl_s=3600 * settings.job_ttl_hours, chores=chores)
    lifespan = _life(engine, workers, settings.job_threads, tracing)
    # The usual documentation pages load their scripts from the internet; an intranet has none.
    # FastAPI's own spans and logs tell of paths and of messages: service.observe.tracing does
    # without.
    app = FastAPI(
        title="crnn-ocr",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.engine, app.state.jobs, app.state.meters = engine, taken, meters
    app.state.lexicons, app.state.settings = known, settings
    app.state.feedback, app.state.models = corrections, chosen
    app.state.templates = settings.templates()
    app.state.keys = Keys(settings.api_keys_file) if settings.api_keys_file else None
    app.state.rates = Rates(settings.rates_url.get_secret_value())
    app.state.streams = 0
    app.state.digits = Digits.load(settings, engine.reader)
    app.state.board = Board(engine, app.state.digits.reader, known)
    app.state.listeners = Listeners(taken.store.database)
    _show(meters, engine, taken)
    _show_models(meters, chosen)
    meters.show("ocr_streams_open", "streams of drawings", lambda: app.state.streams)
    open_routes = [route for router in OPEN for route in router.routes]
    wrap(app, settings, open_routes, meters, tracing)
    errors.install(app)
    for router in GUARDED:
        app.include_router(router, responses=REFUSED)
    for router in (*OPEN, *STREAMS):
        app.include_router(router)
    app.openapi = _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What makes the app's OpenAPI schema, once."""
    generated = app.openapi
    open_paths = {
        path for router in OPEN for path in (getattr(r, "path", "") for r in router.routes)
    }

    def described() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        schema = generated()
        if is_new:
            tell_of_keys(schema, open_paths)
        return schema

    return described


def open_models(settings: Settings, meters: Meters, tracing: Tracing | None) -> Models:
    """The configured weights, and the models that were chosen beside them. Raises: WeightsError."""
    reader = Reader.load(
        settings.weights,
        settings.weights_dir,
        limits=settings.limits(),
        language=settings.language,
    )
    return Models(
        reader.with_tracer(tracing.stages(meters.stage) if tracing else meters.stage),
        WeightsFolders(settings.weights_dir, settings.candidates()),
        settings.data_dir,
        by_request=settings.models_by_request,
        max_loaded=settings.models_max_loaded,
    )


def _engine(settings: Settings, meters: Meters, chosen: Models) -> Engine:
    kept = Readings(1_000_000 * settings.cache_mb) if settings.cache_mb else None
    return Engine(
        chosen,
        threads=settings.thread_count(),
        queue_size=settings.queue_size,
        timeout_s=settings.timeout_s,
        meters=meters,
        readings=kept,
    )


def _life(
    engine: Engine, workers: Workers, job_threads: int, tracing: Tracing | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workers.start(job_threads)
        yield
        engine.close()
        await run_in_threadpool(workers.close)
        if tracing:
            await run_in_threadpool(tracing.close)

    return lifespan


def _show(meters: Meters, engine: Engine, taken: Jobs) -> None:
    """What the meters ask for whenever they are asked."""
    meters.show("ocr_requests_in_flight", "requests with a place", lambda: engine.in_flight)
    meters.show("ocr_queue_depth", "images that wait for a thread", lambda: engine.waiting)
    meters.show("ocr_threads", "images read at once", lambda: engine.threads)

    def count() -> dict[str, int]:
        try:
            return queries.counts(taken.store.database)
        except OcrError:
            return {}  # the other meters are told all the same

    meters.show_jobs(count)


def _show_models(meters: Meters, chosen: Models) -> None:
    def describe() -> None:
        spec, sha256 = chosen.default.spec, chosen.default.sha256
        meters.describe({"name": spec.name, "sha256": sha256, "charset": spec.charset})

    describe()
    chosen.on_change = describe
    meters.show_models(chosen.model_metrics.all)


def is_open_to_others(host: str) -> bool:
    """Whether an address to listen on can be reached from other machines."""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def serve(*, host: str | None = None, port: int | None = None) -> int:
    """Run the service until it is told to stop; 2 where the set-up is wrong."""
    give_back_memory()
    private_files()
    try:
        settings = load_settings()
        app = create_app(settings)
    except (UnknownSetting, ValidationError, WeightsError, StoreUnavailable, BadKeysFile) as exc:
        print(f"crnn-ocr: cannot start: {exc}", file=sys.stderr)
        return 2
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked through again and again
    log_format.configure(settings.log_format, settings.log_level)
    host, port = host or settings.host, settings.port if port is None else port
    cores = settings.thread_count()
    print(
        f"crnn-ocr reads with {settings.weights!r} on {cores} threads at http://{host}:{port}",
        flush=True,
    )
    if app.state.keys is None and is_open_to_others(host):
        log.warning("everyone who reaches %s may ask: OCR_API_KEYS_FILE is not set", host)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=settings.stream_max_bytes,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=math.ceil(settings.timeout_s) + STOP_S,
        http=protocol(settings.connection_limits()),
    )
    server = uvicorn.Server(config)
    app.state.listeners.is_stopping = lambda: server.should_exit
    with suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1
