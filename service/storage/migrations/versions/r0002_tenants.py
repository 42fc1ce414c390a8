"""Jobs belong to the API key that they came with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Give every job a tenant; those of before have none."""
    op.add_column("ocr_jobs", sa.Column("tenant", sa.String(40), nullable=False, server_default=""))
