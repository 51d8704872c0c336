"""runtime.database on a real PostgreSQL server that is stopped, started anew, locked and used up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text

from runtime import database as module
from runtime.database import ConstraintError, Database
from tests.postgres import Cluster, empty_schema
from tests.runtime.things import names, open_things, scripts, things
from vclib.errors import StoreError


@pytest.fixture
def own_url(postgres_cluster: Cluster) -> Iterator[str]:
    with empty_schema(postgres_cluster.url) as url:
        yield url


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Iterator[Database]:
    opened = open_things(postgres_url, scripts(tmp_path, 1))
    yield opened
    opened.close()


def _add(database: Database, name: str) -> None:
    with database.writing() as connection:
        connection.execute(insert(things).values(name=name))


def test_a_server_that_was_started_anew_is_used_again(
    postgres_cluster: Cluster, own_url: str, tmp_path: Path
) -> None:
    """M11: no request fails once the server is back, and none is half done."""
    database = open_things(own_url, scripts(tmp_path, 1))
    _add(database, "one")
    with pytest.raises(StoreError, match="failed"), database.writing() as connection:
        connection.execute(insert(things).values(name="lost"))
        postgres_cluster.stop()
        connection.execute(insert(things).values(name="never"))
    with pytest.raises(StoreError, match="failed"):
        names(database)
    with pytest.raises(StoreError, match="failed"):
        open_things(own_url, scripts(tmp_path, 1))
    postgres_cluster.start()
    _add(database, "two")
    assert names(database) == ["one", "two"]
    database.close()


def test_a_lock_that_is_not_given_back_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_LOCK_MILLISECONDS", 50)
    database = open_things(postgres_url, scripts(tmp_path, 1))
    other = create_engine(postgres_url)
    with other.begin() as connection:
        connection.execute(text("LOCK TABLE things"))
        with pytest.raises(StoreError, match="lock timeout"):
            _add(database, "one")
    _add(database, "two")
    assert names(database) == ["two"]
    other.dispose()
    database.close()


def test_a_statement_that_does_not_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_STATEMENT_MILLISECONDS", 50)
    database = open_things(postgres_url, scripts(tmp_path, 1))
    with pytest.raises(StoreError, match="statement timeout"), database.reading() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    assert names(database) == []
    database.close()


def test_the_limits_outlive_a_transaction_that_fails(database: Database) -> None:
    with pytest.raises(StoreError), database.writing() as connection:
        connection.execute(text("SELECT 1 FROM nowhere"))
    with database.reading() as connection:
        shown = [
            connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("lock_timeout", "statement_timeout")
        ]
    assert shown == ["5s", "15s"]


def test_connections_are_bounded_and_waiting_for_one_ends(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_CONNECTIONS", 1)
    monkeypatch.setattr(module, "_MORE_CONNECTIONS", 0)
    monkeypatch.setattr(module, "_POOL_SECONDS", 0.05)
    database = open_things(postgres_url, scripts(tmp_path, 1))
    with database.reading(), pytest.raises(StoreError, match="TimeoutError"):
        names(database)
    assert names(database) == []
    database.close()


def test_a_failure_does_not_repeat_the_values_that_were_written(database: Database) -> None:
    """K8: PostgreSQL tells the values of a key that is taken, in the second line of its message."""
    _add(database, "Aulus Agerius")
    with pytest.raises(ConstraintError, match="duplicate key value") as caught:
        _add(database, "Aulus Agerius")
    assert "Aulus" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    """K8."""
    url = "postgresql+psycopg://ddcc:opensesame@127.0.0.1:1/ddcc"
    with pytest.raises(StoreError, match=r"ddcc:\*\*\*@127\.0\.0\.1:1/ddcc failed") as caught:
        open_things(url, scripts(tmp_path, 1))
    assert "opensesame" not in str(caught.value)


def test_writers_of_several_connections_do_not_lose_each_others_changes(database: Database) -> None:
    def add(first: int) -> None:
        for number in range(first, first + 10):
            _add(database, str(number))

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, names(database))) == list(range(30))
