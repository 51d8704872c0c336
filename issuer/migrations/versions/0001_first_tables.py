"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "records",
        sa.Column("record_id", sa.String(32), primary_key=True),
        sa.Column("credential_id", sa.String(100), unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("suite", sa.String(64), nullable=False),
        sa.Column("issuer_id", sa.String(500), nullable=False),
        sa.Column("holder", sa.String(2000)),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("record_sha256", sa.String(64), nullable=False),
        sa.Column("credential_sha256", sa.String(64), nullable=False),
        sa.Column("valid_from", sa.String(32), nullable=False),
        sa.Column("valid_until", sa.String(32), nullable=False),
        sa.Column("minted", sa.String(32), nullable=False),
    )
    op.create_index("ix_records_record_sha256", "records", ["record_sha256"])
    op.create_index("ix_records_minted", "records", ["minted"])
    op.create_table(
        "status_lists",
        sa.Column("list_id", sa.Integer, primary_key=True),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("url", sa.String(2000), nullable=False, unique=True),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.UniqueConstraint("purpose", "number"),
    )
    op.create_table(
        "status_entries",
        sa.Column(
            "list_id",
            sa.Integer,
            sa.ForeignKey("status_lists.list_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record_id", sa.String(32), sa.ForeignKey("records.record_id"), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("changed", sa.String(32)),
        sa.UniqueConstraint("record_id", "purpose"),
    )
    op.create_table(
        "outbox",
        sa.Column("record_id", sa.String(32), sa.ForeignKey("records.record_id"), primary_key=True),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("credential", sa.Text, nullable=False),
    )
    op.create_table(
        "audit_entries",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(32), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
