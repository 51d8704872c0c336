"""How long the command takes until it has answered."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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
        _run(["wallet", "init", *opened])
        commands = {"ddcc --version": ["--version"], "ddcc --help": ["--help"]}
        commands["ddcc wallet list"] = ["wallet", "list", *opened]
        return [_measured(name, arguments, times) for name, arguments in commands.items()]


def _measured(name: str, arguments: Sequence[str], times: int) -> Start:
    taken: list[float] = []
    worked: list[float] = []
    for _ in range(times):
        began, start = _children(), time.perf_counter()
        _run(arguments)
        taken.append((time.perf_counter() - start) * 1000.0)
        worked.append((_children() - began) * 1000.0)
    return Start(name, statistics.median(taken), statistics.median(worked))


def _run(arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "ddcc", *arguments]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _children() -> float:
    """Return the processor seconds of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
