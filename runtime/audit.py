"""An audit log in a database, each entry chained to the one before by a hash.

An entry's hash covers the hash of its predecessor, so an entry that was changed, removed or put in is found
by reading the log from its start. The newest hash and the count stand in a row of their own, so a log cut
short at its end is found too. Whoever can rewrite the whole database can rewrite the chain: against that,
note the newest hash elsewhere now and then (`head`) and give it to `verify_log` later.

Entries say what was done to which record of ours, never a claim or a name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from vclib.errors import StoreError

FIRST_HASH = "0" * 64


@dataclass(frozen=True)
class AuditEntry:
    """One entry as it was written; `hash` covers all else."""

    sequence: int
    time: str
    event: str
    details: Mapping[str, str]
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class AuditTables:
    """The two tables of one audit log."""

    entries: Table
    head: Table


def audit_tables(metadata: MetaData) -> AuditTables:
    """Add the audit log's tables to a program's tables."""
    entries = Table(
        "audit_entries",
        metadata,
        Column("sequence", Integer, primary_key=True, autoincrement=False),
        Column("time", String(32), nullable=False),
        Column("event", String(64), nullable=False),
        Column("details", Text, nullable=False),
        Column("previous_hash", String(64), nullable=False),
        Column("hash", String(64), nullable=False),
    )
    head = Table(
        "audit_head",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("sequence", Integer, nullable=False),
        Column("hash", String(64), nullable=False),
    )
    return AuditTables(entries, head)


def append(
    connection: Connection,
    tables: AuditTables,
    event: str,
    details: Mapping[str, str],
    *,
    now: datetime,
    after: tuple[int, str] | None = None,
) -> AuditEntry:
    """Add an entry inside the caller's transaction, so that the deed and its entry are written together.

    `after` is what `lock_head` returned in this transaction, or the entry appended since: it cannot have
    changed, and need not be read again.
    """
    sequence, previous_hash = after or lock_head(connection, tables)
    entry = _new_entry(sequence + 1, now, event, details, previous_hash)
    connection.execute(
        insert(tables.entries).values(
            sequence=entry.sequence,
            time=entry.time,
            event=entry.event,
            details=_canonical(dict(entry.details)),
            previous_hash=entry.previous_hash,
            hash=entry.hash,
        )
    )
    connection.execute(update(tables.head).values(sequence=entry.sequence, hash=entry.hash))
    return entry


def lock_head(connection: Connection, tables: AuditTables) -> tuple[int, str]:
    """Return `head` and keep all others from appending until the caller's transaction ends.

    Whoever takes this lock first in a transaction that will append decides alone: what was looked up before
    cannot be outdated by another one's deed.
    """
    # SQLite's writer already holds the whole database; elsewhere the row lock puts appenders in order.
    locked = select(tables.head).with_for_update()
    row = connection.execute(locked).one_or_none()
    if row is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(tables.head).values(id=1, sequence=0, hash=FIRST_HASH))
        except IntegrityError:
            # Another one began the log in the meantime; its row is there now.
            pass
        row = connection.execute(locked).one()
    return row.sequence, row.hash


def read_log(
    connection: Connection, tables: AuditTables, *, after: int = 0, limit: int | None = None
) -> Iterator[AuditEntry]:
    """Give the entries after the one with number `after`, `limit` of them at most, in order and unchecked."""
    for row in _in_order(connection, tables, after, limit):
        try:
            details = json.loads(row.details)
        except json.JSONDecodeError as err:
            raise StoreError(f"audit entry {row.sequence} was changed: its details are not JSON") from err
        yield AuditEntry(row.sequence, row.time, row.event, details, row.previous_hash, row.hash)


def head(connection: Connection, tables: AuditTables) -> tuple[int, str]:
    """Return (number of entries, newest hash)."""
    row = connection.execute(select(tables.head)).one_or_none()
    return (row.sequence, row.hash) if row is not None else (0, FIRST_HASH)


def verify_log(connection: Connection, tables: AuditTables, *, known_hash: str | None = None) -> int:
    """Check the whole chain and return the number of entries.

    `known_hash` is a hash noted earlier: the log must contain it. Raises StoreError naming the first entry
    that is missing or changed.
    """
    expected_sequence, previous_hash = 0, FIRST_HASH
    known = known_hash is None or known_hash == FIRST_HASH
    for entry in read_log(connection, tables):
        expected_sequence += 1
        if entry.sequence != expected_sequence:
            raise StoreError(f"audit entry {expected_sequence} is missing")
        if entry.previous_hash != previous_hash or entry.hash != _hash(entry):
            raise StoreError(f"audit entry {entry.sequence} ({entry.event}) was changed")
        previous_hash = entry.hash
        known = known or entry.hash == known_hash
    if head(connection, tables) != (expected_sequence, previous_hash):
        raise StoreError(f"audit entries after {expected_sequence} are missing")
    if not known:
        raise StoreError(f"no audit entry has the known hash {known_hash}: the log was rewritten or cut")
    return expected_sequence


def _in_order(
    connection: Connection, tables: AuditTables, after: int, limit: int | None
) -> CursorResult[tuple[object, ...]]:
    # A long log is read in pieces, not held in memory.
    column = tables.entries.c.sequence
    chosen = select(tables.entries).where(column > after).order_by(column).limit(limit)
    return connection.execute(chosen.execution_options(yield_per=1000))


def _new_entry(
    sequence: int, now: datetime, event: str, details: Mapping[str, str], previous_hash: str
) -> AuditEntry:
    time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    unhashed = AuditEntry(sequence, time, event, dict(details), previous_hash, "")
    return AuditEntry(sequence, time, event, dict(details), previous_hash, _hash(unhashed))


def _hash(entry: AuditEntry) -> str:
    members = [entry.sequence, entry.time, entry.event, entry.details, entry.previous_hash]
    return hashlib.sha256(_canonical(members).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
