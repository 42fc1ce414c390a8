"""Settings: the wiring of a deployment, from OCR_* environment variables.

An unknown OCR_* name stops the start.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from crnn.batch.engines.cpu_count import available_cores
from crnn.inputs.documents import DocumentLimits
from crnn.inputs.image import ImageLimits
from crnn.weights import FOLDER
from service.http.connections import ConnectionLimits
from service.storage.lexicon_store import LexiconStore
from service.storage.limits import FeedbackLimits, LexiconLimits, TemplateLimits
from service.storage.template_store import Templates

PREFIX = "OCR_"


class UnknownSetting(ValueError):
    """An OCR_* variable that no setting answers to."""


class Settings(BaseSettings):
    """Every setting with its default; the environment variable is OCR_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on")
    api_keys_file: Path | None = Field(
        default=None, description="file of API keys; without it everyone may ask"
    )
    rates_url: SecretStr = Field(
        default=SecretStr(""), description="Redis that counts the keys' rates for all processes"
    )
    keep_alive_s: int = Field(
        default=75, ge=1, description="seconds an idle connection is kept: longer than a proxy does"
    )
    cors_origins: str = Field(
        default="", description="origins whose pages may ask, with a comma between them; or *"
    )
    allowed_hosts: str = Field(
        default="", description="names of this service, with a comma between, without keys; or *"
    )
    max_connections: int = Field(default=1000, ge=1, description="connections open at once")
    header_timeout_s: float = Field(default=10.0, gt=0, description="seconds for headers")
    body_timeout_s: float = Field(
        default=20.0, gt=0, description="seconds for a body, more if long"
    )
    send_timeout_s: float = Field(
        default=20.0, gt=0, description="seconds until a caller who does not read is left"
    )
    bodies_max_bytes: int = Field(
        default=120_000_000, ge=1, description="bytes of all bodies in memory; of a caller half"
    )
    embed_origins: str = Field(
        default="", description="origins that may frame the pages, with a comma between; or *"
    )
    weights: str = Field(default="zh", description="name of the weights to read with")
    candidates_dir: Path | None = Field(
        default=None, description="folder of candidates; weights/ in OCR_DATA_DIR if not set"
    )
    models_open: bool = Field(
        default=False, description="let everyone change models where no keys are set"
    )
    models_by_request: bool = Field(
        default=False, description="let requests name the loaded model that reads them"
    )
    models_max_loaded: int = Field(default=4, ge=1, description="models in memory at once")
    language: str = Field(
        default="lm_zh",
        description="name of the language model for decode lm and auto; empty for none",
    )
    weights_dir: Path = Field(default=FOLDER, description="folder with manifest.json")
    lexicon_dir: Path | None = Field(
        default=None, description="folder of the lexicons that requests may name"
    )
    lexicon_max_bytes: int = Field(default=5_000_000, ge=1, description="bytes of one over HTTP")
    lexicon_max_entries: int = Field(default=200_000, ge=1, description="entries of one over HTTP")
    lexicon_max_count: int = Field(default=50, ge=0, description="those that one caller may keep")
    template_max_bytes: int = Field(default=5_000_000, ge=1, description="bytes of a template")
    template_max_pixels: int = Field(
        default=12_000_000, ge=10_000, description="pixels of a template's blank"
    )
    template_max_count: int = Field(default=50, ge=0, description="those one caller may keep")
    threads: int = Field(
        default=0, ge=0, description="lines read at once; 0 is the cores of the cgroup quota"
    )
    queue_size: int = Field(default=64, ge=1, description="requests waiting before 429")
    timeout_s: float = Field(default=30.0, gt=0, description="seconds a request may take")
    max_image_bytes: int = Field(
        default=20_000_000, ge=1, description="bytes of one decoded image file"
    )
    max_body_bytes: int = Field(default=30_000_000, ge=1, description="bytes of a request body")
    max_pixels: int = Field(default=40_000_000, ge=1, description="pixels of one image")
    read_max_pages: int = Field(
        default=8, ge=1, le=1000, description="pages of a document that one request may bring"
    )
    batch_max_images: int = Field(
        default=64, ge=1, le=1000, description="images that one request may bring"
    )
    stream_connections: int = Field(default=32, ge=0, description="streams open at once")
    stream_rate: float = Field(default=30.0, gt=0, description="messages a second of a stream")
    stream_max_bytes: int = Field(default=1_000_000, ge=1, description="bytes of such a message")
    stream_idle_s: float = Field(
        default=60.0, gt=0, description="seconds until one that is silent ends"
    )
    pdf_dpi: int = Field(
        default=300, ge=72, le=600, description="dots per inch that PDF pages are rendered at"
    )
    data_dir: Path = Field(default=Path("data"), description="folder of jobs: uploads, SQLite")
    database_url: SecretStr = Field(
        default=SecretStr(""), description="PostgreSQL in place of SQLite in data_dir"
    )
    job_threads: int = Field(
        default=1, ge=0, description="pages of jobs read at once here; 0 leaves them to others"
    )
    job_queue_size: int = Field(default=100, ge=1, description="unfinished jobs before 429")
    job_max_bytes: int = Field(default=200_000_000, ge=1, description="bytes of a job's files")
    job_max_pages: int = Field(default=1000, ge=1, description="pages of a job")
    job_max_files: int = Field(default=100, ge=1, description="files of a job, zips as one")
    job_lease_s: float = Field(
        default=120.0, gt=0, description="seconds until a page whose reader died is read again"
    )
    job_ttl_hours: float = Field(
        default=24.0, gt=0, description="hours that an ended job and its files are kept"
    )
    feedback_days: float = Field(default=90.0, gt=0, description="days that feedback is kept")
    feedback_max_count: int = Field(
        default=20_000, ge=0, description="corrections that one caller may keep"
    )
    feedback_max_bytes: int = Field(
        default=500_000_000, ge=1, description="bytes of the corrections of one caller"
    )
    feedback_max_image_bytes: int = Field(
        default=1_000_000, ge=1, description="bytes of the picture of one correction"
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="key that webhooks are signed with; none, no webhooks"
    )
    webhook_hosts: str = Field(
        default="", description="hosts that webhooks may go to, with a comma between them"
    )
    cache_mb: int = Field(
        default=0, ge=0, description="megabytes of readings kept for images that come again"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="text or json")
    log_level: Literal["critical", "error", "warning", "info", "debug"] = Field(
        default="info", description="critical, error, warning, info or debug"
    )

    def allowed(self) -> frozenset[str]:
        """The names of this service, beside those that it always has."""
        return frozenset(one.strip().lower() for one in self.allowed_hosts.split(","))

    def connection_limits(self) -> ConnectionLimits:
        """How long a connection may take."""
        return ConnectionLimits(
            self.header_timeout_s, self.body_timeout_s, self.send_timeout_s, self.max_connections
        )

    def origins(self) -> list[str]:
        """The origins whose pages may ask."""
        return [one.strip().rstrip("/") for one in self.cors_origins.split(",") if one.strip()]

    def framing(self) -> str:
        """The origins that may frame pages, as frame-ancestors of a policy."""
        named = [one.strip().rstrip("/") for one in self.embed_origins.split(",") if one.strip()]
        return " ".join(["'self'", *named]) if named else "'none'"

    def limits(self) -> ImageLimits:
        """What the reader takes."""
        return ImageLimits(max_bytes=self.max_image_bytes, max_pixels=self.max_pixels)

    def blank_limits(self) -> ImageLimits:
        """What the blank of a template may be."""
        most = min(self.max_pixels, self.template_max_pixels)
        name = "OCR_TEMPLATE_MAX_PIXELS" if most < self.max_pixels else "OCR_MAX_PIXELS"
        return replace(self.limits(), max_pixels=most, setting=name)

    def document_limits(self) -> DocumentLimits:
        """What a job takes."""
        return DocumentLimits(
            max_bytes=self.job_max_bytes,
            max_pages=self.job_max_pages,
            image=self.limits(),
            pdf_dpi=self.pdf_dpi,
        )

    def read_limits(self) -> DocumentLimits:
        """What a request takes as a document."""
        return replace(
            self.document_limits(), max_bytes=self.max_body_bytes, max_pages=self.read_max_pages
        )

    def lexicon_store(self) -> LexiconStore:
        """Where lexicons lie that come over HTTP."""
        limits = LexiconLimits(
            self.lexicon_max_bytes, self.lexicon_max_entries, self.lexicon_max_count
        )
        return LexiconStore(self.data_dir / "lexicons", limits)

    def feedback_limits(self) -> FeedbackLimits:
        """What a caller may keep of corrections, and for how long."""
        return FeedbackLimits(self.feedback_max_count, self.feedback_max_bytes, self.feedback_days)

    def candidates(self) -> Path:
        """Where weights lie that may become the default one day."""
        return self.candidates_dir or self.data_dir / "weights"

    def templates(self) -> Templates:
        """Where templates of forms lie."""
        limits = TemplateLimits(
            self.template_max_bytes, self.template_max_pixels, self.template_max_count
        )
        return Templates(self.data_dir / "templates", limits)

    def thread_count(self) -> int:
        """The threads to read on: as set, else the cores that this process may use."""
        return self.threads or available_cores()


def load_settings() -> Settings:
    """The settings of this environment.

    Raises: UnknownSetting, pydantic.ValidationError.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise UnknownSetting(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    return Settings()
