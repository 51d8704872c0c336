"""How long the command takes until it has answered.

As it is where people use it: its modules compiled, as Python does when they are first imported. An
environment that forbids that (PYTHONDONTWRITEBYTECODE) would have each start compile them all.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True)
class Start:
    """The medians of one command: milliseconds by the clock, and of processor time."""

    command: str
    wall_ms: float
    processor_ms: float


def measure_starts(times: int = 5) -> list[Start]:
    """Time `ddcc --version`, `ddcc --help` and `ddcc wallet list` on a new wallet."""
    with tempfile.TemporaryDirectory() as folder:
        passphrase = Path(folder) / "passphrase"
        passphrase.write_text("a passphrase for the bench\n", encoding="utf-8")
        opened = ["--wallet", f"{folder}/wallet.ddcc", "--passphrase-file", str(passphrase)]
        environment = {name: value for name, value in os.environ.items() if name != _NOT_COMPILED}
        environment["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        _run(["wallet", "init", *opened], environment)
        commands = {"ddcc --version": ["--version"], "ddcc --help": ["--help"]}
        commands["ddcc wallet list"] = ["wallet", "list", *opened]
        return [_measured(name, arguments, environment, times) for name, arguments in commands.items()]


def _measured(name: str, arguments: Sequence[str], environment: Mapping[str, str], times: int) -> Start:
    taken: list[float] = []
    worked: list[float] = []
    _run(arguments, environment)
    for _ in range(times):
        began, start = _children(), time.perf_counter()
        _run(arguments, environment)
        taken.append((time.perf_counter() - start) * 1000.0)
        worked.append((_children() - began) * 1000.0)
    return Start(name, statistics.median(taken), statistics.median(worked))


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "ddcc", *arguments]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, env=environment)


def _children() -> float:
    """Return the processor seconds of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
