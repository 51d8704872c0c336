"""runtime.database: what is committed is there, what fails is a named error, and nobody else reads it."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import insert, select

from runtime.database import ConstraintError, Database, _use_wal, sqlite_url
from tests.runtime.things import names, open_things, scripts, things
from vclib.errors import ConfigurationError, MalformedValueError, StoreError


def _open(path: Path) -> Database:
    return open_things(sqlite_url(path), scripts(path.parent, 1))


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    database = _open(tmp_path / "a.sqlite")
    with database.writing() as connection:
        connection.execute(insert(things).values(name="one"))
    database.close()

    assert names(_open(tmp_path / "a.sqlite")) == ["one"]


def test_a_failing_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    database = _open(tmp_path / "a.sqlite")
    with pytest.raises(ConstraintError, match="UNIQUE constraint failed"), database.writing() as connection:
        connection.execute(insert(things).values(name="one"))
        connection.execute(insert(things).values(name="one"))

    assert names(database) == []


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
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*.sqlite*")}
    assert set(modes.values()) == {0o600}


def test_what_is_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    """K1: a credential that waited for its file may be of use to whoever has it."""
    database = _open(tmp_path / "a.sqlite")
    with database.writing() as connection:
        connection.execute(insert(things).values(name="opensesame" * 50))
    with database.writing() as connection:
        connection.execute(things.delete())
    database.close()
    assert all(b"opensesame" not in file.read_bytes() for file in tmp_path.glob("*.sqlite*"))


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
    assert names(database) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where it is forbidden")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        _open(tmp_path / "a.sqlite")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file or directory"):
        open_things(sqlite_url(tmp_path / "none" / "a.sqlite"), scripts(tmp_path, 1))


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
    assert sorted(map(int, names(database))) == list(range(40))


@pytest.mark.parametrize("url", ["issuer.sqlite", "", "nosuch://x"])
def test_a_text_that_is_no_database_url_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        open_things(url, scripts(tmp_path, 1))


def test_a_password_in_a_url_is_not_repeated(tmp_path: Path) -> None:
    """K8."""
    with pytest.raises(ConfigurationError) as caught:
        open_things("nosuch://user:opensesame@host/db", scripts(tmp_path, 1))
    assert "opensesame" not in str(caught.value)


def test_a_database_that_has_to_be_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    url = sqlite_url(path)
    with pytest.raises(StoreError, match="no such file or directory"):
        open_things(url, scripts(tmp_path, 1), make=False)
    assert not path.exists()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="is empty: restore it from a backup"):
        open_things(url, scripts(tmp_path, 1), make=False)
    open_things(url, scripts(tmp_path, 1)).close()
    open_things(url, scripts(tmp_path, 1), make=False).close()


def test_a_file_that_was_taken_away_is_not_written_to(tmp_path: Path) -> None:
    """What is written to a file without a name is gone when it is closed."""
    database = _open(tmp_path / "a.sqlite")
    (tmp_path / "a.sqlite").rename(tmp_path / "b.sqlite")
    with pytest.raises(StoreError, match="removed or replaced"), database.writing() as connection:
        connection.execute(insert(things).values(name="one"))
    with pytest.raises(StoreError, match="removed or replaced"):
        names(database)
    (tmp_path / "b.sqlite").rename(tmp_path / "a.sqlite")
    assert names(database) == []


def test_a_damaged_file_is_named_and_an_intact_one_is_read_again(tmp_path: Path) -> None:
    """M11."""
    path = tmp_path / "a.sqlite"
    database = _open(path)
    with database.writing() as connection:
        connection.execute(insert(things), [{"name": f"{number:050}"} for number in range(500)])
    database.close()
    intact = path.read_bytes()
    path.write_bytes(intact[:4096] + b"\xff" * (len(intact) - 4096))
    with pytest.raises(StoreError, match=r"malformed|not a database|disk image"):
        names(_open(path))
    path.write_bytes(intact)
    assert len(names(_open(path))) == 500


@pytest.mark.parametrize(
    "value", ["Aulus\x00Agerius", "Aulus" * 20, "Aulus\ud800"], ids=["nul", "long", "half"]
)
def test_a_value_that_cannot_be_kept_is_its_senders_fault(
    postgres_url: str, tmp_path: Path, value: str
) -> None:
    """Waiting would not help: this is no 503. K8: the value is not repeated."""
    database = open_things(postgres_url, scripts(tmp_path, 1))
    with (
        pytest.raises(MalformedValueError, match="cannot be kept") as caught,
        database.writing() as connection,
    ):
        connection.execute(insert(things).values(name=value))
    assert "Aulus" not in str(caught.value)
    assert names(database) == []
    database.close()


@pytest.mark.parametrize("value", [2**64, "Aulus\ud800"])
def test_a_value_that_sqlite_cannot_keep_is_its_senders_fault(tmp_path: Path, value: int | str) -> None:
    column = "id" if isinstance(value, int) else "name"
    database = _open(tmp_path / "a.sqlite")
    with (
        pytest.raises(MalformedValueError, match="cannot be kept") as caught,
        database.writing() as connection,
    ):
        connection.execute(insert(things).values({column: value}))
    assert "Aulus" not in str(caught.value)


def test_a_writer_keeps_looking_at_short_intervals_however_long_another_one_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own pauses grow to 100 ms, in which the threads of a busy process never leave a gap."""
    holder, waiting = _open(tmp_path / "a.sqlite"), _open(tmp_path / "a.sqlite")
    holding = ExitStack()
    holding.enter_context(holder.writing())
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 50:
            holding.close()

    monkeypatch.setattr("runtime.database.time.sleep", pause)
    with waiting.writing() as connection:
        connection.execute(insert(things).values(name="after"))

    assert len(pauses) == 50
    assert max(pauses) <= 0.002
    assert names(holder) == ["after"]


def test_a_writer_that_waits_too_long_is_told_that_the_database_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M11: and the waiting itself leaves nothing behind, so that the next try succeeds."""
    holder, waiting = _open(tmp_path / "a.sqlite"), _open(tmp_path / "a.sqlite")
    monkeypatch.setattr("runtime.database.BUSY_TIMEOUT_MILLISECONDS", 50)
    with holder.writing(), pytest.raises(StoreError, match="database is locked"), waiting.writing():
        pass

    with waiting.writing() as connection:
        connection.execute(insert(things).values(name="after"))
    assert names(holder) == ["after"]


class _Busy:
    """A connection whose file another process is changing to the write-ahead log, for so many attempts."""

    def __init__(self, attempts: int, code: int) -> None:
        self.attempts, self.code, self.executed = attempts, code, 0

    def execute(self, _: str) -> None:
        self.executed += 1
        if self.executed <= self.attempts:
            err = sqlite3.OperationalError("database is locked")
            err.sqlite_errorcode = self.code
            raise err


def test_two_that_begin_with_a_new_file_do_so_one_after_the_other() -> None:
    connection = _Busy(3, sqlite3.SQLITE_BUSY)
    _use_wal(cast("sqlite3.Connection", connection))
    assert connection.executed == 4


def test_another_failure_of_a_new_file_is_told_at_once() -> None:
    connection = _Busy(3, sqlite3.SQLITE_CANTOPEN)
    with pytest.raises(sqlite3.OperationalError):
        _use_wal(cast("sqlite3.Connection", connection))
    assert connection.executed == 1
