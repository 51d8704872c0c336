"""runtime.bulk: many rows at once, all or none, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select

from runtime.bulk import Row, insert_rows, one_of
from runtime.database import ConstraintError, Database, open_database
from vclib.errors import MalformedValueError

_TABLES = MetaData()
_THINGS = Table(
    "bulk_things",
    _TABLES,
    Column("name", String(200), primary_key=True),
    Column("number", Integer),
    Column("note", String(200)),
)
# What a text format of rows could mistake for something else.
_ROWS: list[Row] = [("\\N", 1), ("tab\tand\nline", None), ("", 2), ("\\.", 3), ("Zo\u00eb '\"%s?", -4)]


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Database:
    scripts = tmp_path / "migrations" / "versions"
    scripts.mkdir(parents=True)
    (scripts / "0001_first.py").write_text('revision = "0001"\ndown_revision = None\n')
    return open_database(database_url, tables=_TABLES, component="bulk", migrations=scripts.parent)


def _kept(database: Database) -> set[tuple[object, ...]]:
    with database.reading() as connection:
        return {tuple(row) for row in connection.execute(select(_THINGS))}


def test_rows_come_back_as_they_were_given(database: Database) -> None:
    with database.writing() as connection:
        insert_rows(connection, _THINGS, _ROWS)
        insert_rows(connection, _THINGS, [])
    assert _kept(database) == {(name, number, None) for name, number in _ROWS}


def test_of_rows_with_a_taken_key_none_is_kept(database: Database) -> None:
    with pytest.raises(ConstraintError), database.writing() as connection:
        insert_rows(connection, _THINGS, [("one", 1), ("two", 2), ("one", 3)])
    assert _kept(database) == set()


def test_a_text_that_no_column_can_hold_is_refused_without_being_told(database: Database) -> None:
    with pytest.raises(MalformedValueError) as caught, database.writing() as connection:
        insert_rows(connection, _THINGS, [("secret \ud800", 1)])
    assert "secret" not in caught.value.message
    assert _kept(database) == set()


def test_rows_with_one_of_many_texts_are_found(database: Database) -> None:
    with database.writing() as connection:
        insert_rows(connection, _THINGS, _ROWS)
    wanted = [name for name, _ in _ROWS[1:] if isinstance(name, str)]
    with database.reading() as connection:
        chosen = select(_THINGS.c.name)
        found = connection.execute(chosen.where(one_of(connection, _THINGS.c.name, [*wanted, "nobody"])))
        assert sorted(found.scalars()) == sorted(wanted)
        assert connection.execute(chosen.where(one_of(connection, _THINGS.c.name, []))).all() == []
