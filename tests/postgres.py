"""A throw-away PostgreSQL server for tests, and an empty place in it for each of them.

The server's programs are Debian's package `postgresql` or whatever PATH has. They refuse to run as root, so
root lends them another user. The cluster lives in a temporary folder and listens there and on a free port of
loopback; a watching process stops it and removes the folder when this one ends, however it ends.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL, make_url

_DRIVER = "postgresql+psycopg"
# What makes it quick: nothing of it has to survive anything.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}
_WATCH = 'cat >/dev/null; "$1" -D "$2/data" -m immediate -t 20 stop >/dev/null 2>&1; rm -rf "$2"'


def programs() -> Path | None:
    """Return the folder of the server's programs, the newest version's; None where there are none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: _number(path.parts[4]),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    if found:
        return found[0].parent
    return Path(on_path).resolve().parent if on_path else None


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    programs: Path
    folder: Path
    port: int
    # Any: what `subprocess` takes to run a program as another user.
    as_user: dict[str, Any]

    @property
    def url(self) -> str:
        """The URL of its database over the port on loopback."""
        return URL.create(
            _DRIVER, username="ddcc", host="127.0.0.1", port=self.port, database="postgres"
        ).render_as_string()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = _SETTINGS | {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.run("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop the server and cut its connections."""
        self.run("pg_ctl", "-w", "-t", "60", "-m", "fast", "stop")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs on this cluster."""
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False, **self.as_user
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running_cluster(folder_of_programs: Path) -> Iterator[Cluster]:
    """Give a new server that is gone afterwards."""
    as_user = _another_user() if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="ddcc-postgres-"))
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    cluster = Cluster(folder_of_programs, folder, _free_port(), as_user)
    watch = ["sh", "-c", _WATCH, "sh", str(folder_of_programs / "pg_ctl"), str(folder)]
    # In a group of its own, so that an interruption from the terminal does not end it before its time.
    watcher = subprocess.Popen(watch, cwd="/", stdin=subprocess.PIPE, start_new_session=True, **as_user)
    try:
        cluster.run("initdb", "-U", "ddcc", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        cluster.start()
        yield cluster
    finally:
        watcher.communicate(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_schema(url: str) -> Iterator[str]:
    """Give a URL of the same database whose tables are in a new schema, which is removed afterwards."""
    name = f"ddcc_test_{secrets.token_hex(6)}"
    # A test may have started the server anew meanwhile, so no connection is kept.
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield (
            make_url(url)
            .update_query_dict({"options": f"-csearch_path={name}"})
            .render_as_string(hide_password=False)
        )
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0


def _another_user() -> dict[str, Any]:
    # Any: see `Cluster.as_user`.
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise LookupError("no user to run PostgreSQL as: it refuses root")


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
