"""Many codes at once: a folder of files, or lists of codes a line, checked on all cores, told in a line each.

The work is dealt out in parts of some hundred codes, since a certificate needs less time than handing it to
another process does; what comes back names each verdict once. A file that cannot be read, or is no code, is a
result like any other: one file must not end the whole. Nothing is remembered, so challenges have no place
here. Files of credentials by the million, with verdicts in files: `verifier.batch_check`. Not here: printing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

from runtime.atomic import read_file
from runtime.images import MAX_IMAGE_BYTES
from runtime.jobs import run_here, run_jobs
from vclib.errors import StoreError, VCError
from vclib.policy import Outcome, Severity, Verdict
from verifier.checking_room import CheckingRoom
from verifier.code_lists import (
    HEAD_BYTES,
    Piece,
    cut,
    is_code_list,
    numbered_lines,
    read_head,
    read_piece,
)
from verifier.service import Question, Verifier

MAX_CODES = 1_000_000
# Often enough for a progress bar, seldom enough to cost nothing.
_FILES_TOGETHER = 250
_BYTES_TOGETHER = 4 * 1024 * 1024
# Read before the first is judged: enough for the processor's cache, little enough for memory.
_READ_TOGETHER = 100
# What one process has done before another one is ready to begin.
_SMALL_CODES, _SMALL_BYTES = 2000, 2 * 1024 * 1024


@dataclass(frozen=True)
class FilePart:
    """Some files of a folder, each of which is a code or a short list of codes; `size` in bytes."""

    files: tuple[str, ...]
    size: int

    @property
    def codes(self) -> int:
        """How many codes it has, as far as is known before the files are read."""
        return len(self.files)


Part: TypeAlias = FilePart | Piece


@dataclass(frozen=True)
class Work:
    """What there is to check, dealt out."""

    parts: tuple[Part, ...]

    @property
    def codes(self) -> int:
        """How many codes there are: files, and the lines of long lists."""
        return sum(part.codes for part in self.parts)

    @property
    def is_small(self) -> bool:
        """Whether one process is done before others would be ready."""
        return self.codes <= _SMALL_CODES and sum(part.size for part in self.parts) <= _SMALL_BYTES


class Told(NamedTuple):
    """What is said of a code: its outcome, and the codes of its reasons, the deciding ones first."""

    outcome: Outcome
    codes: tuple[str, ...]


class CodeResult(NamedTuple):
    """The verdict on one code; `line` is its line in a list, None for a file that is one code."""

    file: str
    line: int | None
    told: Told


# The same without its class, which would be named with each when it goes to another process.
Found: TypeAlias = tuple[str, int | None, Told]
_Content: TypeAlias = tuple[str, int | None, bytes | VCError]


@dataclass(frozen=True)
class CheckedPart:
    """The results of the part with this number, in their order."""

    number: int
    results: tuple[Found, ...]


@dataclass(frozen=True)
class Summary:
    """How many codes had each outcome, and each reason that decided one."""

    outcomes: Counter[Outcome]
    reasons: Counter[str]

    @classmethod
    def of(cls, results: Iterable[CodeResult]) -> Summary:
        """Return the counts of these results."""
        counted = Counter(result.told for result in results)
        outcomes: Counter[Outcome] = Counter()
        reasons: Counter[str] = Counter()
        for told, number in counted.items():
            outcomes[told.outcome] += number
            if told.codes:
                reasons[told.codes[0]] += number
        return cls(outcomes, reasons)


@dataclass(frozen=True)
class FolderChecking:
    """What a process needs to check parts (a `runtime.jobs.Workshop`): all by one moment and one trust."""

    room: CheckingRoom
    state: str
    now: datetime

    def open(self, environment: Mapping[str, str]) -> Callable[[tuple[int, Part]], CheckedPart]:
        """Open the room; what it raises, and ConfigurationError where its files were changed meanwhile."""
        checker = Checker(self.room.verifier(of_many=True), self.room.question(), self.now)
        self.room.check_unchanged(self.state)
        return checker


def find_work(path: Path) -> Work:
    """Return the parts of a folder, or of a list of codes.

    Hidden files and links are left out; files are in the order of their names. Raises StoreError for what
    cannot be read, or holds more than a million codes; ComplexityError for a list with too long a line.
    """
    parts = [*_parts(_files(str(path)))] if path.is_dir() else [*cut(str(path))]
    work = Work(tuple(parts))
    if work.codes > MAX_CODES:
        raise StoreError(f"{path} has more than {MAX_CODES} codes: check a part of it")
    return work


def check_work(
    work: Work, checking: FolderChecking, *, workers: int, tell: Callable[[int], None]
) -> list[CodeResult]:
    """Return the verdicts on all codes in their order; `tell` hears of each part how many it had.

    Raises what `FolderChecking.open` raises; StoreError where a process ends before its work does, or a list
    was changed while it was read.
    """
    numbered = enumerate(work.parts)
    if workers == 1:
        run = run_here(checking, numbered, environment={})
    else:
        # Loading this program takes as long as checking some thousand codes does.
        run = run_jobs(checking, numbered, workers=workers, environment={}, forked=True)
    found: dict[int, Sequence[Found]] = {}
    with closing(run) as results:
        for result in results:
            found[result.number] = result.results
            tell(work.parts[result.number].codes)
    return [CodeResult(*each) for number in range(len(work.parts)) for each in found[number]]


@dataclass(frozen=True)
class Checker:
    """Checks parts by one verifier at one moment."""

    verifier: Verifier
    question: Question
    now: datetime

    def __call__(self, numbered: tuple[int, Part]) -> CheckedPart:
        """Return the verdicts on the codes of a part; StoreError, ConfigurationError."""
        number, part = numbered
        # One object for all that are told alike: what goes to another process is then named once.
        known: dict[Told, Told] = {}
        found: list[Found] = []
        contents = _contents(part)
        while some := _some(contents):
            verdicts = self.verifier.judge_contents([each[2] for each in some], self.question, now=self.now)
            for (file, line, _), verdict in zip(some, verdicts, strict=True):
                told = Told(verdict.outcome, _codes(verdict))
                found.append((file, line, known.setdefault(told, told)))
        return CheckedPart(number, tuple(found))


def _contents(part: Part) -> Iterator[_Content]:
    if isinstance(part, Piece):
        for number, line in numbered_lines(read_piece(part), part.first_line):
            yield part.file, number, line
        return
    for file in part.files:
        try:
            content = read_file(file, max_bytes=MAX_IMAGE_BYTES)
        except VCError as err:
            yield file, None, err
            continue
        # A code has one line, which may end in a line break.
        if b"\n" in content[:HEAD_BYTES].rstrip() and is_code_list(content[:HEAD_BYTES]):
            for number, line in numbered_lines(content, 1):
                yield file, number, line
        else:
            yield file, None, content


def _some(contents: Iterator[_Content]) -> list[_Content]:
    some: list[_Content] = []
    size = 0
    for each in islice(contents, _READ_TOGETHER):
        some.append(each)
        size += len(each[2]) if isinstance(each[2], bytes) else 0
        if size > _BYTES_TOGETHER:
            break
    return some


def _codes(verdict: Verdict) -> tuple[str, ...]:
    reasons = verdict.all_reasons
    return tuple(
        dict.fromkeys(
            reason.code
            for severity in (Severity.REFUSE, Severity.UNDECIDED, Severity.NOTE)
            for reason in reasons
            if reason.severity is severity
        )
    )


def _parts(files: Iterable[tuple[str, int]]) -> Iterator[Part]:
    """Give files with their sizes as parts, a long list of codes as pieces of its own."""
    together: list[str] = []
    total = 0
    for file, size in files:
        pieces = _pieces(file) if size > HEAD_BYTES else []
        if not pieces:
            together.append(file)
            total += size
        if together and (pieces or len(together) >= _FILES_TOGETHER or total > _BYTES_TOGETHER):
            yield FilePart(tuple(together), total)
            together, total = [], 0
        yield from pieces
    if together:
        yield FilePart(tuple(together), total)


def _pieces(file: str) -> list[Piece]:
    """Return the pieces of a long list, none of a file that is none or cannot be read: a result says so."""
    try:
        return [*cut(file)] if is_code_list(read_head(file)) else []
    except VCError:
        return []


def _files(folder: str) -> Iterator[tuple[str, int]]:
    """Give the files below a folder with their sizes, those of a folder before those of folders in it."""
    # No recursion: what was unpacked from an archive of a stranger's may be a thousand folders deep.
    pending = [folder]
    while pending:
        entries = _entries(pending.pop())
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield entry.path, _size(entry)
        pending += [entry.path for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted((each for each in found if each.name[0] != "."), key=lambda each: each.name)
    except OSError as err:
        raise StoreError(f"cannot read the folder {folder}: {err.strerror}") from err


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        # Gone meanwhile: whoever reads it will say so.
        return 0
