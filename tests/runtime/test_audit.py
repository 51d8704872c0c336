"""runtime.audit: M9, an entry that was removed, changed or put in is found, and where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, delete, update

from runtime.audit import append, audit_tables, head, read_log, verify_log
from runtime.database import Database, open_database
from tests.runtime.things import scripts
from vclib.errors import StoreError

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
METADATA = MetaData()
TABLES = audit_tables(METADATA)


@pytest.fixture
def log(database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = open_database(
        database_url, tables=METADATA, component="audit", migrations=scripts(tmp_path, 1)
    )
    with database.writing() as connection:
        for number in range(1, 4):
            append(connection, TABLES, "mint", {"record": f"r{number}"}, now=NOW)
    yield database
    database.close()


def _verify(database: Database, known_hash: str | None = None) -> int:
    with database.reading() as connection:
        return verify_log(connection, TABLES, known_hash=known_hash)


def test_an_untouched_log_holds(log: Database) -> None:
    assert _verify(log) == 3


def test_the_hash_of_an_entry_is_the_one_documented(log: Database) -> None:
    with log.reading() as connection:
        first = next(read_log(connection, TABLES))
    # SHA-256 of [1,"2026-07-01T12:00:00Z","mint",{"record":"r1"},"000...0"], made with sha256sum.
    assert first.hash == "c49de0e80d223554fe1ea682f4145f1bfd730d3d3242421bd3399b04f62b06a4"


def test_an_empty_log_holds(tmp_path: Path) -> None:
    database = open_database("sqlite://", tables=METADATA, component="audit", migrations=scripts(tmp_path, 1))
    assert _verify(database) == 0


@pytest.mark.parametrize("column", ["time", "event", "details", "previous_hash", "hash"])
def test_a_changed_entry_is_found(log: Database, column: str) -> None:
    with log.writing() as connection:
        entries = TABLES.entries
        changed = '{"record":"r9"}' if column == "details" else "2026-07-01T12:00:01Z"
        connection.execute(update(entries).where(entries.c.sequence == 2).values({column: changed}))
    with pytest.raises(StoreError, match=r"audit entry 2 .* was changed"):
        _verify(log)


@pytest.mark.parametrize("details", ["{", '["record"]', '"r2"', "null"])
def test_details_that_are_not_what_was_written_are_found(log: Database, details: str) -> None:
    with log.writing() as connection:
        entries = TABLES.entries
        connection.execute(update(entries).where(entries.c.sequence == 2).values(details=details))
    with pytest.raises(StoreError, match=r"audit entry 2 .*was changed"):
        _verify(log)


@pytest.mark.parametrize(
    ("sequence", "message"),
    [(1, "entry 1 is missing"), (2, "entry 2 is missing"), (3, "entries after 2 are missing")],
)
def test_a_removed_entry_is_found(log: Database, sequence: int, message: str) -> None:
    with log.writing() as connection:
        connection.execute(delete(TABLES.entries).where(TABLES.entries.c.sequence == sequence))
    with pytest.raises(StoreError, match=message):
        _verify(log)


def test_a_log_without_its_head_is_found(log: Database) -> None:
    with log.writing() as connection:
        connection.execute(delete(TABLES.head))
    with pytest.raises(StoreError, match="entries after 3 are missing"):
        _verify(log)


def test_a_log_cut_short_with_its_head_is_found_by_a_noted_hash(log: Database) -> None:
    with log.reading() as connection:
        _, noted = head(connection, TABLES)
        second = list(read_log(connection, TABLES))[1]
    with log.writing() as connection:
        connection.execute(delete(TABLES.entries).where(TABLES.entries.c.sequence == 3))
        connection.execute(update(TABLES.head).values(sequence=2, hash=second.hash))
    assert _verify(log) == 2
    with pytest.raises(StoreError, match="rewritten or cut"):
        _verify(log, known_hash=noted)


def test_a_noted_hash_stays_known_while_the_log_grows(log: Database) -> None:
    with log.reading() as connection:
        _, noted = head(connection, TABLES)
    with log.writing() as connection:
        append(connection, TABLES, "revoke", {"record": "r1"}, now=NOW)
    assert _verify(log, known_hash=noted) == 4


def test_an_entry_of_a_failed_transaction_is_not_in_the_log(log: Database) -> None:
    with pytest.raises(RuntimeError), log.writing() as connection:
        append(connection, TABLES, "revoke", {"record": "r1"}, now=NOW)
        raise RuntimeError("power failure")
    assert _verify(log) == 3
