"""A small service for tests of processes: `python -m tests.runtime.service FOLDER [--workers N] ...`.

It tells its port on standard output once it answers. GET /pid names the worker, GET /slow makes the file
FOLDER/asked and answers once FOLDER/go is there, POST /things keeps a name. With FOLDER/broken
no worker starts.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer
from fastapi import FastAPI
from fastapi.responses import Response
from sqlalchemy import insert, text

from runtime.console import reporting_errors
from runtime.database import sqlite_url
from runtime.logs import configure_logging
from runtime.service_app import create_service_app
from runtime.serving import TLSFiles, bind, port_of, serve_workers
from runtime.web import JSONBody, json_response
from tests.runtime.things import open_things, scripts, things
from vclib.errors import StoreError


def make_app(folder: Path, url: str) -> FastAPI:
    """Return the service's application; raises StoreError where FOLDER/broken is."""
    if (folder / "broken").exists():
        raise StoreError("the database is gone")
    database = open_things(url, scripts(folder / "scripts", 1))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()
        (folder / f"closed-{os.getpid()}").touch()

    def ready() -> None:
        with database.writing() as connection:
            connection.execute(text("SELECT 1"))

    app = create_service_app("test", version="1", ready=ready, clock=lambda: datetime.now(UTC), rate=None)
    app.router.lifespan_context = lifespan

    @app.get("/pid")
    def pid() -> int:
        return os.getpid()

    @app.get("/slow")
    def slow() -> str:
        (folder / "asked").touch()
        deadline = time.monotonic() + 20
        while not (folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return "done"

    @app.post("/things")
    def add(body: JSONBody) -> Response:
        with database.writing() as connection:
            connection.execute(insert(things).values(name=body["name"]))
        return json_response({}, status=201)

    return app


def main() -> None:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", type=Path, nargs=2)
    parser.add_argument("--database")
    parser.add_argument("--json-logs", action="store_true")
    options = parser.parse_args()
    if options.json_logs:
        configure_logging()
    url = options.database or sqlite_url(options.folder / "service.sqlite")
    with reporting_errors(), bind("127.0.0.1", options.port) as bound:
        port = port_of(bound)
        serve_workers(
            lambda: make_app(options.folder, url),
            bound,
            workers=options.workers,
            tls=TLSFiles(*options.tls) if options.tls else None,
            on_ready=lambda: print(port, flush=True),
        )


if __name__ == "__main__":
    try:
        main()
    except typer.Exit as err:
        sys.exit(err.exit_code)
