"""Empty databases whose tables were made before: the same statements, as the program's own code gave them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, event, text

from runtime import database
from runtime.schema import Schema

# Any: parameters as the driver takes them.
_Statements = list[tuple[str, Any]]
_made: dict[MetaData, _Statements] = {}
_make_tables = database.make_tables


@contextmanager
def tables_as_before() -> Iterator[None]:
    """Let SQLite databases that are opened here and empty get their tables quickly.

    To write a program's statements takes far longer than to run them, and they are the same for each test.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "make_tables", _make_or_repeat)
        yield


def _make_or_repeat(connection: Connection, schema: Schema) -> None:
    known = _made.get(schema.tables)
    if connection.dialect.name != "sqlite" or _has_tables(connection):
        _make_tables(connection, schema)
    elif known is None:
        _made[schema.tables] = _listen(connection, schema)
    else:
        cursor = connection.connection.cursor()
        for statement, parameters in known:
            cursor.execute(statement, parameters)
        cursor.close()


def _has_tables(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM sqlite_master")).first() is not None


def _listen(connection: Connection, schema: Schema) -> _Statements:
    """Make the tables, and return what was changed by which statements."""
    said: _Statements = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.split()[0] in ("CREATE", "INSERT"):
            said.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", hear)
    try:
        _make_tables(connection, schema)
    finally:
        event.remove(connection, "before_cursor_execute", hear)
    return said
