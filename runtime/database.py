"""A database from a URL: SQLite by default, PostgreSQL by another URL; all failures are StoreError.

The stores of the programs speak SQLAlchemy Core over what is opened here. For SQLite the connection is set
up so that a commit has reached the disk when it returns (WAL journal, synchronous FULL), so that foreign
keys hold, and so that a writer takes its lock at the start of a transaction and not in the middle of one.
The file is readable by its owner only, and a file that was taken away or replaced is not written to any more.
For PostgreSQL no statement and no lock is waited for without end, and a connection that died (the server
was started anew) is replaced before it is used. An empty database gets the program's tables, an older one is
brought forward when it is opened, by one process while the others wait; a newer one is refused by name and
never touched (`runtime.schema`).

Not here: what the tables are.
Sources: https://www.sqlite.org/pragma.html, https://docs.sqlalchemy.org/en/21/dialects/sqlite.html,
https://www.postgresql.org/docs/15/libpq-connect.html,
https://www.postgresql.org/docs/15/runtime-config-client.html.
"""

from __future__ import annotations

import logging
import os
import random
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from runtime.atomic import reason
from runtime.schema import Found, Schema, bring_forward, find_schema, lock, make_tables
from vclib.errors import ConfigurationError, MalformedValueError, StoreError

_logger = logging.getLogger(__name__)

# How long a writer waits for another process to finish its transaction.
BUSY_TIMEOUT_MILLISECONDS = 5000

# Between two looks at whether the lock of writers is free.
_PAUSE_SECONDS = (0.0005, 0.0015)

# How long PostgreSQL may wait for a lock, run one statement, and keep a transaction that nothing happens in.
_LOCK_MILLISECONDS = 5000
_STATEMENT_MILLISECONDS = 15_000
_IDLE_MILLISECONDS = 60_000

# In each process; a request that finds all of them in use waits this long for one.
_CONNECTIONS = 5
_MORE_CONNECTIONS = 10
_POOL_SECONDS = 10.0

# A host that does not answer, or is gone in the middle of an answer: seconds, and milliseconds in the last.
_POSTGRESQL_NETWORK: Mapping[str, int] = MappingProxyType(
    {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }
)

_WRITES = "ddcc_writes"


class ConstraintError(StoreError):
    """A constraint does not admit what was to be written, e.g. because a unique key is taken."""


class Database:
    """An open database: `reading()` and `writing()` give a connection inside one transaction."""

    def __init__(self, engine: Engine, place: str, *, file: Path | None = None) -> None:
        self._engine = engine
        self._file = file
        self._turn = threading.Lock()
        self._inode = None if file is None else _inode(file)
        self.place = place

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see one state; raises StoreError."""
        # SQLite reads one state by itself; PostgreSQL's default shows each statement a newer one.
        reader = self._engine
        if self._engine.dialect.name == "postgresql":
            reader = reader.execution_options(isolation_level="REPEATABLE READ")
        with _translated(self.place), reader.connect() as connection:
            self._check_file()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose statements are committed together, or not at all.

        Raises StoreError, MalformedValueError for a value that no column can hold.
        """
        writer = self._engine.execution_options(**{_WRITES: True})
        with self._in_turn(), _translated(self.place), writer.begin() as connection:
            self._check_file()
            yield connection

    def check_writable(self) -> None:
        """Begin and end a transaction that could write; StoreError where none could be."""
        # A lock of another process shows only to whoever asks for it, and a connection only when it is used.
        with self.writing() as connection:
            connection.execute(text("SELECT 1"))

    def forget_deleted(self) -> None:
        """Let what was deleted be gone from SQLite's write-ahead log as well, unless somebody reads just now.

        Deleted rows are overwritten in the file itself, but the log has them until it begins anew. Raises
        StoreError. See https://www.sqlite.org/pragma.html#pragma_wal_checkpoint.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with self._in_turn(), _translated(self.place):
            pooled = self._engine.raw_connection()
            try:
                cursor = pooled.cursor()
                # Whoever reads is not waited for: the next one who forgets something tries again.
                cursor.execute("PRAGMA busy_timeout = 0")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
                cursor.close()
            finally:
                pooled.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let the threads that write to a file wait for each other here.

        SQLite's own waiting is to look again after ever longer pauses, which many threads lose to one.
        """
        if self._file is None:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MILLISECONDS / 1000):
            raise StoreError(f"the database {self.place} failed: database is locked; nothing was changed")
        try:
            yield
        finally:
            self._turn.release()

    def _check_file(self) -> None:
        """Refuse to go on with a file that has no name any more: what is written to it would be lost."""
        if self._file is not None and _inode(self._file) != self._inode:
            raise StoreError(f"the database {self.place} was removed or replaced while it was open")


def open_database(
    url: str, *, tables: MetaData, component: str, migrations: Path, make: bool = True
) -> Database:
    """Open the database at `url`; afterwards it has the component's tables as `tables` describes them.

    `migrations` is the folder of the component's scripts. Without `make` a database that has none of the
    tables is refused: something was kept there, and it is lost. Raises ConfigurationError for a URL that
    names no database, StoreError for one that cannot be opened or was made by a newer program.
    """
    schema = Schema(component, tables, migrations)
    parsed = _parse_url(url)
    place, file = parsed.render_as_string(hide_password=True), None
    if parsed.get_backend_name() == "sqlite":
        place = parsed.database or place
        file = _prepare_file(parsed, make=make)
    database = Database(_engine(parsed, place), place, file=file)
    try:
        _bring_to_newest(database, parsed, schema, make=make)
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


def _prepare_file(url: URL, *, make: bool) -> Path | None:
    """Make the file before SQLite does, because SQLite would give it the process's default mode."""
    if not url.database or url.database == ":memory:":
        return None
    path = Path(url.database)
    try:
        os.close(os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
    except OSError as err:
        raise StoreError(f"cannot open the database {path}: {reason(err)}") from err
    return path


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _engine(url: URL, place: str, *, for_scripts: bool = False) -> Engine:
    """Return an engine for `url`; one for scripts keeps no connections and no foreign keys of SQLite."""
    # Any: what the pool and the driver take is theirs.
    options: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        options["connect_args"] = {
            name: value for name, value in _POSTGRESQL_NETWORK.items() if name not in url.query
        }
    if for_scripts:
        options["poolclass"] = NullPool
    elif url.get_backend_name() == "postgresql" or url.database not in (None, "", ":memory:"):
        options |= {
            "pool_size": _CONNECTIONS,
            "max_overflow": _MORE_CONNECTIONS,
            "pool_timeout": _POOL_SECONDS,
            "pool_pre_ping": url.get_backend_name() == "postgresql",
        }
    try:
        engine = create_engine(url, **options)
    except (ModuleNotFoundError, NoSuchModuleError) as err:
        raise ConfigurationError(f"the driver for the database {place} is not installed: {err}") from err
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_set_up(foreign_keys=not for_scripts))
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _sqlite_set_up(*, foreign_keys: bool) -> Callable[[sqlite3.Connection, ConnectionPoolEntry], None]:
    def set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # Transactions are begun by _begin_sqlite; left to itself the driver would begin them too late.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        # What a program forgets is gone from the file, too: it may have been somebody's credential.
        connection.execute("PRAGMA secure_delete = ON")

    return set_up


def _use_wal(connection: sqlite3.Connection) -> None:
    """Change to the write-ahead log. Of two that begin with one new file SQLite fails one without waiting."""
    until = time.monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as err:
            if err.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def _set_up_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    limits = {
        "lock_timeout": _LOCK_MILLISECONDS,
        "statement_timeout": _STATEMENT_MILLISECONDS,
        "idle_in_transaction_session_timeout": _IDLE_MILLISECONDS,
    }
    # Outside of a transaction, whose end in failure would take the settings back.
    connection.autocommit = True
    cursor = connection.cursor()
    for name, milliseconds in limits.items():
        cursor.execute(f"SET {name} = {milliseconds}")
    cursor.close()
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader can find, at its first write, that another one was faster, and no
    # waiting helps then. Taking the lock at once makes writers wait for each other instead.
    if connection.get_execution_options().get(_WRITES, False):
        _take_write_lock(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_write_lock(connection: Connection) -> None:
    """Ask for the lock of writers at short and even intervals, for as long as SQLite would.

    SQLite's own waiting pauses ever longer, up to 100 ms. A process whose threads hand the lock to each
    other leaves it free for well under a millisecond, and another process would hardly ever find it so.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1000
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as err:
                if not _is_busy(err) or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311  only so that two do not keep step
            else:
                return
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    # The low byte is the primary code; BUSY_SNAPSHOT and BUSY_RECOVERY have it too.
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


def _bring_to_newest(database: Database, url: URL, schema: Schema, *, make: bool) -> None:
    """Make the tables or run the scripts, unless they are there or another process is faster."""
    newest = Found(schema.newest)
    with database.reading() as connection:
        found = find_schema(connection, schema, database.place)
    if found is None and not make:
        raise StoreError(f"the database {database.place} is empty: restore it from a backup")
    if found is None:
        with database.writing() as connection:
            lock(connection)
            found = find_schema(connection, schema, database.place)
            if found is None:
                make_tables(connection, schema)
                return
    if found != newest:
        _bring_forward(database, url, schema)


def _bring_forward(database: Database, url: URL, schema: Schema) -> None:
    scripting = Database(_engine(url, database.place, for_scripts=True), database.place)
    with scripting.writing() as connection:
        lock(connection)
        found = find_schema(connection, schema, database.place)
        if found is None or found == Found(schema.newest):
            return
        bring_forward(connection, schema, found)
    if found.revision != schema.newest:
        _logger.warning(
            "the database %s was brought from %s schema revision %s to %s",
            database.place,
            schema.component,
            found.revision,
            schema.newest,
        )


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Turn the driver's errors into StoreError, without the statement's values: they may be claims."""
    try:
        yield
    except (DataError, OverflowError, UnicodeEncodeError) as err:
        # PostgreSQL's message repeats the value. This says nothing of the database, so nobody should wait.
        kind = type(err.__cause__ or err).__name__
        raise MalformedValueError(f"a value cannot be kept ({kind}); nothing was changed") from err
    except IntegrityError as err:
        raise ConstraintError(_message(place, err)) from err
    except DBAPIError as err:
        raise StoreError(_message(place, err)) from err
    except SQLAlchemyError as err:
        raise StoreError(f"the database {place} failed: {type(err).__name__}; nothing was changed") from err


def _message(place: str, err: DBAPIError) -> str:
    # PostgreSQL's further lines hold the values.
    why = str(err.orig).splitlines()[0] if str(err.orig) else type(err.orig).__name__
    return f"the database {place} failed: {why}; nothing was changed"
