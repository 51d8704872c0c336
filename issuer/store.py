"""What an issuer remembers: records, status entries, credentials not yet handed over, the audit log.

SQLAlchemy Core over `runtime.database`, nothing that only SQLite knows. Everything that belongs to one
decision is done in one transaction: a credential is signed inside the transaction that writes its record,
its status indexes and its audit entry, so none of them exists without the others. That no index serves two
credentials is a constraint of the database, not a habit of the program (threat H9).

Not here: deciding (`service`), signing, files.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from runtime.audit import AuditEntry, append, audit_tables, head, read_log, verify_log
from runtime.database import Database, open_database
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import StoreError

# The scripts that bring an older database to these tables.
MIGRATIONS = Path(__file__).parent / "migrations"
MIN_ID_CHARACTERS = 4

TABLES = MetaData()

_records = Table(
    "records",
    TABLES,
    Column("record_id", String(32), primary_key=True),
    # Absent where presentations must not be linkable.
    Column("credential_id", String(100), unique=True),
    Column("kind", String(32), nullable=False),
    Column("suite", String(64), nullable=False),
    Column("issuer_id", String(500), nullable=False),
    Column("holder", String(2000)),
    Column("record", Text, nullable=False),
    Column("record_sha256", String(64), nullable=False, index=True),
    Column("credential_sha256", String(64), nullable=False),
    Column("valid_from", String(32), nullable=False),
    Column("valid_until", String(32), nullable=False),
    Column("minted", String(32), nullable=False, index=True),
)

_lists = Table(
    "status_lists",
    TABLES,
    Column("list_id", Integer, primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("url", String(2000), nullable=False, unique=True),
    Column("length", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    UniqueConstraint("purpose", "number"),
)

_entries = Table(
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
_outbox = Table(
    "outbox",
    TABLES,
    Column("record_id", String(32), ForeignKey("records.record_id"), primary_key=True),
    Column("file_name", String(255), nullable=False),
    Column("credential", Text, nullable=False),
)

_audit = audit_tables(TABLES)


@dataclass(frozen=True)
class StoredRecord:
    """One minted credential as the issuer remembers it; `record` is the health record as JSON text."""

    record_id: str
    credential_id: str | None
    kind: str
    suite: str
    issuer_id: str
    holder: str | None
    record: str
    record_sha256: str
    credential_sha256: str
    valid_from: datetime
    valid_until: datetime
    minted: datetime


@dataclass(frozen=True)
class StatusList:
    """One status list: its published URL, and how many of its `length` positions are taken."""

    list_id: int
    purpose: str
    number: int
    url: str
    length: int
    used: int


@dataclass(frozen=True)
class StatusPosition:
    """The place of one credential in one status list, and what stands there."""

    status_list: StatusList
    position: int
    value: int = 0
    reason: str | None = None
    changed: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A signed credential (JSON text) whose file has not been written yet."""

    record_id: str
    file_name: str
    credential: str


class IssuerStore:
    """The issuer's database; its work is done in `reading()` and `writing()` transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, make: bool = True) -> IssuerStore:
        """Open or make the issuer's tables at a database URL; StoreError, ConfigurationError.

        Without `make` they have to be there.
        """
        return cls(open_database(url, tables=TABLES, component="issuer", migrations=MIGRATIONS, make=make))

    @contextmanager
    def reading(self) -> Iterator[IssuerReading]:
        """Read in one transaction."""
        with self._database.reading() as connection:
            yield IssuerReading(connection)

    @contextmanager
    def writing(self) -> Iterator[IssuerWriting]:
        """Read and write in one transaction: all of it is kept, or nothing where an error leaves it."""
        with self._database.writing() as connection:
            yield IssuerWriting(connection)

    def close(self) -> None:
        """Close the database."""
        self._database.close()


class IssuerReading:
    """What can be asked inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, text: str) -> StoredRecord:
        """Return the record of a record id, a credential id, or the beginning of a record id.

        Raises StoreError where there is none or more than one.
        """
        by_id = select(_records).where((_records.c.record_id == text) | (_records.c.credential_id == text))
        rows = self._connection.execute(by_id).all()
        if not rows and len(text) >= MIN_ID_CHARACTERS:
            starts = _records.c.record_id.startswith(text, autoescape=True)
            rows = self._connection.execute(select(_records).where(starts).limit(2)).all()
        if not rows:
            raise StoreError(f"no record has the id {text[:80]!r}")
        if len(rows) > 1:
            raise StoreError(f"more than one record id begins with {text[:80]!r}")
        return _record(rows[0])

    def records(self) -> Iterator[StoredRecord]:
        """Give all records, oldest first."""
        for row in self._connection.execute(
            select(_records).order_by(_records.c.minted, _records.c.record_id)
        ):
            yield _record(row)

    def minted_before(self, record_sha256: str, holder: str | None) -> str | None:
        """Return the id of a record minted from the same health record for the same holder, not revoked."""
        revoked = select(_entries.c.record_id).where(
            _entries.c.purpose == "revocation", _entries.c.value != 0
        )
        found = (
            select(_records.c.record_id)
            .where(_records.c.record_sha256 == record_sha256, _records.c.holder.is_not_distinct_from(holder))
            .where(_records.c.record_id.not_in(revoked))
            .limit(1)
        )
        return self._connection.execute(found).scalar_one_or_none()

    def positions(self, record_id: str) -> tuple[StatusPosition, ...]:
        """Return the status entries of one credential, revocation before suspension."""
        rows = self._connection.execute(
            select(_entries, _lists)
            .join(_lists, _lists.c.list_id == _entries.c.list_id)
            .where(_entries.c.record_id == record_id)
            .order_by(_entries.c.purpose)
        )
        return tuple(_position(row) for row in rows)

    def lists(self) -> tuple[StatusList, ...]:
        """Return all status lists."""
        return tuple(
            _list(row) for row in self._connection.execute(select(_lists).order_by(_lists.c.list_id))
        )

    def set_positions(self, list_id: int) -> Sequence[int]:
        """Return the positions of a list whose value is not 0."""
        chosen = select(_entries.c.position).where(_entries.c.list_id == list_id, _entries.c.value != 0)
        return self._connection.execute(chosen.order_by(_entries.c.position)).scalars().all()

    def waiting(self) -> tuple[Waiting, ...]:
        """Return the signed credentials whose files have not been written."""
        rows = self._connection.execute(select(_outbox).order_by(_outbox.c.record_id))
        return tuple(Waiting(row.record_id, row.file_name, row.credential) for row in rows)

    def audit_entries(self) -> Iterator[AuditEntry]:
        """Give the audit log, oldest first, unchecked."""
        return read_log(self._connection, _audit)

    def audit_head(self) -> tuple[int, str]:
        """Return (number of audit entries, newest hash)."""
        return head(self._connection, _audit)

    def verify_audit(self, known_hash: str | None = None) -> int:
        """Check the audit log's chain and return its length; StoreError names the entry that does not fit."""
        return verify_log(self._connection, _audit, known_hash=known_hash)


class IssuerWriting(IssuerReading):
    """What can be asked and done inside one transaction that writes."""

    def allocate(
        self,
        purpose: str,
        *,
        length: int,
        max_used: int,
        url_of: Callable[[str, int], str],
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> StatusPosition:
        """Return a random free position in the newest list of `purpose`, in a new one past `max_used`.

        Only `add_record` takes the position: both belong in one transaction.
        """
        newest = self._newest_list(purpose)
        if newest is None or newest.used >= max_used:
            newest = self._new_list(purpose, newest.number + 1 if newest else 1, length, url_of)
        while True:
            position = random_below(newest.length)
            taken = select(_entries.c.position).where(
                _entries.c.list_id == newest.list_id, _entries.c.position == position
            )
            if self._connection.execute(taken).scalar_one_or_none() is None:
                return StatusPosition(newest, position)

    def add_record(self, record: StoredRecord, positions: Sequence[StatusPosition]) -> None:
        """Remember a minted credential and take its status positions; StoreError where one is taken."""
        values = {name: getattr(record, name) for name in _records.c.keys()}  # noqa: SIM118  columns, no dict
        for name in ("valid_from", "valid_until", "minted"):
            values[name] = format_datetime(values[name])
        self._connection.execute(insert(_records).values(values))
        for entry in positions:
            self._connection.execute(
                insert(_entries).values(
                    list_id=entry.status_list.list_id,
                    position=entry.position,
                    record_id=record.record_id,
                    purpose=entry.status_list.purpose,
                    value=entry.value,
                )
            )
            self._connection.execute(
                update(_lists)
                .where(_lists.c.list_id == entry.status_list.list_id)
                .values(used=_lists.c.used + 1)
            )

    def set_value(
        self, record_id: str, purpose: str, value: int, *, reason: str | None, now: datetime
    ) -> None:
        """Change one status entry."""
        self._connection.execute(
            update(_entries)
            .where(_entries.c.record_id == record_id, _entries.c.purpose == purpose)
            .values(value=value, reason=reason, changed=format_datetime(now))
        )

    def put_in_outbox(self, waiting: Waiting) -> None:
        """Keep a signed credential until its file has been written."""
        self._connection.execute(
            insert(_outbox).values(
                record_id=waiting.record_id, file_name=waiting.file_name, credential=waiting.credential
            )
        )

    def clear_outbox(self, record_ids: Sequence[str]) -> None:
        """Forget signed credentials whose files have been written."""
        self._connection.execute(delete(_outbox).where(_outbox.c.record_id.in_(record_ids)))

    def audit(self, event: str, details: Mapping[str, str], *, now: datetime) -> None:
        """Write an audit entry with this transaction."""
        append(self._connection, _audit, event, details, now=now)

    def _newest_list(self, purpose: str) -> StatusList | None:
        # The row lock keeps two writers from filling one list at a time; SQLite has one writer anyway.
        newest = select(func.max(_lists.c.number)).where(_lists.c.purpose == purpose).scalar_subquery()
        chosen = select(_lists).where(_lists.c.purpose == purpose, _lists.c.number == newest)
        row = self._connection.execute(chosen.with_for_update()).one_or_none()
        return _list(row) if row is not None else None

    def _new_list(
        self, purpose: str, number: int, length: int, url_of: Callable[[str, int], str]
    ) -> StatusList:
        url = url_of(purpose, number)
        result = self._connection.execute(
            insert(_lists).values(purpose=purpose, number=number, url=url, length=length, used=0)
        )
        (list_id,) = result.inserted_primary_key or (0,)
        return StatusList(list_id, purpose, number, url, length, 0)


def _record(row: Row[tuple[object, ...]]) -> StoredRecord:
    members = dict(row._mapping)
    for name in ("valid_from", "valid_until", "minted"):
        members[name] = parse_datetime(members[name])
    return StoredRecord(**members)


def _list(row: Row[tuple[object, ...]]) -> StatusList:
    return StatusList(row.list_id, row.purpose, row.number, row.url, row.length, row.used)


def _position(row: Row[tuple[object, ...]]) -> StatusPosition:
    changed = parse_datetime(row.changed) if row.changed else None
    return StatusPosition(_list(row), row.position, row.value, row.reason, changed)
