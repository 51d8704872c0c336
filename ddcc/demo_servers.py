"""The servers of the demonstration: child processes that are stopped however it ends.

Each is the real command (`python -m ddcc issuer serve ...`) with a log file of its own; it is ready when it
prints its line. They are started all at once and waited for later, since starting takes them a moment. Not
here: what they serve, and what is asked of them.
"""

from __future__ import annotations

import contextlib
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from runtime.serving import bind_loopback, port_of
from vclib.errors import StoreError

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_LOG_LINES = 5


@dataclass(frozen=True)
class Server:
    """A process that serves, the command that began it, and the file of its log."""

    command: str
    log: Path
    process: subprocess.Popen[str]

    def wait_until_ready(self) -> str:
        """Return the line that it prints when it answers; StoreError if it ends or says nothing."""
        output = self.process.stdout
        if output is None:
            raise StoreError("the server's output was not kept")
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            line = output.readline() if selector.select(_START_SECONDS) else ""
        if not line:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
            raise StoreError(f"`{self.command}` does not answer; {self.log} ends with: {end}")
        return line.rstrip("\n")


@dataclass
class Servers:
    """The servers that run."""

    running: list[Server] = field(default_factory=list)

    def start(self, *arguments: object, log: Path) -> Server:
        """Begin `ddcc ARGUMENTS...`; its output is awaited by `Server.wait_until_ready`."""
        words = [str(argument) for argument in arguments]
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "ddcc", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        command = f"{shlex.join(['ddcc', *words])} 2> {shlex.quote(str(log))} &"
        server = Server(command, log, process)
        self.running.append(server)
        return server

    def stop(self) -> None:
        """Let all end what they are doing, and see to it that they do end."""
        for server in self.running:
            server.process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for server in self.running:
            try:
                server.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
            if server.process.stdout is not None:
                server.process.stdout.close()
        self.running.clear()


@contextlib.contextmanager
def serving() -> Iterator[Servers]:
    """Give servers that are stopped at the end, also if this process is told to end."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    servers = Servers()
    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield servers
    finally:
        servers.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody uses at this moment."""
    with contextlib.ExitStack() as stack:
        return [port_of(stack.enter_context(bind_loopback(0))) for _ in range(count)]
