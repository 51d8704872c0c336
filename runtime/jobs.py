"""Many pieces of work done by processes of this machine: few at a time, results as they come.

Each process opens what it works with once (`Workshop.open`), from a description that holds no secret and
from an environment that may: that goes through the pipe by which the processes are started, and to no other
machine. A process has one piece of work in hand and one waiting, so that it is never idle while the caller
does something with a result, and memory does not grow with their number. A process that dies fails the
whole: what it was doing cannot be known to be harmless, and the caller can go on from what was kept. Not
here: the processes themselves (`runtime.hands`), other machines (`runtime.cluster`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Protocol, TypeVar

from runtime.hands import Crew, ForkedCrew, LedCrew
from vclib.errors import StoreError, VCError

Job = TypeVar("Job")
Result = TypeVar("Result")
Job_contra = TypeVar("Job_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


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
    modules: Sequence[str] = (),
) -> Generator[Result]:
    """Give the result of each job, in the order in which they are done.

    The next job is asked for when a process has less than two. Processes hold no copy of a connection or lock
    of this one, and begin with what the workshop's module loads and with `modules`, which is loaded while the
    first jobs are asked for; with `forked` they begin at once with what is loaded here, which is for a
    process that has one thread and no database open. Raises what `Workshop.open` or a job raises, if that is
    a VCError; StoreError where a process died, or a result has no pickled form.
    """
    crew: Crew
    if forked:
        crew = ForkedCrew(workshop.open, environment)
    else:
        crew = LedCrew(workshop.open, environment, workers=workers, modules=modules)
    hands: list[_Hand] = []
    remaining = iter(jobs)
    try:
        for number in range(workers):
            job = next(remaining, None)
            if job is None:
                break
            hands.append(_Hand(crew, number, crew.start()))
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
        for hand in hands:
            hand.connection.close()
        crew.end(hand.number for hand in hands if hand.is_busy)


def run_here(
    workshop: Workshop[Job, Result], jobs: Iterable[Job], *, environment: Mapping[str, str]
) -> Generator[Result]:
    """Give the result of each job, done by this process: for less work than starting another takes.

    Raises what `Workshop.open` or a job raises.
    """
    work = workshop.open(environment)
    for job in jobs:
        yield work(job)


@dataclass
class _Hand:
    """A worker of a crew, and how many pieces of work it has."""

    crew: Crew
    number: int
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
        return StoreError(f"a worker process ended early ({self.crew.ended(self.number)}); run it again")
