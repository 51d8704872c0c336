"""Many files at once: every code of a folder is checked, on all cores, and told in one line each.

The files are dealt out before anything is checked, and each process works through its own; a certificate
needs less time than handing it to another process would. A file that cannot be read, or is no code, is a
result like any other: one file must not end a batch. Nothing is remembered, so challenges have no place here.
Not here: printing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path

from runtime.atomic import read_file
from runtime.images import MAX_IMAGE_BYTES
from vclib.errors import StoreError, VCError
from vclib.policy import Outcome, Verdict
from verifier.certificates import declined
from verifier.service import Question, Verifier

# Often enough for a progress bar, seldom enough to cost nothing.
_TOLD_TOGETHER = 100
MAX_FILES = 1_000_000


@dataclass(frozen=True)
class FileResult:
    """The verdict on one file: its outcome, and the codes of its reasons, the deciding ones first."""

    file: str
    outcome: Outcome
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """How many files had each outcome, and each reason that decided one."""

    outcomes: Counter[Outcome]
    reasons: Counter[str]

    @classmethod
    def of(cls, results: Sequence[FileResult]) -> Summary:
        """Return the counts of these results."""
        return cls(
            Counter(result.outcome for result in results),
            Counter(result.codes[0] for result in results if result.codes),
        )


def find_files(folder: Path) -> list[Path]:
    """Return the files below a folder in the order of their names; hidden ones and links are left out.

    Raises StoreError for a folder that cannot be read, or with more than a million files.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_cannot_read):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(place, name) for name in sorted(names) if not name.startswith("."))
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
        if len(found) > MAX_FILES:
            raise StoreError(f"{folder} has more than {MAX_FILES} files: check a part of it")
    return found


def check_file(verifier: Verifier, file: Path, question: Question, *, now: datetime) -> FileResult:
    """Return the verdict at `now` on one file; never raises a VCError."""
    try:
        content = read_file(file, max_bytes=MAX_IMAGE_BYTES)
        verdict = verifier.judge_content(content, question, now=now)
    except VCError as err:
        verdict = declined(err)
    return FileResult(str(file), verdict.outcome, _codes(verdict))


def check_files(
    verifier: Verifier, files: Sequence[Path], question: Question, *, now: datetime, workers: int
) -> Iterator[list[FileResult]]:
    """Give the verdicts on many files, some at a time, in any order; `workers` processes share them.

    Raises StoreError where a process ends before its work does.
    """
    if workers == 1 or len(files) <= _TOLD_TOGETHER:
        for part in _parts(files):
            yield [check_file(verifier, file, question, now=now) for file in part]
        return
    # Forked, so that trust lists are read once and shared; nothing of ours runs threads before.
    context = multiprocessing.get_context("fork")
    pipes: list[Connection] = []
    processes = []
    for number in range(workers):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(verifier, files[number::workers], question, now, sender), daemon=True
        )
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    try:
        yield from _received(pipes)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _received(pipes: list[Connection]) -> Iterator[list[FileResult]]:
    waiting = list(pipes)
    while waiting:
        for pipe in wait(waiting):
            if not isinstance(pipe, Connection):
                continue
            try:
                results = pipe.recv()
            except EOFError as err:
                raise StoreError("a process that checked files has ended before its work was done") from err
            if results is None:
                waiting.remove(pipe)
            else:
                yield results


def _work(
    verifier: Verifier, files: Sequence[Path], question: Question, now: datetime, sender: Connection
) -> None:
    # The process that started this one hears the interruption and ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for part in _parts(files):
        sender.send([check_file(verifier, file, question, now=now) for file in part])
    sender.send(None)


def _parts(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    for start in range(0, len(files), _TOLD_TOGETHER):
        yield files[start : start + _TOLD_TOGETHER]


def _codes(verdict: Verdict) -> tuple[str, ...]:
    order = ("refuse", "undecided", "note")
    reasons = sorted(verdict.all_reasons, key=lambda reason: order.index(reason.severity))
    return tuple(dict.fromkeys(reason.code for reason in reasons))


def _cannot_read(error: OSError) -> None:
    raise StoreError(f"cannot read the folder {error.filename}: {error.strerror}")
