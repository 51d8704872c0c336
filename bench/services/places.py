"""Where the databases of a benchmark are: small ones made anew, and filled ones that are kept.

To fill a database takes minutes, so it is kept in a cache folder under a name that tells what it was made
for: the schema's revisions, how many credentials, the ports that stand in its lists. A run adds a few
thousand credentials to it. PostgreSQL is a server of our own, with the settings of one in earnest: what it
said is kept has reached the disk. Not here: the rows (`filling`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, NullPool, create_engine, inspect, text
from sqlalchemy.engine import make_url

from bench.services.filling import Progress, fill_issuer, fill_verifier
from bench.services.programs import Site
from issuer.store import MIGRATIONS as ISSUER_MIGRATIONS
from runtime.database import sqlite_url
from tests.postgres import programs, running_cluster
from verifier.store import MIGRATIONS as VERIFIER_MIGRATIONS

DATABASES = ("SQLite", "PostgreSQL")
# As a server in earnest, with memory for its pages as fits a small machine.
_DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
}


@dataclass(frozen=True)
class Stored:
    """How many credentials there are before anything is measured, and two ports of loopback."""

    count: int
    issuer_port: int
    verifier_port: int


class Databases(Protocol):
    """Databases of one kind, by name."""

    def url(self, name: str) -> str:
        """Return the URL of a database."""

    def make(self, name: str) -> None:
        """Make room for a new database."""

    def has(self, name: str) -> bool:
        """Whether a database is there."""

    def rename(self, name: str, to: str) -> None:
        """Give a database another name."""

    def remove(self, name: str) -> None:
        """Remove a database if it is there."""

    def settle(self, name: str) -> None:
        """Do what a server does by itself some time after many rows came."""

    def version(self) -> str | None:
        """Return the server's version, where there is a server."""


@contextmanager
def open_databases(kind: str, cache: Path) -> Iterator[Databases]:
    """Give the databases of a kind in the cache folder.

    Raises LookupError without PostgreSQL's programs, PermissionError for a folder of somebody else.
    """
    cache.mkdir(parents=True, exist_ok=True)
    if cache.stat().st_uid != os.getuid():
        raise PermissionError(f"{cache} belongs to somebody else")
    if kind == "SQLite":
        yield _Files(cache)
        return
    found = programs()
    if found is None:
        raise LookupError("PostgreSQL's programs are not on this machine (Debian: postgresql)")
    folder = cache / f"postgresql-{found.parent.name}"
    with running_cluster(found, settings=_DURABLE, kept_in=folder) as cluster:
        engine = create_engine(cluster.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        yield _Schemas(cluster.url, engine)


@contextmanager
def site_with(
    databases: Databases, stored: Stored, folder: Path, *, keep: bool, progress: Progress
) -> Iterator[Site]:
    """Give a site whose databases hold so many credentials; they are gone afterwards unless they are kept."""
    what = f"{'filled' if keep else 'small'}_{_revisions()}_{stored.count}_{stored.issuer_port}"
    names = (f"issuer_{what}", f"verifier_{what}")
    if not keep:
        _remove(databases, names)
    parts = (f"{names[0]}_part", f"{names[1]}_part")
    filling = _site(databases, parts, stored, folder)
    fillers: tuple[Callable[[], None], ...] = (
        lambda: fill_issuer(filling, stored.count, progress),
        lambda: fill_verifier(filling, stored.count),
    )
    for name, part, fill in zip(names, parts, fillers, strict=True):
        if databases.has(name):
            continue
        databases.remove(part)
        databases.make(part)
        fill()
        databases.rename(part, name)
        databases.settle(name)
    try:
        yield _site(databases, names, stored, folder)
    finally:
        if not keep:
            _remove(databases, names)


class _Files:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str) -> str:
        return sqlite_url(self._file(name))

    def make(self, name: str) -> None:
        return

    def has(self, name: str) -> bool:
        return self._file(name).exists()

    def rename(self, name: str, to: str) -> None:
        # Closed before, so there is no log beside the file.
        self._file(name).rename(self._file(to))

    def remove(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._folder.joinpath(f"{name}.sqlite{suffix}").unlink(missing_ok=True)

    def settle(self, name: str) -> None:
        return

    def version(self) -> str | None:
        return None

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite"


class _Schemas:
    def __init__(self, url: str, engine: Engine) -> None:
        self._url = url
        self._engine = engine

    def make(self, name: str) -> None:
        self._do(f'CREATE SCHEMA "{name}"')

    def url(self, name: str) -> str:
        url = make_url(self._url).update_query_dict({"options": f"-csearch_path={name}"})
        return url.render_as_string(hide_password=False)

    def has(self, name: str) -> bool:
        with self._engine.connect() as connection:
            return name in inspect(connection).get_schema_names()

    def rename(self, name: str, to: str) -> None:
        self._do(f'ALTER SCHEMA "{name}" RENAME TO "{to}"')

    def remove(self, name: str) -> None:
        self._do(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')

    def settle(self, name: str) -> None:
        with self._engine.connect() as connection:
            tables = inspect(connection).get_table_names(schema=name)
        for table in tables:
            self._do(f'VACUUM (ANALYZE) "{name}"."{table}"')

    def version(self) -> str | None:
        with self._engine.connect() as connection:
            return str(connection.execute(text("SHOW server_version")).scalar_one()).partition(" ")[0]

    def _do(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


def _site(databases: Databases, names: tuple[str, str], stored: Stored, folder: Path) -> Site:
    issuer, verifier = (databases.url(name) for name in names)
    return Site(folder, issuer, verifier, stored.issuer_port, stored.verifier_port)


def _remove(databases: Databases, names: tuple[str, ...]) -> None:
    for name in names:
        databases.remove(name)


def _revisions() -> str:
    """Return the newest revisions of both programs' tables."""
    return "_".join(
        max(path.name.partition("_")[0] for path in (folder / "versions").glob("[0-9]*_*.py"))
        for folder in (ISSUER_MIGRATIONS, VERIFIER_MIGRATIONS)
    )
