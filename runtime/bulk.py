"""Many rows into a table by one statement, or looked up by one, with little work for each of them.

SQLAlchemy's own way turns every row into named values and back, which takes longer than the database. Here
rows are tuples of what the driver takes as it is, so of texts, integers and None; PostgreSQL gets them by
COPY. Many values to compare with are one array, where a mark for each would be made, counted and parsed anew
every time. Not here: transactions, and what failures come out as (`runtime.database`).
Sources: https://www.psycopg.org/psycopg3/docs/basic/copy.html,
https://docs.sqlalchemy.org/en/21/core/connections.html#working-with-the-dbapi-cursor-and-driver-sql,
https://www.sqlite.org/json1.html#jeach.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Table, Text, any_, cast, func, literal, select
from sqlalchemy.exc import DBAPIError

Row = tuple[str | int | None, ...]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows, all of them or none; each has values for the table's first columns, in their order.

    The other columns keep what they have by default. Raises what SQLAlchemy raises for a
    statement of the connection.
    """
    if not rows:
        return
    columns = [column.name for column in table.columns][: len(rows[0])]
    names = ", ".join(columns)
    if connection.dialect.driver == "psycopg":
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN", rows)
        return
    marks = ", ".join("?" * len(columns))
    # Names of our tables, no text of anybody's.
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))  # noqa: S608


def one_of(
    connection: Connection, column: ColumnElement[str | None], texts: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that a column of texts has one of these, however many they are."""
    # As JSON, because the driver makes an array of PostgreSQL's text by text.
    written = literal(json.dumps(texts), Text)
    if connection.dialect.name == "postgresql":
        each = select(func.json_array_elements_text(cast(written, JSON)))
        return column == any_(func.array(each.scalar_subquery()))
    return column.in_(select(func.json_each(written).table_valued("value").c.value))


def _copy(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    # Any: the driver's own types, which SQLAlchemy does not know.
    dialect: Any = connection.dialect
    cursor: Any = connection.connection.cursor()
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dialect.dbapi.Error as err:
        # As SQLAlchemy does for its own statements; the values are left out of the message.
        raise DBAPIError.instance(statement, None, err, dialect.dbapi.Error, dialect=dialect) from err
