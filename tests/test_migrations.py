"""The scripts of each program lead to the tables that the program describes, on both kinds of database.

Who changes a table writes a script: `make migration PROGRAM=issuer WHAT="lists have an owner"` begins one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, inspect, text

import issuer.store
import issuer.tables
import verifier.store
from runtime.schema import Schema

PROGRAMS: dict[str, tuple[MetaData, Path]] = {
    "issuer": (issuer.tables.all_tables(), issuer.store.MIGRATIONS),
    "verifier": (verifier.store.all_tables(), verifier.store.MIGRATIONS),
}


def run_all(connection: Connection, migrations: Path) -> None:
    """Run all scripts of a folder on an empty database."""
    scripts = ScriptDirectory(str(migrations))
    with Operations.context(MigrationContext.configure(connection)):
        for script in reversed(list(scripts.iterate_revisions("head", "base"))):
            script.module.upgrade()


def _described(connection: Connection, tables: MetaData) -> dict[str, Any]:
    """What the database says of the tables. Any: descriptions of every kind."""
    found = inspect(connection)
    return {
        name: {
            # In no order: a column that comes later stands last, and is only ever named.
            "columns": sorted(
                (each["name"], str(each["type"]), each["nullable"]) for each in found.get_columns(name)
            ),
            "key": found.get_pk_constraint(name)["constrained_columns"],
            "unique": sorted(tuple(each["column_names"]) for each in found.get_unique_constraints(name)),
            "indexes": sorted(
                (tuple(each["column_names"]), bool(each["unique"])) for each in found.get_indexes(name)
            ),
            "references": sorted(
                (tuple(each["constrained_columns"]), each["referred_table"], tuple(each["referred_columns"]))
                for each in found.get_foreign_keys(name)
            ),
        }
        for name in sorted(tables.tables)
    }


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_scripts_lead_to_the_tables_that_the_program_describes(program: str, database_url: str) -> None:
    tables, migrations = PROGRAMS[program]
    engine = create_engine(database_url)
    with engine.begin() as connection:
        run_all(connection, migrations)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables) == []
        by_scripts = _described(connection, tables)
        # What autogeneration does not compare, e.g. keys, is compared as the database tells it.
        tables.drop_all(connection)
        tables.create_all(connection)
        assert _described(connection, tables) == by_scripts
    engine.dispose()


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_scripts_are_one_line_named_by_their_numbers(program: str) -> None:
    tables, migrations = PROGRAMS[program]
    scripts = ScriptDirectory(str(migrations))
    in_line = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(in_line) == Schema(program, tables, migrations).revisions()
    assert in_line == [f"{number:04}" for number in range(1, len(in_line) + 1)]


def test_lists_and_challenges_of_the_first_release_are_kept(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for program, rows in (
            ("issuer", "INSERT INTO status_lists VALUES (1, 'revocation', 3, 'https://s.example/r-3', 8, 2)"),
            ("verifier", "INSERT INTO challenges VALUES ('c', 'https://v.example', '2026-01-01', NULL)"),
        ):
            scripts = ScriptDirectory(str(PROGRAMS[program][1]))
            first, *later = reversed(list(scripts.iterate_revisions("head", "base")))
            with Operations.context(MigrationContext.configure(connection)):
                first.module.upgrade()
                connection.execute(text(rows))
                for script in later:
                    script.module.upgrade()
        named = connection.execute(text("SELECT name, url, used FROM status_lists")).one()
        assert tuple(named) == ("revocation-3", "https://s.example/r-3", 2)
        assert connection.execute(text("SELECT challenge, uses FROM challenges")).one() == ("c", 0)
    engine.dispose()
