"""What people corrected, for the next training and the counts of models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Make the table of corrections."""
    op.create_table(
        "ocr_feedback",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(40), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("request_id", sa.String(64)),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("model", sa.String(80)),
        sa.Column("line", sa.Integer()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("corrected", sa.Text(), nullable=False),
        sa.Column("image", sa.LargeBinary()),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_ocr_feedback_created_at", "ocr_feedback", ["created_at"])
    op.create_index("ocr_feedback_turn", "ocr_feedback", ["tenant", "created_at", "id"])
