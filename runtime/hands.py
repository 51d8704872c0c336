"""The processes that do the work of `runtime.jobs`: how they are started, what they do, how they end.

To load what a worker needs takes seconds of a processor, and is the same for each: so one process, the
foreman, does it once, while the caller prepares the first piece of work, and workers are forks of it. It is
started anew and has one thread, so no worker holds a copy of a connection, a lock or a thread of the caller.
What is secret is opened by each worker for itself. Foreman and workers end by themselves when the caller is
gone, however that ended. Not here: which work is given to whom.
"""

from __future__ import annotations

import contextlib
import gc
import math
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, Protocol, TypeAlias

from vclib.errors import StoreError, VCError

# Gives what does a piece of work, from an environment; VCError.
Opener: TypeAlias = Callable[[Mapping[str, str]], Callable[..., object]]

_SECONDS_TO_END = 5.0
_SECONDS_BETWEEN_LOOKS = 0.01
# How many new objects there are before those in circles are looked for: after every few rows that would take
# a tenth of the time, and there are hardly any.
_OBJECTS_BEFORE_COLLECTING = 50_000
# What is raised for an object that has no pickled form.
_NOT_PICKLED = (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError)
# Stands in a queue of a process after everything else.
_END = object()


class Crew(Protocol):
    """Starts workers and ends them; they are numbered from 0 as they are started."""

    def start(self) -> Connection:
        """Start one more; jobs go and results come through its connection. StoreError."""
        ...

    def ended(self, number: int) -> str:
        """Say how a worker ended that is gone."""
        ...

    def end(self, busy: Iterable[int]) -> None:
        """End all, whose connections are closed already, the busy ones in the middle of what they do."""
        ...


class ForkedCrew:
    """Workers that are forks of this process, which has one thread and no database open."""

    def __init__(self, opener: Opener, environment: Mapping[str, str]) -> None:
        self._opener = opener
        self._environment = dict(environment)
        self._processes: list[BaseProcess] = []
        self._connections: list[Connection] = []

    def start(self) -> Connection:
        """Start one more worker."""
        ours, theirs = multiprocessing.Pipe()
        self._connections.append(ours)
        arguments = (theirs, self._opener, self._environment, tuple(self._connections))
        process = multiprocessing.get_context("fork").Process(target=_work, args=arguments, daemon=True)
        process.start()
        self._processes.append(process)
        theirs.close()
        return ours

    def ended(self, number: int) -> str:
        """Say how a worker ended."""
        self._processes[number].join(_SECONDS_TO_END)
        return _told(self._processes[number].exitcode)

    def end(self, busy: Iterable[int]) -> None:
        """End all workers."""
        for number in busy:
            self._processes[number].terminate()
        for process in self._processes:
            _join(process, _SECONDS_TO_END)


class LedCrew:
    """Workers that are forks of a foreman, which begins at once to load `modules`."""

    def __init__(
        self, opener: Opener, environment: Mapping[str, str], *, workers: int, modules: Sequence[str]
    ) -> None:
        try:
            pairs = [multiprocessing.Pipe() for _ in range(workers)]
            self._orders, orders = multiprocessing.Pipe()
            ends = [theirs for _, theirs in pairs]
            arguments = (orders, ends, opener, dict(environment), tuple(modules))
            self._foreman: BaseProcess = multiprocessing.get_context("spawn").Process(
                target=_lead, args=arguments, daemon=True
            )
            with _deaf_to_interrupts():
                self._foreman.start()
        except OSError as err:
            raise StoreError(f"{workers} workers are too many for this machine: {err.strerror}") from err
        self._unused = [ours for ours, _ in pairs]
        self._has_started = False
        for each in (orders, *ends):
            each.close()

    def start(self) -> Connection:
        """Start one more worker; StoreError where the foreman is gone."""
        try:
            self._orders.send("start")
        except OSError as err:
            self._foreman.join(_SECONDS_TO_END)
            raise StoreError(f"no worker could be started (exit code {self._foreman.exitcode})") from err
        self._has_started = True
        return self._unused.pop(0)

    def ended(self, number: int) -> str:
        """Say how a worker ended, or the foreman, if it is gone as well."""
        with contextlib.suppress(EOFError, OSError):
            self._orders.send(("tell", number))
            return str(self._orders.recv())
        self._foreman.join(_SECONDS_TO_END)
        return f"with the one that starts workers, {_told(self._foreman.exitcode)}"

    def end(self, busy: Iterable[int]) -> None:
        """End all workers, and the foreman."""
        with contextlib.suppress(OSError):
            for number in busy:
                self._orders.send(("stop", number))
        for each in (self._orders, *self._unused):
            each.close()
        if not self._has_started:
            # It may still be loading, for nobody.
            self._foreman.terminate()
        _join(self._foreman, 2 * _SECONDS_TO_END)


def _told(exit_code: int | None) -> str:
    return "it has not ended" if exit_code is None else f"exit code {exit_code}"


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a process that is started here ignore Control-C from its first moment; the caller decides."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _join(process: BaseProcess, seconds: float) -> None:
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()


def _lead(
    orders: Connection,
    ends: list[Connection],
    opener: Opener,
    environment: Mapping[str, str],
    modules: Iterable[str],
) -> None:
    """Be a foreman until the other end of `orders` is closed; each worker gets one of `ends`."""
    # Control-C at a terminal goes to all processes; the caller decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in modules:
        import_module(name)
    gc.collect()
    gc.freeze()
    workers: list[_Worker] = []
    while (order := _next_order(orders)) is not None:
        match order:
            case "start":
                workers.append(_fork(ends.pop(0), opener, environment, (orders, *ends)))
            case "tell", number:
                told = workers[number].ended(time.monotonic() + _SECONDS_TO_END)
                with contextlib.suppress(OSError):
                    orders.send(told or _told(None))
            case "stop", number:
                workers[number].kill(signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS_TO_END
    for worker in workers:
        if worker.ended(deadline) is None:
            worker.kill(signal.SIGKILL)
            worker.ended(math.inf)


def _next_order(orders: Connection) -> Any:
    """Return an order, None at the end. Any: what `LedCrew` sends, which is nobody else's to know."""
    try:
        return orders.recv()
    except (EOFError, OSError):
        return None


@dataclass
class _Worker:
    """A fork of the foreman; its process id is nobody else's until it was asked how it ended."""

    process_id: int
    how: str | None = None

    def kill(self, how: signal.Signals) -> None:
        if self.how is None:
            os.kill(self.process_id, how)

    def ended(self, deadline: float) -> str | None:
        """Say how it ended, or None where it has not until then."""
        while self.how is None:
            ended, status = os.waitpid(self.process_id, os.WNOHANG)
            if ended:
                self.how = _told(os.waitstatus_to_exitcode(status))
            elif time.monotonic() > deadline:
                return None
            else:
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        return self.how


def _fork(
    end: Connection, opener: Opener, environment: Mapping[str, str], others: Iterable[Connection]
) -> _Worker:
    """Start a worker, which closes the `others` that it has no part in."""
    try:
        process_id = os.fork()
    except OSError as err:
        # The caller notices that nobody has the other end, and asks.
        end.close()
        return _Worker(0, f"it could not be started: {err.strerror}")
    if process_id:
        end.close()
        return _Worker(process_id)
    code = 1
    try:
        _work(end, opener, environment, others)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def _work(
    connection: Connection, opener: Opener, environment: Mapping[str, str], others: Iterable[Connection]
) -> None:
    """Be a worker process until the other end of the connection is closed."""
    # Held by a fork, the other ends would stay open when their owner is gone, and nobody would end.
    for each in others:
        each.close()
    # Control-C at a terminal goes to all processes; the caller decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: queue.SimpleQueue[object] = queue.SimpleQueue()
    results: queue.Queue[bytes | None] = queue.Queue(maxsize=1)
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    sending = threading.Thread(target=_send, args=(connection, results), daemon=True)
    sending.start()
    try:
        work = opener(environment)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BEFORE_COLLECTING, 10, 10)
        while (job := jobs.get()) is not _END:
            results.put(_pickled(work(job)))
    except VCError as err:
        results.put(_pickled(err))
    results.put(None)
    sending.join()


def _pickled(result: object) -> bytes:
    try:
        return bytes(ForkingPickler.dumps(result))
    except _NOT_PICKLED as err:
        # Its own message may repeat what is in the object.
        what = f"{type(result).__name__}: {type(err).__name__}"
        raise StoreError(f"what a worker made cannot be handed over ({what})") from err


def _receive(connection: Connection, jobs: queue.SimpleQueue[object]) -> None:
    is_over = False
    try:
        while True:
            jobs.put(connection.recv())
    except (EOFError, OSError):
        is_over = True
    finally:
        if not is_over:
            # A job that cannot be read: the one who waits for it here would wait for ever.
            traceback.print_exc()
            os._exit(1)
    jobs.put(_END)


def _send(connection: Connection, results: queue.Queue[bytes | None]) -> None:
    has_ended = False
    try:
        while (result := results.get()) is not None:
            connection.send_bytes(result)
        has_ended = True
    finally:
        if not has_ended:
            # Most likely nobody is there any more who could want it; the others must not wait.
            os._exit(1)
