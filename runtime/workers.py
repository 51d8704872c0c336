"""Worker processes: forked, watched, started again when they die, and stopped together.

The first process does no work. It forks the workers while it has one thread and nothing open that must not
be shared, waits, and answers to signals; each worker opens its own database and sessions after the fork. A
worker that dies, by a fault or by `kill -9`, takes nothing with it and is replaced, each time a little later
than before; where none can be started any more the whole ends with the reason. A worker whose first process
is gone ends by itself, too: it holds the reading end of a pipe that nobody writes to.

Not here: what workers do (`runtime.serving`).
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from vclib.errors import ConfigurationError, SealingError, StoreError, VCError

_logger = logging.getLogger(__name__)

_START_SECONDS = 60.0
# Whoever lives longer than this has started well.
_SETTLED_SECONDS = 5.0
_FIRST_DELAY_SECONDS = 0.2
_MAX_DELAY_SECONDS = 30.0
_MAX_FAILURES = 5

_READY = b"R"
_MAX_REPORT_BYTES = 4000
# The reasons of a worker that does not start, as the first process tells them; anything else is a setting's.
_REASONS: tuple[type[VCError], ...] = (SealingError, StoreError, ConfigurationError)


class Worker:
    """What a worker process knows of the first one: how to say that it is ready, and whether it is there."""

    def __init__(self, report: int, lifeline: int) -> None:
        self._report = report
        # Readable (at its end) once the first process is gone or asks all workers to stop.
        self.lifeline = lifeline

    def ready(self) -> None:
        """Say that this worker does its work."""
        os.write(self._report, _READY)


@dataclass
class _Child:
    pid: int
    report: int
    started: float
    is_ready: bool = False
    said: bytes = b""


def run_workers(
    work: Callable[[Worker], None],
    *,
    workers: int,
    on_ready: Callable[[], None],
    on_stop: Callable[[], None],
    stop_seconds: float,
) -> None:
    """Run `work` in `workers` processes until SIGINT or SIGTERM; must be called in the main thread.

    `on_ready` is called once all of them are ready, `on_stop` before they are asked to end by SIGTERM; those
    that have not ended after `stop_seconds`, or at a second signal, are killed. Raises what the first worker
    could not start for (StoreError, ConfigurationError), or ConfigurationError where none stays alive.
    """
    supervisor = _Supervisor(work, workers)
    with _signals() as wake:
        try:
            supervisor.run(wake, on_ready)
        finally:
            on_stop()
            supervisor.stop(wake, stop_seconds)


class _Supervisor:
    def __init__(self, work: Callable[[Worker], None], workers: int) -> None:
        self._work = work
        self._count = workers
        self._children: dict[int, _Child] = {}
        self._lifeline, self._lifeline_end = os.pipe()
        self._was_ready = False
        self._failures = 0
        self._not_before = 0.0

    def run(self, wake: int, on_ready: Callable[[], None]) -> None:
        """Keep the workers running until `wake` is readable."""
        while True:
            while len(self._children) < self._count and time.monotonic() >= self._not_before:
                self._start(wake)
            readable = _wait([wake, *self._children], self._patience())
            if wake in readable:
                return
            for report in readable:
                self._listen(self._children[report])
            self._end_late_ones()
            if not self._was_ready and self._number_ready() == self._count:
                self._was_ready = True
                on_ready()

    def stop(self, wake: int, seconds: float) -> None:
        """Ask all workers to end, and kill those that do not in time."""
        os.close(self._lifeline_end)
        with suppress(BlockingIOError):
            os.read(wake, 100)
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self._children and time.monotonic() < deadline:
            readable = _wait([wake, *self._children], deadline - time.monotonic())
            if wake in readable:
                break
            for report in readable:
                if not os.read(report, _MAX_REPORT_BYTES):
                    self._bury(self._children[report])
        self._signal_all(signal.SIGKILL)
        for child in list(self._children.values()):
            self._bury(child)
        os.close(self._lifeline)

    def _start(self, wake: int) -> None:
        if threading.active_count() > 1:
            # A lock that another thread holds at this moment would never be released in the worker.
            raise ConfigurationError("workers have to be started before any thread is")
        report, report_end = os.pipe()
        _flush()
        pid = os.fork()
        if pid == 0:
            inherited = [wake, report, self._lifeline_end, *self._children]
            _be_worker(self._work, Worker(report_end, self._lifeline), report_end, inherited)
        os.close(report_end)
        self._children[report] = _Child(pid, report, time.monotonic())

    def _listen(self, child: _Child) -> None:
        """Take what a worker says; at the end of its pipe it has died."""
        said = os.read(child.report, _MAX_REPORT_BYTES)
        if said == _READY:
            child.is_ready = True
        elif said:
            child.said += said
        else:
            self._replace(child, self._bury(child))

    def _replace(self, child: _Child, ended: str) -> None:
        error = _error_of(child.said) or ConfigurationError(f"a worker {ended} before it was ready")
        if not self._was_ready:
            raise error
        settled = child.is_ready and time.monotonic() - child.started > _SETTLED_SECONDS
        self._failures = 1 if settled else self._failures + 1
        _logger.error("a worker %s", ended if child.is_ready else f"did not start: {error.message}")
        if self._failures > _MAX_FAILURES and self._number_ready() == 0:
            if child.is_ready:
                raise ConfigurationError(f"no worker stays alive; the last one {ended}")
            raise error
        delay = _FIRST_DELAY_SECONDS * 2 ** min(self._failures - 1, 10)
        self._not_before = time.monotonic() + min(delay, _MAX_DELAY_SECONDS)

    def _end_late_ones(self) -> None:
        for child in self._children.values():
            if not child.is_ready and time.monotonic() - child.started > _START_SECONDS:
                os.kill(child.pid, signal.SIGKILL)

    def _bury(self, child: _Child) -> str:
        """Forget a worker that has ended, and say how it did."""
        del self._children[child.report]
        os.close(child.report)
        _, status = os.waitpid(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children.values():
            os.kill(child.pid, number)

    def _number_ready(self) -> int:
        return sum(child.is_ready for child in self._children.values())

    def _patience(self) -> float | None:
        """How long nothing needs to be looked at but what the workers say."""
        if len(self._children) < self._count:
            return max(0.0, self._not_before - time.monotonic())
        return None if self._number_ready() == self._count else 1.0


def _be_worker(
    work: Callable[[Worker], None], worker: Worker, report: int, inherited: list[int]
) -> None:  # never returns: the caller's stack belongs to the first process
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        # A terminal sends SIGINT to everybody; the first process answers to it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for descriptor in inherited:
            os.close(descriptor)
        try:
            work(worker)
            code = 0
        except VCError as err:
            name = next((kind.__name__ for kind in _REASONS if isinstance(err, kind)), "")
            os.write(report, json.dumps([name, err.message[: _MAX_REPORT_BYTES // 8]]).encode())
    except SystemExit as err:
        code = err.code if isinstance(err.code, int) else 1
    finally:
        if code and sys.exc_info()[0] is not None:
            sys.excepthook(*sys.exc_info())
        _flush()
        os._exit(code)


def _error_of(said: bytes) -> VCError | None:
    if not said:
        return None
    name, message = json.loads(said)
    return next((kind for kind in _REASONS if kind.__name__ == name), ConfigurationError)(message)


def _wait(descriptors: list[int], seconds: float | None) -> list[int]:
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        return [key.fd for key, _ in selector.select(seconds)]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


@contextmanager
def _signals() -> Iterator[int]:
    """Give a descriptor that is readable once SIGINT or SIGTERM came, which do nothing else meanwhile."""

    def nothing(_number: int, _frame: FrameType | None) -> None:
        return

    wake, wake_end = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(wake_end, False)
    before = {number: signal.signal(number, nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    previous = signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
    try:
        yield wake
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wake)
        os.close(wake_end)
