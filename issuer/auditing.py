"""Does what the issuer remembers fit together: the log's chain, the records, the lists, the database itself.

The chain of the audit log is checked by `runtime.audit`. Here the log is compared with the records: each
has the entry of its minting, with the digest of its credential, or that of its part of a batch, and no entry
speaks of a record that is gone. Then every published list is compared with the register of positions. Nothing
is repaired. Not here: signatures.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from issuer.batch_store import records_digest
from issuer.lists import values_of
from issuer.store import IssuerReading, IssuerStore
from runtime.audit import AuditEntry
from vclib.errors import StoreError

_MINTED = ("mint",)


@dataclass(frozen=True)
class AuditReport:
    """How much was compared, and the log's newest hash, to be noted elsewhere."""

    entries: int
    records: int
    lists: int
    newest_hash: str


def verify_audit(store: IssuerStore, *, known_hash: str | None = None) -> AuditReport:
    """Check all of it in one state of the database; StoreError names the first thing that does not fit.

    The digest of every credential that was minted alone is held in memory meanwhile, some 100 bytes for each.
    """
    with store.reading() as reading:
        _check_database(reading.connection)
        entries = reading.verify_audit(known_hash)
        records = _compare_records(reading)
        lists = _compare_lists(reading)
        _, newest = reading.audit_head()
    return AuditReport(entries, records, lists, newest)


def _check_database(connection: Connection) -> None:
    """Let SQLite look for damage in its file. A PostgreSQL server has checksums and tools of its own."""
    if connection.dialect.name != "sqlite":
        return
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if found != "ok":
        raise StoreError(f"the database file is damaged: {found}")
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreError("the database file is damaged: a row refers to one that is gone")


def _compare_records(reading: IssuerReading) -> int:
    minted: dict[str, str | None] = {}
    in_parts = 0
    for entry in reading.audit_entries():
        if entry.event == "mint-batch":
            in_parts += _compare_part(reading, entry)
        elif entry.event in _MINTED:
            # Entries of earlier versions name the record only; the chain protects them as they are.
            minted[entry.details.get("record", "")] = entry.details.get("sha256")
    alone = in_batches = 0
    for record in reading.records():
        if record.part_id is not None:
            in_batches += 1
            continue
        alone += 1
        if record.record_id not in minted:
            raise StoreError(f"the record {record.record_id} has no entry in the audit log")
        digest = minted.pop(record.record_id)
        if digest is not None and digest != record.credential_sha256:
            raise StoreError(f"the record {record.record_id} was changed: the audit log has another digest")
    if minted:
        raise StoreError(f"the record {min(minted)} of the audit log is gone")
    if in_batches != in_parts:
        raise StoreError(f"{in_batches} records say that they are of batches, the audit log has {in_parts}")
    return alone + in_batches


def _compare_part(reading: IssuerReading, entry: AuditEntry) -> int:
    """Compare a part of a batch with the digest over its records that the log has."""
    details = entry.details
    found = records_digest(reading, int(details["part_id"]))
    if found != (int(details["count"]), details["records_sha256"]):
        raise StoreError(
            f"the records of batch {details['batch']}, part {details['part']} were changed: "
            "the audit log has another digest"
        )
    return found[0]


def _compare_lists(reading: IssuerReading) -> int:
    lists = reading.lists.all()
    missing = {each.list_id for each in reading.lists.unpublished()}
    for each in lists:
        if reading.lists.count(each.list_id) != each.used:
            raise StoreError(f"the status list {each.name} counts {each.used} positions and has others")
        if each.list_id in missing:
            continue
        published = values_of(reading.lists.published(each.list_id).signed)
        expected = set(reading.lists.set_positions(each.list_id))
        if {index for index in range(len(published)) if published.get(index)} != expected:
            raise StoreError(f"the published status list {each.name} is not what the register says")
    return len(lists)
