"""Run a module of ours as a process of its own, for as long as a test needs it."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Process:
    """A running process, its output and errors as text."""

    popen: subprocess.Popen[str]

    def read_line(self, seconds: float = 60) -> str:
        """Return the next line of its output, without the end of line; it must come in time."""
        assert self.popen.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.popen.stdout, selectors.EVENT_READ)
            assert selector.select(seconds), "the process said nothing"
        line = self.popen.stdout.readline()
        assert line, self.popen.communicate(timeout=10)
        return line.rstrip("\n")

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self.popen.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 30) -> tuple[int, str]:
        """Return exit code and standard error once it has ended."""
        _, errors = self.popen.communicate(timeout=seconds)
        return self.popen.returncode, errors


@contextmanager
def running(
    module: str, *arguments: object, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[Process]:
    """Run `python -m module`; at the end it is killed if it is still there.

    Its errors go to `log` where one is named, for what says more than a pipe holds.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DDCC_")}
    popen = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if log is None else log.open("w"),
        text=True,
        env=ours | dict(environment or {}),
        # A run that a shell put into the background ignores control-C, and what it starts would, too.
        preexec_fn=_obey_interrupts,
    )
    try:
        yield Process(popen)
    finally:
        popen.kill()
        popen.communicate()


def _obey_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Return once the condition holds; it must do so in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
