"""A small service for tests of processes: `python -m tests.runtime.service FOLDER [--workers N] ...`.

It tells its port on standard output once it answers. GET /pid names the worker, GET /slow makes the file
FOLDER/asked and answers once FOLDER/go is there. With FOLDER/broken no worker starts.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import typer
from fastapi import FastAPI

from runtime.console import reporting_errors
from runtime.serving import TLSFiles, bind, port_of, serve_workers
from vclib.errors import StoreError


def make_app(folder: Path) -> FastAPI:
    """Return the service's application; raises StoreError where FOLDER/broken is."""
    if (folder / "broken").exists():
        raise StoreError("the database is gone")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        (folder / f"closed-{os.getpid()}").touch()

    app = FastAPI(lifespan=lifespan)

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

    return app


def main() -> None:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", type=Path, nargs=2)
    options = parser.parse_args()
    with reporting_errors(), bind("127.0.0.1", options.port) as bound:
        port = port_of(bound)
        serve_workers(
            lambda: make_app(options.folder),
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
