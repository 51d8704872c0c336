"""The issuer's tables, all in one MetaData: records, status lists, copies of credentials, the audit log.

Another concern of the issuer brings its own tables in its own module and adds them to `TABLES`. What only
one credential may have (a status position, an id, an idempotence key) is a unique constraint here. Column
types are those that every database knows; times are text in UTC. Not here: any statement (`store`,
`list_store`).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint

from runtime.audit import audit_tables

TABLES = MetaData()

records = Table(
    "records",
    TABLES,
    Column("record_id", String(32), primary_key=True),
    # Absent where presentations must not be linkable.
    Column("credential_id", String(500), unique=True),
    Column("kind", String(32), nullable=False),
    Column("suite", String(64), nullable=False),
    Column("issuer_id", String(500), nullable=False),
    Column("holder", String(2000)),
    # The health record and its digest; absent where somebody else wrote the credential (VC API).
    Column("record", Text),
    Column("record_sha256", String(64), index=True),
    Column("credential_sha256", String(64), nullable=False),
    Column("valid_from", String(32), nullable=False),
    Column("valid_until", String(32)),
    Column("minted", String(32), nullable=False, index=True),
    # The digest of a caller's key: whoever asks twice under one key gets one credential.
    Column("mint_key", String(64), unique=True),
    # The part of a batch that it was minted in; absent where it was minted alone.
    Column("part_id", Integer, ForeignKey("batch_parts.part_id"), index=True),
)

status_lists = Table(
    "status_lists",
    TABLES,
    Column("list_id", Integer, primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", String(100), nullable=False, unique=True),
    Column("url", String(2000), nullable=False, unique=True),
    Column("length", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    UniqueConstraint("purpose", "number"),
)

# A table of its own, so that signing a list anew does not hold up whoever takes positions in it.
published_lists = Table(
    "published_lists",
    TABLES,
    Column("list_id", Integer, ForeignKey("status_lists.list_id"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("etag", String(64), nullable=False),
    Column("valid_from", String(32), nullable=False),
    Column("valid_until", String(32), nullable=False),
)

status_entries = Table(
    "status_entries",
    TABLES,
    Column("list_id", Integer, ForeignKey("status_lists.list_id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("record_id", String(32), ForeignKey("records.record_id"), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("value", Integer, nullable=False),
    Column("reason", Text),
    Column("changed", String(32)),
    UniqueConstraint("record_id", "purpose"),
)

# A credential waits here from its signature until its file has been written, and no longer.
outbox = Table(
    "outbox",
    TABLES,
    Column("record_id", String(32), ForeignKey("records.record_id"), primary_key=True),
    Column("file_name", String(255), nullable=False),
    Column("credential", Text, nullable=False),
)

# What was handed over by HTTP can be fetched once more until then: an answer may be lost on its way.
copies = Table(
    "copies",
    TABLES,
    Column("record_id", String(32), ForeignKey("records.record_id"), primary_key=True),
    Column("credential", Text, nullable=False),
    Column("kept_until", String(32), nullable=False, index=True),
)

# Who may call the service: the digest of a token, never the token.
access_tokens = Table(
    "access_tokens",
    TABLES,
    Column("token_id", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("role", String(32), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created", String(32), nullable=False),
    Column("expires", String(32), nullable=False),
    Column("revoked", String(32)),
)

audit = audit_tables(TABLES)


def all_tables() -> MetaData:
    """Return TABLES with those of every module of the issuer, which they add when they are loaded."""
    from issuer import batch_tables  # noqa: F401  for what it adds
    from issuer.openid import tables  # noqa: F401  for what it adds

    return TABLES
