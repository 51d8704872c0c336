"""The schema of one program's tables in a database: which revision is there, and how it becomes the newest.

Each program has a folder of Alembic scripts, `versions/0001_what.py` and so on in one line: the number is the
revision's name, the highest one is what the program needs. An empty database gets the newest tables at
once; an older one is brought forward script by script; a newer one belongs to a newer program and is refused
by name. Each program notes its revision in a table of its own, so that two can share a database. Whoever
calls holds one transaction around all of it, and `lock` makes processes wait for each other.

A database of the first releases, which had no scripts, is at revision 0001; its note is changed, so that such
a release refuses what newer ones have made.

Alembic is imported only where a script has to run: it would double the time in which a command starts.
Source: https://alembic.sqlalchemy.org/en/latest/api/runtime.html. Not here: opening databases.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    column,
    insert,
    inspect,
    select,
    table,
    text,
    update,
)

from vclib.errors import StoreError

_FIRST_REVISION = "0001"

# What the first releases noted, and what they must find so that they keep away.
_UNSCRIPTED, _SCRIPTED = 1, 2
_FIRST_NOTES = MetaData()
_first_notes = Table(
    "schema_versions",
    _FIRST_NOTES,
    Column("component", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
)

# A number of ours among PostgreSQL's advisory locks: the ASCII codes of "ddcc".
_LOCK = 0x64646363
_LOCK_SECONDS = 300


@dataclass(frozen=True)
class Schema:
    """The tables of `component`, and the folder of the scripts that lead to them."""

    component: str
    tables: MetaData
    migrations: Path

    @property
    def revision_table(self) -> str:
        """The name of the table that holds the revision found in a database."""
        return f"{self.component}_schema_revision"

    def revisions(self) -> tuple[str, ...]:
        """Return the names of all revisions, oldest first."""
        scripts = (self.migrations / "versions").glob("[0-9]*_*.py")
        return tuple(sorted(script.name.partition("_")[0] for script in scripts))

    @property
    def newest(self) -> str:
        """The revision that `tables` are at."""
        return self.revisions()[-1]


@dataclass(frozen=True)
class Found:
    """The revision of the tables that are there; the first releases did not note it."""

    revision: str
    is_noted: bool = True


def find_schema(connection: Connection, schema: Schema, place: str) -> Found | None:
    """Return what is there of the program's tables, None where there is nothing.

    Raises StoreError for a revision that this program does not know; `place` names the database in it.
    """
    revision = _noted_revision(connection, schema)
    found = None if revision is None else Found(revision)
    if found is None:
        version = _first_note(connection, schema)
        if version is None:
            return None
        revision = _FIRST_REVISION if version == _UNSCRIPTED else f"of version {version}"
        found = Found(revision, is_noted=False)
    if found.revision not in schema.revisions():
        raise StoreError(
            f"the database {place} has {schema.component} schema revision {found.revision[:40]}, which this "
            f"program does not know: its newest is {schema.newest}; a newer program made it"
        )
    return found


def lock(connection: Connection) -> None:
    """Wait until no other process changes a schema; SQLite's writer has the whole database anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def make_tables(connection: Connection, schema: Schema) -> None:
    """Make the newest tables in a database that has none of this program."""
    schema.tables.create_all(connection)
    _note(connection, schema, schema.newest)


def bring_forward(connection: Connection, schema: Schema, found: Found) -> None:
    """Run the scripts that lead from what was found to the newest revision."""
    if found.revision != schema.newest:
        _run_scripts(connection, schema, found.revision)
    _note(connection, schema, schema.newest)
    if connection.dialect.name == "sqlite":
        # Scripts run without foreign keys, because SQLite replaces tables in order to change them.
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreError(f"the new schema would break references of the table {broken[0]}")


def _run_scripts(connection: Connection, schema: Schema, found: str) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(schema.migrations)).iterate_revisions(schema.newest, found)
    with Operations.context(MigrationContext.configure(connection)):
        for script in reversed(list(scripts)):
            script.module.upgrade()


def _noted_revision(connection: Connection, schema: Schema) -> str | None:
    if not inspect(connection).has_table(schema.revision_table):
        return None
    noted = table(schema.revision_table, column("version_num", String))
    return connection.execute(select(noted.c.version_num)).scalar_one_or_none()


def _first_note(connection: Connection, schema: Schema) -> int | None:
    if not inspect(connection).has_table(_first_notes.name):
        return None
    noted = select(_first_notes.c.version).where(_first_notes.c.component == schema.component)
    return connection.execute(noted).scalar_one_or_none()


def _note(connection: Connection, schema: Schema, revision: str) -> None:
    """Write down which revision the tables are at now, in the shape that Alembic gives to such a note."""
    notes = Table(schema.revision_table, MetaData(), Column("version_num", String(32), primary_key=True))
    notes.create(connection, checkfirst=True)
    if connection.execute(update(notes).values(version_num=revision)).rowcount == 0:
        connection.execute(insert(notes).values(version_num=revision))
    _FIRST_NOTES.create_all(connection)
    of_this = {"component": schema.component, "version": _SCRIPTED}
    first = update(_first_notes).where(_first_notes.c.component == schema.component)
    if connection.execute(first.values(of_this)).rowcount == 0:
        connection.execute(insert(_first_notes).values(of_this))
