"""`make migration PROGRAM=issuer WHAT="lists have an owner"`: begin the script that a changed table needs.

What Alembic finds between the scripts so far and the tables that the program describes is written as the next
script, to be read and corrected before it is kept: it does not know what to do with rows, for one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from runtime.schema import Schema
from tests.test_migrations import PROGRAMS, run_all

_SCRIPT = '''"""{what}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """Change the tables."""
    {changes}
'''


def new_migration(program: str, what: str) -> Path:
    """Write the next script of a program and return its path."""
    tables, migrations = PROGRAMS[program]
    before = Schema(program, tables, migrations).newest
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        run_all(connection, migrations)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        operations = produce_migrations(context, tables).upgrade_ops
    assert operations is not None
    revision = f"{int(before) + 1:04}"
    name = re.sub(r"[^a-z0-9]+", "_", what.lower()).strip("_")
    path = migrations / "versions" / f"{revision}_{name}.py"
    rendered = render_python_code(operations, render_as_batch=True)
    changes = "\n".join(
        line for line in rendered.splitlines() if not line.strip().startswith("# ###")
    ).strip()
    path.write_text(
        _SCRIPT.format(what=what.rstrip("."), revision=revision, before=before, changes=changes),
        encoding="utf-8",
    )
    return path


if __name__ == "__main__":
    print(new_migration(*sys.argv[1:]))
