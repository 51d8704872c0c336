"""Many pieces of work done by processes of this machine: few at a time, results as they come.

Each process opens what it works with once (`Workshop.open`), from a description that holds no secret and
from an environment that may: that goes through the pipe by which the process is started, and to no other
machine. A process has one piece of work in hand and one waiting, so that it is never idle while the caller
does something with a result, and memory does not grow with their number; it ends by itself when its parent is
gone, however that ended. A process that dies fails the whole: what it was doing cannot be known to be
harmless, and the caller can go on from what was kept. Not here: other machines (`runtime.cluster`).
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol, TypeVar

from vclib.errors import StoreError, VCError

Job = TypeVar("Job")
Result = TypeVar("Result")
Job_contra = TypeVar("Job_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)

_SECONDS_TO_END = 5.0
# How many new objects there are before those in circles are looked for: after every few rows that would take
# a tenth of the time, and there are hardly any.
_OBJECTS_BEFORE_COLLECTING = 50_000


class Workshop(Protocol[Job_contra, Result_co]):
    """Describes what a process works with; it can be pickled, and holds no secret."""

    def open(self, environment: Mapping[str, str]) -> Callable[[Job_contra], Result_co]:
        """Return what does a piece of work; `environment` is where it finds a passphrase. VCError."""
        ...


def available_cores() -> int:
    """Return on how many processor cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_jobs(
    workshop: Workshop[Job, Result],
    jobs: Iterable[Job],
    *,
    workers: int,
    environment: Mapping[str, str],
    forked: bool = False,
) -> Generator[Result]:
    """Give the result of each job, in the order in which they are done.

    The next job is asked for when a process has less than two. Processes are started anew, so that they hold
    no copy of a connection or lock of this one; with `forked` they begin at once with what is loaded here,
    which is for a process that has one thread and no database open. Raises what `Workshop.open` or a job
    raises, if that is a VCError; StoreError where a process died.
    """
    hands: list[_Hand] = []
    remaining = iter(jobs)
    try:
        for _ in range(workers):
            job = next(remaining, None)
            if job is None:
                break
            hands.append(_start(workshop, environment, hands if forked else None))
            hands[-1].give(job)
        # One that waits for each, so that none is idle while its result is on the way.
        for hand, job in zip(hands, remaining, strict=False):
            hand.give(job)
        while busy := {hand.connection: hand for hand in hands if hand.is_busy}:
            for connection in wait(list(busy)):
                hand = busy[connection]  # type: ignore[index]  # only what was given to it
                result = hand.take()
                job = next(remaining, None)
                if job is not None:
                    # First, so that nobody is idle while the caller does something with the result.
                    hand.give(job)
                yield result  # type: ignore[misc]  # what the workshop made of a job
    finally:
        _end(hands)


def run_here(
    workshop: Workshop[Job, Result], jobs: Iterable[Job], *, environment: Mapping[str, str]
) -> Generator[Result]:
    """Give the result of each job, done by this process: for less work than starting another takes.

    Raises what `Workshop.open` or a job raises.
    """
    work = workshop.open(environment)
    for job in jobs:
        yield work(job)


# Stands in a queue of a process after everything else.
_END = object()


@dataclass
class _Hand:
    """A process, and how many pieces of work it has."""

    process: BaseProcess
    connection: Connection
    pieces: int = 0

    @property
    def is_busy(self) -> bool:
        return self.pieces > 0

    def give(self, job: object) -> None:
        try:
            self.connection.send(job)
        except OSError as err:
            raise self._died() from err
        self.pieces += 1

    def take(self) -> object:
        try:
            result = self.connection.recv()
        except (EOFError, OSError) as err:
            raise self._died() from err
        self.pieces -= 1
        if isinstance(result, VCError):
            raise result
        return result

    def _died(self) -> StoreError:
        self.process.join(_SECONDS_TO_END)
        return StoreError(f"a worker process ended early (exit code {self.process.exitcode}); run it again")


def _start(workshop: object, environment: Mapping[str, str], others: Iterable[_Hand] | None) -> _Hand:
    """Start a process: a fork if the other hands are given, whose connections it must not keep."""
    ours, theirs = multiprocessing.Pipe()
    inherited = () if others is None else (ours, *(hand.connection for hand in others))
    arguments = (theirs, workshop, dict(environment), inherited)
    process: BaseProcess
    if others is None:
        process = multiprocessing.get_context("spawn").Process(target=_work, args=arguments, daemon=True)
    else:
        process = multiprocessing.get_context("fork").Process(target=_work, args=arguments, daemon=True)
    process.start()
    theirs.close()
    return _Hand(process, ours)


def _end(hands: Iterable[_Hand]) -> None:
    for hand in hands:
        hand.connection.close()
        if hand.is_busy:
            hand.process.terminate()
    for hand in hands:
        hand.process.join(_SECONDS_TO_END)
        if hand.process.is_alive():
            hand.process.kill()
            hand.process.join()


def _work(
    connection: Connection,
    workshop: Workshop[object, object],
    environment: Mapping[str, str],
    inherited: Iterable[Connection],
) -> None:
    """Be a worker process until the other end of the connection is closed."""
    # Held by a fork, the parent's ends would stay open when the parent is gone, and nobody would end.
    for each in inherited:
        each.close()
    # Control-C at a terminal goes to all processes; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: queue.SimpleQueue[object] = queue.SimpleQueue()
    results: queue.Queue[object] = queue.Queue(maxsize=1)
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    sending = threading.Thread(target=_send, args=(connection, results), daemon=True)
    sending.start()
    job = jobs.get()
    if job is not _END:
        try:
            work = workshop.open(environment)
            gc.collect()
            gc.freeze()
            gc.set_threshold(_OBJECTS_BEFORE_COLLECTING, 10, 10)
            while job is not _END:
                results.put(work(job))
                job = jobs.get()
        except VCError as err:
            results.put(err)
    results.put(_END)
    sending.join()


def _receive(connection: Connection, jobs: queue.SimpleQueue[object]) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            jobs.put(connection.recv())
    jobs.put(_END)


def _send(connection: Connection, results: queue.Queue[object]) -> None:
    has_ended = False
    try:
        while (result := results.get()) is not _END:
            connection.send(result)
        has_ended = True
    finally:
        if not has_ended:
            # Most likely nobody is there any more who could want it; the others must not wait.
            os._exit(1)
