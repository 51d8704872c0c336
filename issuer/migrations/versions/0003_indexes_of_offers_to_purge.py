"""Indexes for what is purged with every new offer: those that ended, and records that nobody needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the indexes."""
    has_record = sa.text("record IS NOT NULL")
    op.create_index("ix_offers_state_expires", "offers", ["state", "expires"])
    op.create_index(
        "ix_offers_with_record", "offers", ["offer_id"], sqlite_where=has_record, postgresql_where=has_record
    )
