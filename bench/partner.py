"""Other implementations as processes that time themselves: what they repeat goes through no pipe.

Digital Bazaar's packages on node, where tests/interop has them; openvc-core from the package index, in an
environment of its own that is made when it is asked for. It is under the LGPL and is no dependency: it runs
as a program beside the bench, and nothing of it is part of this one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import contexts

_FOLDER = Path(__file__).parents[1] / "tests" / "interop"
OPENVC = "openvc-core[data-integrity]==1.37.0"


def is_present() -> bool:
    """Say whether node and the packages are there (`make interop` installs them)."""
    return shutil.which("node") is not None and (_FOLDER / "node_modules" / ".package-lock.json").exists()


def digital_bazaar() -> Partner:
    """Return Digital Bazaar's packages, not yet running."""
    return Partner(["node", "partner.mjs"], _FOLDER)


def openvc() -> Partner:
    """Return openvc-core, installed but not yet running; CalledProcessError if it cannot be installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ddcc-bench"
    folder = cache / OPENVC.rpartition("==")[2]
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", OPENVC], check=True, timeout=300)
        (folder / "installed").touch()
    return Partner([str(python), str(Path(__file__).with_name("openvc_child.py"))], folder)


class Partner:
    """A running partner: what it is asked to time it repeats in its own process, without pipe and JSON."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command, self._folder = command, folder

    def __enter__(self) -> Partner:
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
