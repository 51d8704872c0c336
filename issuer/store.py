"""What an issuer remembers: records, status entries, credentials not yet handed over, the audit log.

SQLAlchemy Core over `runtime.database`, nothing that only SQLite knows. Everything that belongs to one
decision is kept in one short transaction: a credential's record, its status positions, its audit entry and
its copy, so none of them exists without the others. Nothing is signed in such a transaction. That no index
serves two credentials is a constraint of the database, not a habit of the program (threat H9).

The order of locks is: a published list, then the audit log's head (`IssuerWriting.lock`), then anything else.
Not here: deciding (`service`), status lists (`list_store`), signing, files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, select

from issuer.list_store import (
    ListReading,
    ListWriting,
    PublishedList,
    SignedList,
    StatusList,
    StatusPosition,
)
from issuer.tables import TABLES, all_tables
from issuer.tables import audit as audit_log
from issuer.tables import copies as copies_table
from issuer.tables import outbox as outbox_table
from issuer.tables import records as records_table
from issuer.tables import status_entries as entries_table
from runtime.audit import AuditEntry, append, head, lock_head, read_log, verify_log
from runtime.database import Database, open_database
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import StoreError

__all__ = [
    "MIN_ID_CHARACTERS",
    "TABLES",
    "Copy",
    "IssuerReading",
    "IssuerStore",
    "IssuerWriting",
    "NoSuchRecordError",
    "PublishedList",
    "RecordValues",
    "SignedList",
    "StatusList",
    "StatusPosition",
    "StoredRecord",
    "Waiting",
    "record_values",
]

# The scripts that bring an older database to these tables.
MIGRATIONS = Path(__file__).parent / "migrations"
MIN_ID_CHARACTERS = 4
# Record ids are made of digits and lower-case letters, and this is the last of them.
_LAST_CHARACTER = "z"
_MAX_ID_CHARACTERS = 32


class NoSuchRecordError(StoreError):
    """No record, or more than one, has the id that was asked for."""


@dataclass(frozen=True)
class StoredRecord:
    """One minted credential as the issuer remembers it; `record` is the health record as JSON text.

    `record` and its digest are None where somebody else wrote the credential. `mint_key` is the SHA-256 of
    the key that the credential was asked for under, in hexadecimal; `part_id` is the part of a batch that it
    was minted in.
    """

    record_id: str
    credential_id: str | None
    kind: str
    suite: str
    issuer_id: str
    holder: str | None
    record: str | None
    record_sha256: str | None
    credential_sha256: str
    valid_from: datetime
    valid_until: datetime | None
    minted: datetime
    mint_key: str | None = None
    part_id: int | None = None


@dataclass(frozen=True)
class Waiting:
    """A signed credential (JSON text) whose file has not been written yet."""

    record_id: str
    file_name: str
    credential: str


@dataclass(frozen=True)
class Copy:
    """A signed credential (JSON text) that can be fetched again until `kept_until`."""

    record_id: str
    credential: str
    kept_until: datetime


class IssuerStore:
    """The issuer's database; its work is done in `reading()` and `writing()` transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, make: bool = True) -> IssuerStore:
        """Open or make the issuer's tables at a database URL; StoreError, ConfigurationError.

        Without `make` they have to be there.
        """
        return cls(
            open_database(url, tables=all_tables(), component="issuer", migrations=MIGRATIONS, make=make)
        )

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

    def check_writable(self) -> None:
        """Return where a transaction could write now; StoreError where none could."""
        self._database.check_writable()

    def close(self) -> None:
        """Close the database."""
        self._database.close()


class IssuerReading:
    """What can be asked inside one transaction; `connection` is for the tables of other concerns."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def lists(self) -> ListReading:
        """The status lists."""
        return ListReading(self.connection)

    def find(self, text: str) -> StoredRecord:
        """Return the record of a record id, a credential id, or the beginning of a record id.

        Raises NoSuchRecordError where there is none or more than one.
        """
        found = self.exactly(text)
        if found is not None:
            return found
        beginning = self._beginning_with(text) if len(text) >= MIN_ID_CHARACTERS else []
        if not beginning:
            raise NoSuchRecordError(f"no record has the id {text[:80]!r}")
        if len(beginning) > 1:
            raise NoSuchRecordError(f"more than one record id begins with {text[:80]!r}")
        return beginning[0]

    def exactly(self, text: str) -> StoredRecord | None:
        """Return the record whose record id or credential id is `text`."""
        found = self._where(records_table.c.record_id == text)
        return found or self._where(records_table.c.credential_id == text)

    def minted_under(self, mint_key: str) -> StoredRecord | None:
        """Return the record that was minted under a key (its digest)."""
        return self._where(records_table.c.mint_key == mint_key)

    def records(self) -> Iterator[StoredRecord]:
        """Give all records, oldest first."""
        chosen = select(records_table).order_by(records_table.c.minted, records_table.c.record_id)
        for row in self.connection.execute(chosen.execution_options(yield_per=1000)):
            yield _record(row)

    def minted_before(self, record_sha256: str, holder: str | None) -> str | None:
        """Return the id of a record minted from the same health record for the same holder, not revoked."""
        revoked = exists().where(
            entries_table.c.record_id == records_table.c.record_id,
            entries_table.c.purpose == "revocation",
            entries_table.c.value != 0,
        )
        found = (
            select(records_table.c.record_id)
            .where(
                records_table.c.record_sha256 == record_sha256,
                records_table.c.holder.is_not_distinct_from(holder),
            )
            .where(~revoked)
            .limit(1)
        )
        return self.connection.execute(found).scalar_one_or_none()

    def waiting(self) -> tuple[Waiting, ...]:
        """Return the signed credentials whose files have not been written."""
        rows = self.connection.execute(select(outbox_table).order_by(outbox_table.c.record_id))
        return tuple(Waiting(row.record_id, row.file_name, row.credential) for row in rows)

    def count_waiting(self) -> int:
        """Return how many signed credentials wait for their files to be written."""
        return int(self.connection.execute(select(func.count()).select_from(outbox_table)).scalar_one())

    def copy(self, record_id: str) -> Copy | None:
        """Return the copy that is kept of a credential."""
        chosen = select(copies_table).where(copies_table.c.record_id == record_id)
        row = self.connection.execute(chosen).one_or_none()
        return Copy(row.record_id, row.credential, parse_datetime(row.kept_until)) if row else None

    def audit_entries(self, *, after: int = 0, limit: int | None = None) -> Iterator[AuditEntry]:
        """Give the audit log, oldest first, unchecked: what comes after an entry, so many at most."""
        return read_log(self.connection, audit_log, after=after, limit=limit)

    def audit_head(self) -> tuple[int, str]:
        """Return (number of audit entries, newest hash)."""
        return head(self.connection, audit_log)

    def verify_audit(self, known_hash: str | None = None) -> int:
        """Check the audit log's chain and return its length; StoreError names the entry that does not fit."""
        return verify_log(self.connection, audit_log, known_hash=known_hash)

    def _where(self, condition: ColumnElement[bool]) -> StoredRecord | None:
        row = self.connection.execute(select(records_table).where(condition)).one_or_none()
        return _record(row) if row is not None else None

    def _beginning_with(self, text: str) -> list[StoredRecord]:
        # A range uses the index on every database; LIKE does so on none of them as it is.
        last = text.ljust(_MAX_ID_CHARACTERS, _LAST_CHARACTER)
        chosen = select(records_table).where(records_table.c.record_id.between(text, last)).limit(2)
        found = [_record(row) for row in self.connection.execute(chosen)]
        return [each for each in found if each.record_id.startswith(text)]


class IssuerWriting(IssuerReading):
    """What can be asked and done inside one transaction that writes."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        # The audit log's newest entry, once it is locked.
        self._newest: tuple[int, str] | None = None

    @property
    def lists(self) -> ListWriting:
        """The status lists."""
        return ListWriting(self.connection)

    def lock(self) -> None:
        """Be the only one who writes to the audit log, and so who mints, until the transaction ends."""
        self._newest = lock_head(self.connection, audit_log)

    def add_record(self, record: StoredRecord, positions: Sequence[StatusPosition]) -> None:
        """Remember a minted credential and take its status positions; StoreError where one is taken."""
        self.connection.execute(insert(records_table).values(record_values(record)._asdict()))
        self.lists.take(record.record_id, positions)

    def put_in_outbox(self, waiting: Waiting) -> None:
        """Keep a signed credential until its file has been written."""
        self.connection.execute(
            insert(outbox_table).values(
                record_id=waiting.record_id, file_name=waiting.file_name, credential=waiting.credential
            )
        )

    def clear_outbox(self, record_ids: Sequence[str]) -> None:
        """Forget signed credentials whose files have been written."""
        self.connection.execute(delete(outbox_table).where(outbox_table.c.record_id.in_(record_ids)))

    def keep_copy(self, copy: Copy) -> None:
        """Keep a signed credential so that it can be fetched again."""
        self.connection.execute(
            insert(copies_table).values(
                record_id=copy.record_id,
                credential=copy.credential,
                kept_until=format_datetime(copy.kept_until),
            )
        )

    def forget_copy(self, record_id: str) -> bool:
        """Forget the copy of a credential; says whether there was one."""
        result = self.connection.execute(delete(copies_table).where(copies_table.c.record_id == record_id))
        return result.rowcount == 1

    def purge_copies(self, now: datetime) -> None:
        """Forget the copies whose time is over."""
        self.connection.execute(delete(copies_table).where(copies_table.c.kept_until <= format_datetime(now)))

    def audit(self, event: str, details: Mapping[str, str], *, now: datetime) -> None:
        """Write an audit entry with this transaction."""
        entry = append(self.connection, audit_log, event, details, now=now, after=self._newest)
        self._newest = entry.sequence, entry.hash


class RecordValues(NamedTuple):
    """A record as the columns of its row, in the order of the table's."""

    record_id: str
    credential_id: str | None
    kind: str
    suite: str
    issuer_id: str
    holder: str | None
    record: str | None
    record_sha256: str | None
    credential_sha256: str
    valid_from: str
    valid_until: str | None
    minted: str
    mint_key: str | None
    part_id: int | None


def record_values(record: StoredRecord) -> RecordValues:
    """Return a record as the columns of its row."""
    return RecordValues(
        record.record_id,
        record.credential_id,
        record.kind,
        record.suite,
        record.issuer_id,
        record.holder,
        record.record,
        record.record_sha256,
        record.credential_sha256,
        format_datetime(record.valid_from),
        None if record.valid_until is None else format_datetime(record.valid_until),
        format_datetime(record.minted),
        record.mint_key,
        record.part_id,
    )


def _record(row: Row[tuple[object, ...]]) -> StoredRecord:
    members = dict(row._mapping)
    for name in ("valid_from", "valid_until", "minted"):
        members[name] = parse_datetime(members[name]) if members[name] is not None else None
    return StoredRecord(**members)
