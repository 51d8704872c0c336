"""The Digital Bazaar packages of tests/interop as a process that times itself, where node has them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import contexts

_FOLDER = Path(__file__).parents[1] / "tests" / "interop"


def is_present() -> bool:
    """Say whether node and the packages are there (`make interop` installs them)."""
    return shutil.which("node") is not None and (_FOLDER / "node_modules" / ".package-lock.json").exists()


class Partner:
    """A running partner: what it is asked to time it repeats in its own process, without pipe and JSON."""

    def __enter__(self) -> Partner:
        self._process = subprocess.Popen(
            ["node", "partner.mjs"], cwd=_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        known = {url: json.loads(contexts.read_context(url)) for url in contexts.CONTEXTS}
        self.ask("documents", documents=known)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    # Any: JSON as it comes.
    def ask(self, op: str, **arguments: Any) -> Any:
        """Return the result of one request; RuntimeError with the partner's own message if it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def time(self, request: dict[str, Any], *, seconds: float) -> list[float]:
        """Repeat a request for about so many seconds; return the milliseconds of each time."""
        taken: list[float] = self.ask("time", request=request, seconds=seconds)
        return taken
