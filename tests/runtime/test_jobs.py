"""Work in processes: all of it is done, few pieces at a time, and nothing of a failure is swallowed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.jobs import run_jobs
from tests.processes import ROOT, wait_until
from vclib.errors import ConfigurationError, RecordError, StoreError


@dataclass(frozen=True)
class Squares:
    """Squares numbers; a few numbers mean something else."""

    def open(self, environment: Mapping[str, str]) -> Callable[[int], tuple[int, str]]:
        if not environment:
            raise ConfigurationError("nothing to open with")

        def square(number: int) -> tuple[int, str]:
            if number == 13:
                raise RecordError("not this one", element="number")
            if number == 14:
                return (lambda: number), "a name"  # type: ignore[return-value]  # as a mistake would
            if number == 15:
                raise ZeroDivisionError("a mistake")
            if number == 99:
                os.kill(os.getpid(), signal.SIGKILL)
            return number * number, environment["WORD"]

        return square


@dataclass(frozen=True)
class Loaded:
    """Says whether a module is loaded."""

    def open(self, environment: Mapping[str, str]) -> Callable[[str], bool]:
        return lambda name: name in sys.modules


@dataclass(frozen=True)
class Ids:
    """Says which process works, and by which it was started."""

    def open(self, environment: Mapping[str, str]) -> Callable[[int], tuple[int, int]]:
        return lambda number: (os.getpid(), os.getppid())


WORD = {"WORD": "handed over"}


def test_every_piece_is_done_once_with_what_was_handed_over() -> None:
    results = list(run_jobs(Squares(), range(7), workers=2, environment=WORD))
    assert sorted(results) == [(n * n, "handed over") for n in range(7)]


def test_a_process_has_one_piece_in_hand_and_one_waiting() -> None:
    asked: list[int] = []
    numbers = (asked.append(n) or n for n in range(100))  # type: ignore[func-returns-value]
    with closing(run_jobs(Squares(), numbers, workers=2, environment=WORD)) as results:
        next(results)
    # Two of each process, and one for the one that is done.
    assert len(asked) == 5


def test_what_a_piece_raises_is_raised_here() -> None:
    with pytest.raises(RecordError, match="number: not this one"):
        list(run_jobs(Squares(), [13], workers=1, environment=WORD))


def test_a_process_that_cannot_open_says_why() -> None:
    with pytest.raises(ConfigurationError, match="nothing to open with"):
        list(run_jobs(Squares(), [1], workers=1, environment={}))


@pytest.mark.parametrize("forked", [False, True])
def test_a_process_that_dies_is_told(*, forked: bool) -> None:
    with pytest.raises(StoreError, match=r"ended early \(exit code -9\)"):
        list(run_jobs(Squares(), [99], workers=1, environment=WORD, forked=forked))


@pytest.mark.parametrize("forked", [False, True])
def test_a_result_that_cannot_be_handed_over_is_told(*, forked: bool) -> None:
    with pytest.raises(
        StoreError, match=r"what a worker made cannot be handed over \(tuple: \w+\)"
    ) as caught:
        list(run_jobs(Squares(), [14], workers=1, environment=WORD, forked=forked))
    assert "a name" not in str(caught.value)


def test_a_mistake_in_a_piece_is_told_with_its_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StoreError, match=r"ended early \(exit code 1\)"):
        list(run_jobs(Squares(), [15], workers=1, environment=WORD))
    assert "ZeroDivisionError: a mistake" in capfd.readouterr().err


def test_processes_begin_with_the_modules_that_they_need() -> None:
    (loaded,) = run_jobs(Loaded(), ["colorsys"], workers=1, environment=WORD, modules=("colorsys",))
    assert loaded
    (loaded,) = run_jobs(Loaded(), ["colorsys"], workers=1, environment=WORD)
    assert not loaded


def test_no_process_is_left_when_the_caller_has_enough() -> None:
    with closing(run_jobs(Ids(), range(100), workers=2, environment=WORD)) as results:
        process, parent = next(results)
    for each in (process, parent):
        with pytest.raises(ProcessLookupError):
            os.kill(each, 0)


_ENDLESS = """
from itertools import count
from runtime.jobs import run_jobs
from tests.runtime.test_jobs import WORD, Ids
for ids in run_jobs(Ids(), count(), workers=2, environment=WORD):
    print(*ids, flush=True)
"""


def test_no_process_is_left_when_the_caller_is_killed() -> None:
    caller = subprocess.Popen([sys.executable, "-c", _ENDLESS], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert caller.stdout is not None
    worker, foreman = map(int, caller.stdout.readline().split())
    caller.kill()
    caller.communicate()
    wait_until(lambda: _has_ended(worker) and _has_ended(foreman))


def _has_ended(process: int) -> bool:
    """Say whether a process is gone, or waits only for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_more_workers_than_a_process_may_have_pipes_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more() -> object:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("multiprocessing.Pipe", no_more)
    with pytest.raises(StoreError, match="512 workers are too many for this machine: Too many open files"):
        list(run_jobs(Squares(), [1], workers=512, environment=WORD))


def test_no_work_gives_no_result() -> None:
    assert list(run_jobs(Squares(), [], workers=2, environment=WORD)) == []
