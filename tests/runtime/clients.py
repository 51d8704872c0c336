"""Clients of the small service in `tests.runtime.service`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.processes import Process, running, wait_until

SERVICE = "tests.runtime.service"


@contextmanager
def service(folder: Path, *options: object) -> Iterator[tuple[Process, str]]:
    """Run the service, and give it with its URL once it answers."""
    with running(SERVICE, folder, *options) as process:
        yield process, f"http://127.0.0.1:{process.read_line()}"


def ask_pid(url: str) -> int:
    """Return the worker that answers a new connection."""
    return int(httpx.get(f"{url}/pid", timeout=30).text)


def pids(url: str, wanted: int) -> set[int]:
    """Ask with a new connection each time until `wanted` workers have answered."""
    found: set[int] = set()

    def have_answered() -> bool:
        found.add(ask_pid(url))
        return len(found) >= wanted

    wait_until(have_answered)
    return found
