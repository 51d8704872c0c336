"""What the database knows of batches, inside a transaction of `issuer.store`: parts, rejects, status lists.

Rows are written by the thousand here, each table in one statement. Not here: deciding (`batches`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, insert, select, update

from issuer.batch_tables import batch_lists, batch_parts, batch_rejects, batches
from issuer.list_store import StatusList, status_list_of
from issuer.store import IssuerReading, IssuerWriting, RecordValues
from issuer.tables import records, status_entries, status_lists
from runtime.bulk import insert_rows, one_of
from vclib.datetimes import format_datetime, parse_datetime


@dataclass(frozen=True)
class Batch:
    """One batch: what it mints from, and `terms`, all else that its outcome depends on, as JSON text."""

    batch_id: str
    input_sha256: str
    terms: str
    begun: datetime
    finished: datetime | None = None


@dataclass(frozen=True)
class Part:
    """One part that is kept: the digest of its file ("" for none) and how many rows became what."""

    number: int
    sha256: str
    minted: int
    rejected: int


@dataclass(frozen=True)
class Reject:
    """A row that no credential was made of: its line (its row in Parquet), a code, and why."""

    place: int
    code: str
    message: str


class NewRecord(NamedTuple):
    """A record to be kept, as the columns of its row, with its position in each of the part's lists."""

    values: RecordValues
    positions: tuple[int, ...]

    @property
    def record_key(self) -> tuple[str | None, str | None]:
        """What of two records is equal if they are the same: the digest, and the holder."""
        return self.values.record_sha256, self.values.holder


def batch(reading: IssuerReading, batch_id: str) -> Batch | None:
    """Return a batch by its id."""
    row = reading.connection.execute(select(batches).where(batches.c.batch_id == batch_id)).one_or_none()
    if row is None:
        return None
    finished = parse_datetime(row.finished) if row.finished else None
    return Batch(row.batch_id, row.input_sha256, row.terms, parse_datetime(row.begun), finished)


def parts(reading: IssuerReading, batch_id: str) -> dict[int, Part]:
    """Return the parts of a batch that are kept, by number."""
    rows = reading.connection.execute(select(batch_parts).where(batch_parts.c.batch_id == batch_id))
    return {row.number: Part(row.number, row.sha256, row.minted, row.rejected) for row in rows}


def rejects(reading: IssuerReading, batch_id: str) -> Iterator[Reject]:
    """Give the rejects of a batch in the order of its input."""
    chosen = (
        select(batch_rejects)
        .join(batch_parts, batch_parts.c.part_id == batch_rejects.c.part_id)
        .where(batch_parts.c.batch_id == batch_id)
        .order_by(batch_parts.c.number, batch_rejects.c.place)
    )
    for row in reading.connection.execute(chosen.execution_options(yield_per=1000)):
        yield Reject(row.place, row.code, row.message)


def minted_before(reading: IssuerReading, digests: Sequence[str]) -> dict[tuple[str | None, str | None], str]:
    """Return which of these records were minted and not revoked: record ids by digest and holder."""
    revoked = exists().where(
        status_entries.c.record_id == records.c.record_id,
        status_entries.c.purpose == "revocation",
        status_entries.c.value != 0,
    )
    chosen = select(records.c.record_sha256, records.c.holder, records.c.record_id)
    wanted = one_of(reading.connection, records.c.record_sha256, digests)
    rows = reading.connection.execute(chosen.where(wanted, ~revoked))
    return {(row.record_sha256, row.holder): row.record_id for row in rows}


def lists_of(reading: IssuerReading, batch_id: str | None, purpose: str) -> list[StatusList]:
    """Return the lists in which this batch takes positions, or (None) those that no batch uses now."""
    chosen = (
        select(status_lists)
        .join(batch_lists, batch_lists.c.list_id == status_lists.c.list_id)
        .where(batch_lists.c.batch_id.is_not_distinct_from(batch_id), status_lists.c.purpose == purpose)
        .order_by(status_lists.c.used)
    )
    return [status_list_of(row) for row in reading.connection.execute(chosen)]


def taken_positions(reading: IssuerReading, list_id: int) -> Sequence[int]:
    """Return the positions of a list that are taken."""
    chosen = select(status_entries.c.position).where(status_entries.c.list_id == list_id)
    return reading.connection.execute(chosen).scalars().all()


def records_digest(reading: IssuerReading, part_id: int) -> tuple[int, str]:
    """Return how many records a part has, and the digest of their ids and credentials as the log has it."""
    chosen = select(records.c.record_id, records.c.credential_sha256).where(records.c.part_id == part_id)
    rows = reading.connection.execute(chosen).all()
    return len(rows), _digest([(row.record_id, row.credential_sha256) for row in rows])


def begin(work: IssuerWriting, new: Batch) -> None:
    """Remember a batch that begins."""
    work.connection.execute(
        insert(batches).values(
            batch_id=new.batch_id,
            input_sha256=new.input_sha256,
            terms=new.terms,
            begun=format_datetime(new.begun),
        )
    )
    work.audit("batch-begin", {"batch": new.batch_id, "input": new.input_sha256}, now=new.begun)


def use_list(work: IssuerWriting, list_id: int, batch_id: str, *, is_new: bool = False) -> bool:
    """Let a batch take positions in a list; False where another batch was faster."""
    if is_new:
        work.connection.execute(insert(batch_lists).values(list_id=list_id, batch_id=batch_id))
        return True
    free = (batch_lists.c.list_id == list_id) & batch_lists.c.batch_id.is_(None)
    return work.connection.execute(update(batch_lists).where(free).values(batch_id=batch_id)).rowcount == 1


def keep_part(
    work: IssuerWriting,
    batch_id: str,
    part: Part,
    kept: Sequence[NewRecord],
    rejected: Sequence[Reject],
    lists: Sequence[StatusList],
    *,
    now: datetime,
) -> None:
    """Write a part: its records, their positions, its rejects, and the entry in the log that seals them.

    The log is locked already. Raises ConstraintError for a part or a position that is taken.
    """
    connection = work.connection
    result = connection.execute(
        insert(batch_parts).values(
            batch_id=batch_id,
            number=part.number,
            sha256=part.sha256,
            minted=part.minted,
            rejected=part.rejected,
        )
    )
    (part_id,) = result.inserted_primary_key or (0,)
    if kept:
        # `part_id` is the last of their columns.
        insert_rows(connection, records, [(*each.values[:-1], part_id) for each in kept])
        _take_positions(work, kept, lists)
    if rejected:
        rows = [(part_id, each.place, each.code, each.message) for each in rejected]
        insert_rows(connection, batch_rejects, rows)
    work.audit("mint-batch", _sealed(batch_id, part_id, part, kept), now=now)


def finish(work: IssuerWriting, batch_id: str, totals: Mapping[str, str], *, now: datetime) -> None:
    """Remember that a batch is done, and leave its lists to other batches."""
    done = update(batches).where(batches.c.batch_id == batch_id, batches.c.finished.is_(None))
    if work.connection.execute(done.values(finished=format_datetime(now))).rowcount == 1:
        work.audit("batch-end", {"batch": batch_id, **totals}, now=now)
    released = update(batch_lists).where(batch_lists.c.batch_id == batch_id)
    work.connection.execute(released.values(batch_id=None))


def _take_positions(work: IssuerWriting, kept: Sequence[NewRecord], lists: Sequence[StatusList]) -> None:
    for index, each in enumerate(lists):
        rows = [(each.list_id, new.positions[index], new.values.record_id, each.purpose, 0) for new in kept]
        insert_rows(work.connection, status_entries, rows)
        counted = update(status_lists).where(status_lists.c.list_id == each.list_id)
        work.connection.execute(counted.values(used=status_lists.c.used + len(rows)))


def _sealed(batch_id: str, part_id: int, part: Part, kept: Sequence[NewRecord]) -> dict[str, str]:
    return {
        "batch": batch_id,
        "part": str(part.number),
        "part_id": str(part_id),
        "count": str(len(kept)),
        "file_sha256": part.sha256,
        "records_sha256": _digest([(each.values.record_id, each.values.credential_sha256) for each in kept]),
    }


def _digest(records_: Sequence[tuple[str, str]]) -> str:
    """Return the SHA-256 of a part's records: a line of id and digest of each, in the order of the ids."""
    return hashlib.sha256("".join(f"{a} {b}\n" for a, b in sorted(records_)).encode()).hexdigest()
