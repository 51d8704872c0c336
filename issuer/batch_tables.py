"""The tables of batches: what was begun, which parts of it are kept, what was rejected, and their lists.

A part is in `batch_parts` exactly if its records, its status positions and its audit entry are in the
database, because one transaction writes them all. Not here: any statement (`batch_store`).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from issuer.tables import TABLES

batches = Table(
    "batches",
    TABLES,
    Column("batch_id", String(32), primary_key=True),
    # SHA-256 of the input file, and everything else that the outcome depends on, as JSON.
    Column("input_sha256", String(64), nullable=False),
    Column("terms", Text, nullable=False),
    Column("begun", String(32), nullable=False),
    Column("finished", String(32)),
)

batch_parts = Table(
    "batch_parts",
    TABLES,
    Column("part_id", Integer, primary_key=True),
    Column("batch_id", String(32), ForeignKey("batches.batch_id"), nullable=False),
    Column("number", Integer, nullable=False),
    # SHA-256 of the part's file; empty where nothing of the part could be minted.
    Column("sha256", String(64), nullable=False),
    Column("minted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    UniqueConstraint("batch_id", "number"),
)

# Messages name elements and forms, never what stood there.
batch_rejects = Table(
    "batch_rejects",
    TABLES,
    Column("part_id", Integer, ForeignKey("batch_parts.part_id"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("code", String(64), nullable=False),
    Column("message", Text, nullable=False),
)

# Lists in which batches alone take positions; `batch_id` is the batch that does so now.
batch_lists = Table(
    "batch_lists",
    TABLES,
    Column("list_id", Integer, ForeignKey("status_lists.list_id"), primary_key=True, autoincrement=False),
    Column("batch_id", String(32), ForeignKey("batches.batch_id")),
)
