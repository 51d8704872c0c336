"""Tables of a program that does not exist, in two revisions, for tests of databases.

`python -m tests.runtime.things URL SCRIPTS GO` opens a database at revision 2 once the file GO is there,
notes that it did, and says so.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text, insert, select

from runtime.database import Database, open_database

ONE = MetaData()
things = Table(
    "things", ONE, Column("id", Integer, primary_key=True), Column("name", String(50), unique=True)
)
parts = Table(
    "parts",
    ONE,
    Column("id", Integer, primary_key=True),
    Column("thing_id", Integer, ForeignKey("things.id"), nullable=False),
)

TWO = MetaData()
Table(
    "things",
    TWO,
    Column("id", Integer, primary_key=True),
    Column("name", Text, unique=True),
    Column("colour", String(20), nullable=False),
)
Table(
    "parts",
    TWO,
    Column("id", Integer, primary_key=True),
    Column("thing_id", Integer, ForeignKey("things.id"), nullable=False),
)

_FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

def upgrade():
    op.create_table(
        "things", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50), unique=True)
    )
    op.create_table(
        "parts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("thing_id", sa.Integer, sa.ForeignKey("things.id"), nullable=False),
    )
"""

# SQLite cannot change a column's type: the table is replaced, although others refer to it.
_SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    with op.batch_alter_table("things") as batch:
        batch.alter_column("name", type_=sa.Text, existing_type=sa.String(50))
        batch.add_column(sa.Column("colour", sa.String(20), nullable=False, server_default="grey"))
    with op.batch_alter_table("things") as batch:
        batch.alter_column("colour", server_default=None)
"""


def scripts(folder: Path, newest: int) -> Path:
    """Write the scripts up to revision `newest` (1 or 2) and return their folder."""
    versions = folder / f"scripts-{newest}" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for number, script in enumerate([_FIRST, _SECOND][:newest], start=1):
        (versions / f"000{number}_things.py").write_text(script, encoding="utf-8")
    return versions.parent


def open_things(url: str, migrations: Path, *, make: bool = True) -> Database:
    """Open a database at the newest revision of a folder of scripts."""
    tables = TWO if len(list((migrations / "versions").glob("*.py"))) == 2 else ONE
    return open_database(url, tables=tables, component="things", migrations=migrations, make=make)


def names(database: Database) -> list[str]:
    """Return the names of all things."""
    with database.reading() as connection:
        return list(connection.execute(select(things.c.name).order_by(things.c.id)).scalars())


def main(url: str, migrations: str, go: str) -> None:
    """Open the database together with other processes."""
    print("waiting", flush=True)
    deadline = time.monotonic() + 60
    while not Path(go).exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    database = open_things(url, Path(migrations))
    with database.writing() as connection:
        connection.execute(insert(TWO.tables["things"]).values(name=str(os.getpid()), colour="blue"))
    print("opened", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
