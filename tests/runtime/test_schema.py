"""runtime.schema: an older database is brought forward once, a newer one is left alone, rows are kept."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, inspect, text

from issuer.store import IssuerStore
from runtime.database import Database, sqlite_url
from tests.processes import running
from tests.runtime.things import ONE, names, open_things, parts, scripts, things
from vclib.errors import StoreError
from verifier.store import VerifierStore


def _fill(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(things).values(id=7, name="cup"))
        connection.execute(insert(parts).values(id=1, thing_id=7))
    database.close()


def _made_without_scripts(url: str) -> None:
    """What the first release made: tables, and a note of version 1."""
    engine = create_engine(url)
    with engine.begin() as connection:
        ONE.create_all(connection)
        connection.execute(
            text("CREATE TABLE schema_versions (component VARCHAR(64) PRIMARY KEY, version INTEGER NOT NULL)")
        )
        connection.execute(text("INSERT INTO schema_versions VALUES ('things', 1)"))
        connection.execute(text("INSERT INTO things (id, name) VALUES (7, 'cup')"))
        connection.execute(text("INSERT INTO parts (id, thing_id) VALUES (1, 7)"))
    engine.dispose()


def test_an_older_database_is_brought_forward_and_keeps_its_rows(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _fill(open_things(database_url, scripts(tmp_path, 1)))
    with caplog.at_level(logging.WARNING, "runtime.database"):
        database = open_things(database_url, scripts(tmp_path, 2))
    assert "was brought from things schema revision 0001 to 0002" in caplog.text
    with database.reading() as connection:
        assert connection.execute(text("SELECT id, name, colour FROM things")).all() == [(7, "cup", "grey")]
        assert connection.execute(text("SELECT id, thing_id FROM parts")).all() == [(1, 7)]
    # References still hold, and are looked at again.
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.writing() as connection:
        connection.execute(insert(parts).values(id=2, thing_id=8))
    database.close()


def test_a_database_of_the_first_release_is_recognised(database_url: str, tmp_path: Path) -> None:
    _made_without_scripts(database_url)
    database = open_things(database_url, scripts(tmp_path, 1))
    assert names(database) == ["cup"]
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM things_schema_revision")).all() == [("0001",)]
        # The first release refuses any other number than its 1.
        assert connection.execute(text("SELECT version FROM schema_versions")).all() == [(2,)]
    database.close()


def test_a_database_of_the_first_release_is_brought_forward(database_url: str, tmp_path: Path) -> None:
    _made_without_scripts(database_url)
    database = open_things(database_url, scripts(tmp_path, 2), make=False)
    assert names(database) == ["cup"]
    database.close()
    open_things(database_url, scripts(tmp_path, 2), make=False).close()


def test_a_newer_database_is_refused_by_name_and_untouched(database_url: str, tmp_path: Path) -> None:
    open_things(database_url, scripts(tmp_path, 2)).close()
    engine = create_engine(database_url)
    before = inspect(engine).get_columns("things")
    with pytest.raises(StoreError, match=r"things schema revision 0002, which .* its newest is 0001"):
        open_things(database_url, scripts(tmp_path, 1))
    assert [each["name"] for each in inspect(engine).get_columns("things")] == [
        each["name"] for each in before
    ]
    engine.dispose()


def test_two_programs_share_a_database(database_url: str, tmp_path: Path) -> None:
    stores = (IssuerStore.open(database_url), VerifierStore.open(database_url))
    open_things(database_url, scripts(tmp_path, 1)).close()
    for store in stores:
        store.close()
    engine = create_engine(database_url)
    revisions = {name for name in inspect(engine).get_table_names() if name.endswith("_schema_revision")}
    engine.dispose()
    assert revisions == {f"{name}_schema_revision" for name in ("issuer", "verifier", "things")}


def test_a_script_that_fails_leaves_the_older_database(database_url: str, tmp_path: Path) -> None:
    _fill(open_things(database_url, scripts(tmp_path, 1)))
    folder = scripts(tmp_path, 2)
    broken = folder / "versions" / "0002_things.py"
    broken.write_text(broken.read_text() + "    op.drop_table('nowhere')\n")
    with pytest.raises(StoreError, match="nowhere"):
        open_things(database_url, folder)
    database = open_things(database_url, scripts(tmp_path, 1))
    assert names(database) == ["cup"]
    database.close()


@pytest.mark.parametrize("state", ["empty", "older"])
def test_processes_that_open_at_once_change_the_schema_once(
    database_url: str, tmp_path: Path, state: str
) -> None:
    """M10."""
    if state == "older":
        _made_without_scripts(database_url)
    arguments = (database_url, scripts(tmp_path, 2), tmp_path / "go")
    with ExitStack() as stack:
        processes = [stack.enter_context(running("tests.runtime.things", *arguments)) for _ in range(3)]
        assert [process.read_line() for process in processes] == ["waiting"] * 3
        (tmp_path / "go").touch()
        ended = [process.wait(60) for process in processes]
    assert [code for code, _ in ended] == [0] * 3, ended
    # Who brought it forward says so; the others have nothing to say.
    assert sum("was brought from" in errors for _, errors in ended) == (1 if state == "older" else 0)
    database = open_things(database_url, scripts(tmp_path, 2))
    assert len(names(database)) == 3 + (state == "older")
    database.close()


def test_a_process_killed_while_it_changes_the_schema_leaves_the_older_one(
    database_url: str, tmp_path: Path
) -> None:
    _fill(open_things(database_url, scripts(tmp_path, 1)))
    folder = scripts(tmp_path, 2)
    script = folder / "versions" / "0002_things.py"
    pause = f"    open({str(tmp_path / 'half')!r}, 'w').close()\n    import time; time.sleep(60)\n"
    whole = script.read_text()
    script.write_text(whole + pause)
    (tmp_path / "go").touch()
    with running("tests.runtime.things", database_url, folder, tmp_path / "go") as process:
        assert process.read_line() == "waiting"
        while not (tmp_path / "half").exists():
            assert process.popen.poll() is None
        os.kill(process.popen.pid, signal.SIGKILL)
        process.popen.wait()
    script.write_text(whole)
    database = open_things(database_url, folder)
    assert names(database) == ["cup"]
    database.close()


def test_alembic_is_not_imported_for_a_database_that_is_up_to_date(tmp_path: Path) -> None:
    """It takes as long to import as all the rest of a command."""
    url = sqlite_url(tmp_path / "a.sqlite")
    code = (
        "import sys; from issuer.store import IssuerStore; "
        f"IssuerStore.open({url!r}).close(); IssuerStore.open({url!r}).close(); "
        "print(any(name.partition('.')[0] in ('alembic', 'mako') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"


def test_a_half_written_note_of_the_first_release_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE schema_versions (component TEXT PRIMARY KEY, version INTEGER)")
        connection.execute("INSERT INTO schema_versions VALUES ('things', 3)")
    with pytest.raises(StoreError, match="things schema revision of version 3"):
        open_things(sqlite_url(path), scripts(tmp_path, 1))
