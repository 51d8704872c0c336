"""runtime.database: what is committed is there, what fails is a named error, and nobody else reads it."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from runtime.database import Database, open_database, sqlite_url
from vclib.errors import ConfigurationError, StoreError

TABLES = MetaData()
things = Table("things", TABLES, Column("id", Integer, primary_key=True), Column("name", String, unique=True))


def _open(path: Path, version: int = 1) -> Database:
    return open_database(sqlite_url(path), tables=TABLES, component="things", version=version)


def _names(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(things.c.name)).scalars())


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    database = _open(tmp_path / "a.sqlite")
    with database.writing() as connection:
        connection.execute(insert(things).values(name="one"))
    database.close()

    assert _names(_open(tmp_path / "a.sqlite")) == ["one"]


def test_a_failing_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    database = _open(tmp_path / "a.sqlite")
    with pytest.raises(StoreError, match="UNIQUE constraint failed"), database.writing() as connection:
        connection.execute(insert(things).values(name="one"))
        connection.execute(insert(things).values(name="one"))

    assert _names(database) == []


def test_a_failure_does_not_repeat_the_values_that_were_written(tmp_path: Path) -> None:
    """K8: a value may be a claim."""
    database = _open(tmp_path / "a.sqlite")
    with pytest.raises(StoreError) as caught, database.writing() as connection:
        connection.execute(insert(things).values(name="Aulus Agerius"))
        connection.execute(insert(things).values(name="Aulus Agerius"))

    assert "Aulus" not in str(caught.value)


def test_sqlite_flushes_each_commit_and_keeps_foreign_keys(tmp_path: Path) -> None:
    """K4: WAL with synchronous FULL (2) survives power loss at any commit."""
    with _open(tmp_path / "a.sqlite").reading() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """K12."""
    path = tmp_path / "a.sqlite"
    path.touch()
    path.chmod(0o644)
    with _open(path).writing() as connection:
        connection.execute(insert(things).values(name="one"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}


def test_what_is_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    """K1: a credential that waited for its file may be of use to whoever has it."""
    database = _open(tmp_path / "a.sqlite")
    with database.writing() as connection:
        connection.execute(insert(things).values(name="opensesame" * 50))
    with database.writing() as connection:
        connection.execute(things.delete())
    database.close()
    assert all(b"opensesame" not in file.read_bytes() for file in tmp_path.iterdir())


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    _open(tmp_path / "a.sqlite").close()
    with pytest.raises(StoreError, match="things schema version 1, this program needs 2"):
        _open(tmp_path / "a.sqlite", version=2)


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_text("dear diary, " * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        _open(path)
    assert path.read_text() == "dear diary, " * 100


def test_a_full_disk_is_named_and_changes_nothing(tmp_path: Path) -> None:
    """K5, M11."""
    database = _open(tmp_path / "a.sqlite")
    with pytest.raises(StoreError, match=r"full; nothing was changed"), database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 10")
        connection.execute(insert(things).values(name="x" * 200_000))
    assert _names(database) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where it is forbidden")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        _open(tmp_path / "a.sqlite")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file or directory"):
        _open(tmp_path / "none" / "a.sqlite")


def test_a_locked_database_is_named(tmp_path: Path) -> None:
    """M11: another program holds the lock longer than we wait."""
    database = _open(tmp_path / "a.sqlite")
    with database.reading() as connection:
        # Shorter than the real wait, for the test's sake; the pooled connection is used again below.
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="database is locked"), database.writing() as connection:
        connection.execute(insert(things).values(name="one"))
    other.close()


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    """H9 rests on this: read, decide, write is one step, also between threads."""
    database = _open(tmp_path / "a.sqlite")

    def add_next() -> None:
        for _ in range(10):
            with database.writing() as connection:
                count = len(connection.execute(select(things.c.id)).all())
                connection.execute(insert(things).values(id=count, name=str(count)))

    threads = [threading.Thread(target=add_next) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, _names(database))) == list(range(40))


@pytest.mark.parametrize("url", ["issuer.sqlite", "", "nosuch://x"])
def test_a_text_that_is_no_database_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        open_database(url, tables=TABLES, component="things", version=1)


def test_a_password_in_a_url_is_not_repeated() -> None:
    """K8."""
    with pytest.raises(ConfigurationError) as caught:
        open_database("nosuch://user:opensesame@host/db", tables=TABLES, component="things", version=1)
    assert "opensesame" not in str(caught.value)


def test_a_database_that_has_to_be_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    url = sqlite_url(path)
    with pytest.raises(StoreError, match="no such file or directory"):
        open_database(url, tables=TABLES, component="things", version=1, make=False)
    assert not path.exists()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="is empty: restore it from a backup"):
        open_database(url, tables=TABLES, component="things", version=1, make=False)
    open_database(url, tables=TABLES, component="things", version=1).close()
    open_database(url, tables=TABLES, component="things", version=1, make=False).close()
