"""Tokens, offers, published lists and copies; records that somebody else wrote, lists with names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the service, and name the lists that there are as their files were named."""
    op.create_table(
        "access_tokens",
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.Column("revoked", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("token_id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_table(
        "offers",
        sa.Column("offer_id", sa.String(length=32), nullable=False),
        sa.Column("reference_sha256", sa.String(length=64), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("tx_code_hmac", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("approval", sa.String(length=16), nullable=True),
        sa.Column("configuration_id", sa.String(length=200), nullable=False),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("offer_id"),
        sa.UniqueConstraint("code_sha256"),
        sa.UniqueConstraint("reference_sha256"),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_created"), ["created"], unique=False)
        batch_op.create_index(batch_op.f("ix_offers_expires"), ["expires"], unique=False)

    op.create_table(
        "service_secrets",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "used_nonces",
        sa.Column("nonce_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("nonce_sha256"),
    )
    with op.batch_alter_table("used_nonces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_nonces_expires"), ["expires"], unique=False)

    op.create_table(
        "copies",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("kept_until", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.record_id"],
        ),
        sa.PrimaryKeyConstraint("record_id"),
    )
    with op.batch_alter_table("copies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copies_kept_until"), ["kept_until"], unique=False)

    op.create_table(
        "issuances",
        sa.Column("offer_id", sa.String(length=32), nullable=False),
        sa.Column("holders", sa.Text(), nullable=False),
        sa.Column("record_ids", sa.Text(), nullable=True),
        sa.Column("collected", sa.Integer(), nullable=False),
        sa.Column("began", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["offers.offer_id"],
        ),
        sa.PrimaryKeyConstraint("offer_id"),
    )
    op.create_table(
        "notifications",
        sa.Column("offer_id", sa.String(length=32), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("received", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["offers.offer_id"],
        ),
        sa.PrimaryKeyConstraint("offer_id", "event"),
    )
    op.create_table(
        "offer_tokens",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=2000), nullable=True),
        sa.Column("with_identifiers", sa.Integer(), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["offers.offer_id"],
        ),
        sa.PrimaryKeyConstraint("token_sha256"),
        sa.UniqueConstraint("offer_id"),
    )
    with op.batch_alter_table("offer_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_tokens_expires"), ["expires"], unique=False)

    op.create_table(
        "published_lists",
        sa.Column("list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.String(length=32), nullable=False),
        sa.Column("valid_until", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["status_lists.list_id"],
        ),
        sa.PrimaryKeyConstraint("list_id"),
    )
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mint_key", sa.String(length=64), nullable=True))
        batch_op.alter_column(
            "credential_id",
            existing_type=sa.VARCHAR(length=100),
            type_=sa.String(length=500),
            existing_nullable=True,
        )
        batch_op.alter_column("record", existing_type=sa.TEXT(), nullable=True)
        batch_op.alter_column("record_sha256", existing_type=sa.VARCHAR(length=64), nullable=True)
        batch_op.alter_column("valid_until", existing_type=sa.VARCHAR(length=32), nullable=True)
        batch_op.create_unique_constraint("uq_records_mint_key", ["mint_key"])

    with op.batch_alter_table("status_lists", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(length=100), nullable=True))
    op.execute("UPDATE status_lists SET name = purpose || '-' || CAST(number AS VARCHAR(20))")
    with op.batch_alter_table("status_lists", schema=None) as batch_op:
        batch_op.alter_column("name", existing_type=sa.String(length=100), nullable=False)
        batch_op.create_unique_constraint("uq_status_lists_name", ["name"])
