"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "challenges",
        sa.Column("challenge", sa.String(200), primary_key=True),
        sa.Column("domain", sa.String(2000), nullable=False),
        sa.Column("expires", sa.String(32), nullable=False),
        sa.Column("answered", sa.String(32)),
    )
    op.create_table(
        "newest_status_lists",
        sa.Column("url", sa.String(2000), primary_key=True),
        sa.Column("valid_from", sa.String(32), nullable=False),
    )
