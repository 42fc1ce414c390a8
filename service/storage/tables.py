"""The tables of the store, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

jobs = Table(
    "ocr_jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("state", String(12), nullable=False, index=True),
    Column("options", Text, nullable=False),
    Column("idempotency_key", String(200), unique=True),
    Column("tenant", String(40), nullable=False, server_default=""),
    Column("digest", String(64), nullable=False),
    Column("webhook_url", Text, nullable=False),
    Column("created_at", Float(53), nullable=False, index=True),
    Column("ended_at", Float(53)),
)

files = Table(
    "ocr_files",
    metadata,
    Column("job_id", ForeignKey("ocr_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

pages = Table(
    "ocr_pages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey("ocr_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", Float(53), nullable=False),
    Column("file", Integer, nullable=False),
    Column("entry", Integer, nullable=False),
    Column("page_index", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(80), nullable=False),
    Column("lease_until", Float(53), nullable=False),
    Column("result", Text),
    Column("error", Text, nullable=False),
    UniqueConstraint("job_id", "number"),
    Index("ocr_pages_turn", "state", "number", "since"),
)

hooks = Table(
    "ocr_hooks",
    metadata,
    Column("job_id", ForeignKey("ocr_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float(53), nullable=False),
    Column("error", Text, nullable=False),
)

feedback = Table(
    "ocr_feedback",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("created_at", Float(53), nullable=False, index=True),
    Column("request_id", String(64)),
    Column("source", String(12), nullable=False),
    Column("model", String(80)),
    Column("line", Integer),
    Column("text", Text, nullable=False),
    Column("corrected", Text, nullable=False),
    Column("image", LargeBinary),
    Column("bytes", BigInteger, nullable=False),
    Index("ocr_feedback_turn", "tenant", "created_at", "id"),
)
