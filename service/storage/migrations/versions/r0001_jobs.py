"""Jobs, their files, pages and webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    """Make the tables of the first version."""
    _jobs()
    _files_and_hooks()
    _pages()


def _jobs() -> None:
    op.create_table(
        "ocr_jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.String(200), unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("webhook_url", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("ended_at", sa.Float(53)),
    )
    op.create_index("ix_ocr_jobs_state", "ocr_jobs", ["state"])
    op.create_index("ix_ocr_jobs_created_at", "ocr_jobs", ["created_at"])


def _files_and_hooks() -> None:
    op.create_table(
        "ocr_files",
        sa.Column("job_id", sa.String(32), _of_job(), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ocr_hooks",
        sa.Column("job_id", sa.String(32), _of_job(), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float(53), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
    )


def _pages() -> None:
    op.create_table(
        "ocr_pages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("job_id", sa.String(32), _of_job(), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("file", sa.Integer, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("page_index", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("lease_until", sa.Float(53), nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text, nullable=False),
        sa.UniqueConstraint("job_id", "number"),
    )
    op.create_index("ocr_pages_turn", "ocr_pages", ["state", "number", "since"])


def _of_job() -> sa.ForeignKey:
    return sa.ForeignKey("ocr_jobs.id", ondelete="CASCADE")
