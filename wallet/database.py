"""The door to SQLite for the wallet: how its file is made, opened, locked, and how its errors read.

Rollback journal (DELETE) and synchronous=EXTRA: one file at rest, and a commit is done only when the deleted
journal is on the disk too, so that a power cut leaves the old or the new state (threat K4). Deleted content
is overwritten; temporary tables stay in memory (K8). A file whose schema is not exactly ours is refused, for
a schema can hold triggers. Sources: https://www.sqlite.org/pragma.html, https://www.sqlite.org/security.html.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from runtime.atomic import OWNER_ONLY, reason, sync_directory, take_free_name, temporary_beside
from vclib.errors import StoreError
from wallet.filesystem import network_filesystem

# "DDCW" in SQLite's field for the kind of a file; `user_version` holds the version of the format.
APPLICATION_ID = 0x44444357
FORMAT_VERSION = 1
# The same with a table for the master key under a recovery phrase; made when the first phrase is.
FORMAT_WITH_RECOVERY = 2

# https://www.sqlite.org/fileformat.html section 1.3: how a file begins, where its application id ends.
_MAGIC = b"SQLite format 3\0"
_APPLICATION_ID_END = 72

DAMAGED = "the wallet file was altered or damaged"

_SCHEMA = (
    "CREATE TABLE items (id BLOB PRIMARY KEY, sealed BLOB NOT NULL)",
    "CREATE TABLE wallet (one INTEGER PRIMARY KEY CHECK (one = 1), master_key BLOB NOT NULL, "
    "manifest BLOB NOT NULL, backup_note BLOB NOT NULL)",
)
RECOVERY_TABLE = "CREATE TABLE recovery (one INTEGER PRIMARY KEY CHECK (one = 1), sealed BLOB NOT NULL)"
# As the statements stand in the file, by the names of their tables.
_SCHEMAS = {FORMAT_VERSION: _SCHEMA, FORMAT_WITH_RECOVERY: (_SCHEMA[0], RECOVERY_TABLE, _SCHEMA[1])}
# What belongs to each connection; the rest of the file's properties is fixed when it is made.
_PRAGMAS = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA locking_mode = EXCLUSIVE",
)
_MESSAGES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file is read-only",
    sqlite3.SQLITE_BUSY: "it is open in another program",
    sqlite3.SQLITE_LOCKED: "it is open in another program",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: "it is not a wallet file",
}


@contextlib.contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn SQLite's errors into StoreError: what was being done to which file, and why it did not happen."""
    try:
        yield
    except sqlite3.Error as err:
        # The low byte is the primary code; the rest says more than a holder can use.
        code = getattr(err, "sqlite_errorcode", 0) & 0xFF
        why = _MESSAGES.get(code, "the database refuses it")
        raise StoreError(f"cannot {doing} {path}: {why}; nothing was changed") from err
    except OSError as err:
        raise StoreError(f"cannot {doing} {path}: {reason(err)}; nothing was changed") from err


def create(path: Path, *, master_key: bytes, manifest: bytes, backup_note: bytes) -> None:
    """Make a new wallet file, complete or not at all; raises StoreError, also if the name is taken."""
    with translated(path, "make the wallet"):
        if path.exists():
            raise StoreError(f"there is a file already at {path}; nothing was changed")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_network_share(path)
        temporary = temporary_beside(path)
        try:
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
            _write_new(temporary, (1, master_key, manifest, backup_note))
            take_free_name(temporary, path)
            sync_directory(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open a wallet file and lock it until the connection is closed.

    Raises StoreError if there is none, it is another kind of file, or another program has it open.
    """
    with translated(path, "open the wallet"):
        if not path.exists():
            raise StoreError(f"there is no wallet at {path}; make one with: ddcc wallet init")
        if not read_only:
            _refuse_network_share(path)
        _refuse_other_file(path)
        connection = _connection(path, "ro" if read_only else "rw")
        try:
            _lock(connection, read_only=read_only)
            _check_format(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def has_recovery(connection: sqlite3.Connection) -> bool:
    """Say whether the file has a place for the master key under a recovery phrase."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == FORMAT_WITH_RECOVERY)


def put_recovery(connection: sqlite3.Connection, sealed: bytes) -> None:
    """Write the master key as it is sealed under a recovery phrase, within a transaction of the caller."""
    if not has_recovery(connection):
        connection.execute(RECOVERY_TABLE)
        connection.execute(f"PRAGMA user_version = {FORMAT_WITH_RECOVERY}")
    connection.execute("INSERT OR REPLACE INTO recovery VALUES (1, ?)", (sealed,))


def drop_recovery(connection: sqlite3.Connection) -> None:
    """Take the table out again, within a transaction of the caller."""
    connection.execute("DROP TABLE recovery")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")


def _refuse_other_file(path: Path) -> None:
    """Refuse what is no wallet before SQLite sees it, which already by opening changes an empty file.

    Where a journal lies beside the file, what a crash left half written is judged after it was rolled back.
    """
    if not path.is_file():
        raise StoreError(f"cannot open the wallet {path}: it is not a file")
    with path.open("rb") as file:
        header = file.read(_APPLICATION_ID_END)
    ours = header.startswith(_MAGIC) and header.endswith(APPLICATION_ID.to_bytes(4, "big"))
    if not ours and not path.with_name(f"{path.name}-journal").exists():
        raise StoreError(f"cannot open the wallet {path}: it is not a wallet file; nothing was changed")


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    # A path may hold "?" or "#", which a URI would read as more than a name.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=0,
        check_same_thread=False,
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _lock(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """Take the lock that the exclusive mode then keeps; this also rolls back what a crash left half done."""
    if read_only:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    else:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{path} is not a wallet file")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in _SCHEMAS:
        newest = max(_SCHEMAS)
        raise StoreError(f"{path} has wallet format {version}, this program reads up to {newest}")
    statements = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    if tuple(row[0] for row in statements) != _SCHEMAS[version]:
        raise StoreError(f"{path}: {DAMAGED}")


def _write_new(path: Path, row: tuple[int, bytes, bytes, bytes]) -> None:
    connection = _connection(path, "rw")
    try:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO wallet VALUES (?, ?, ?, ?)", row)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _refuse_network_share(path: Path) -> None:
    kind = network_filesystem(path)
    if kind is not None:
        raise StoreError(
            f"{path} is on a network share ({kind}), which may lose a save: keep the wallet on a local disk"
        )
