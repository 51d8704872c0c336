"""The other implementation, as a process that answers one JSON line with one JSON line."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import contexts

FOLDER = Path(__file__).parent
ANSWER_SECONDS = 60


class PartnerError(Exception):
    """The other implementation refused a request; the message is its own."""


class Partner:
    """A running `partner.mjs`; `ask("verify", ...)` returns its result. Any: JSON as it comes."""

    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, "partner.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, op: str, **arguments: Any) -> Any:
        """Send one request and return its result; PartnerError if it was refused or nothing came back."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self._process.stdin.flush()
        try:
            answer = json.loads(self._answers.get(timeout=ANSWER_SECONDS))
        except queue.Empty:
            raise PartnerError(f"no answer to {op} within {ANSWER_SECONDS} seconds") from None
        if "error" in answer:
            raise PartnerError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=ANSWER_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put('{"error": "the process has ended, see its messages above"}')


@pytest.fixture(scope="session")
def partner() -> Iterator[Partner]:
    """The Digital Bazaar packages, given our context documents; skipped where they are not installed."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / ".package-lock.json").exists():
        reason = "needs node and the packages of tests/interop: run `make interop`"
        if os.environ.get("DDCC_REQUIRE_INTEROP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    running = Partner(node)
    running.ask(
        "documents", documents={url: json.loads(contexts.read_context(url)) for url in contexts.CONTEXTS}
    )
    yield running
    running.close()
