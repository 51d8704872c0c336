"""A database from a URL: SQLite by default, PostgreSQL by another URL; all failures are StoreError.

The stores of the programs speak SQLAlchemy Core over what is opened here. For SQLite the connection is set
up so that a commit has reached the disk when it returns (WAL journal, synchronous FULL), so that foreign
keys hold, and so that a writer takes its lock at the start of a transaction and not in the middle of one.
The file is readable by its owner only. A schema version is kept beside the tables; a database of another
version is refused by name and never touched.

Not here: what the tables are, and migrations (there is one schema version so far).
Sources: https://www.sqlite.org/pragma.html, https://docs.sqlalchemy.org/en/21/dialects/sqlite.html.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from runtime.atomic import reason
from vclib.errors import ConfigurationError, StoreError

# How long a writer waits for another process to finish its transaction.
BUSY_TIMEOUT_MILLISECONDS = 5000

_WRITES = "ddcc_writes"

_VERSIONS = MetaData()
_schema_versions = Table(
    "schema_versions",
    _VERSIONS,
    Column("component", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
)


class Database:
    """An open database: `reading()` and `writing()` give a connection inside one transaction."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self.place = place

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see one state; raises StoreError."""
        # SQLite reads one state by itself; PostgreSQL's default shows each statement a newer one.
        reader = self._engine
        if self._engine.dialect.name == "postgresql":
            reader = reader.execution_options(isolation_level="REPEATABLE READ")
        with _translated(self.place), reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose statements are committed together, or not at all; raises StoreError."""
        writer = self._engine.execution_options(**{_WRITES: True})
        with _translated(self.place), writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def open_database(url: str, *, tables: MetaData, component: str, version: int, make: bool = True) -> Database:
    """Open the database at `url` and make `tables` in it when it has none of `component` yet.

    `version` is the schema version of the component's tables. Without `make` a database that has none of
    them is refused: something was kept there, and it is lost. Raises ConfigurationError for a URL that names
    no database, StoreError for one that cannot be opened or holds another schema version.
    """
    parsed = _parse_url(url)
    place = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() == "sqlite":
        place = parsed.database or place
        _prepare_file(parsed, make=make)
    try:
        engine = create_engine(parsed)
    except (ModuleNotFoundError, NoSuchModuleError) as err:
        raise ConfigurationError(f"the driver for the database {place} is not installed: {err}") from err
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    database = Database(engine, place)
    try:
        _check_version(database, tables, component, version, make=make)
    except StoreError:
        database.close()
        raise
    return database


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def shown_url(url: str) -> str:
    """Return a database URL as it may be shown: without its password. ConfigurationError if it is none."""
    return _parse_url(url).render_as_string(hide_password=True)


def _parse_url(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as err:
        # The text itself may hold a password.
        raise ConfigurationError("expected a database URL such as sqlite:///issuer.sqlite") from err


def _prepare_file(url: URL, *, make: bool) -> None:
    """Make the file before SQLite does, because SQLite would give it the process's default mode."""
    if not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    try:
        os.close(os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
    except OSError as err:
        raise StoreError(f"cannot open the database {path}: {reason(err)}") from err


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Transactions are begun by _begin_sqlite; left to itself the driver would begin them too late.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What a program forgets is gone from the file, too: it may have been somebody's credential.
    connection.execute("PRAGMA secure_delete = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader can find, at its first write, that another one was faster, and no
    # waiting helps then. Taking the lock at once makes writers wait for each other instead.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_version(database: Database, tables: MetaData, component: str, version: int, *, make: bool) -> None:
    with database.reading() as connection:
        found = _found_version(connection, component)
    if found is None and not make:
        raise StoreError(f"the database {database.place} is empty: restore it from a backup")
    if found is None:
        with database.writing() as connection:
            found = _found_version(connection, component)
            if found is None:
                _VERSIONS.create_all(connection)
                tables.create_all(connection)
                connection.execute(insert(_schema_versions).values(component=component, version=version))
                return
    if found != version:
        raise StoreError(
            f"the database {database.place} has {component} schema version {found}, "
            f"this program needs {version}"
        )


def _found_version(connection: Connection, component: str) -> int | None:
    if not inspect(connection).has_table(_schema_versions.name):
        return None
    row = select(_schema_versions.c.version).where(_schema_versions.c.component == component)
    return connection.execute(row).scalar_one_or_none()


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Turn the driver's errors into StoreError, without the statement's values: they may be claims."""
    try:
        yield
    except DBAPIError as err:
        why = str(err.orig).splitlines()[0] if str(err.orig) else type(err.orig).__name__
        raise StoreError(f"the database {place} failed: {why}; nothing was changed") from err
    except SQLAlchemyError as err:
        raise StoreError(f"the database {place} failed: {type(err).__name__}; nothing was changed") from err
