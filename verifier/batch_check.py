"""Credentials by the million: checked part by part on all cores, a verdict a line.

Each part's verdicts are a file that is there whole or not at all, so whoever is interrupted goes on with the
parts that are missing; at the end they become one file. All of a run is judged as of one moment, and lists
of withdrawals are read and verified once in each process. Folders of single codes, told at once on the
screen: `verifier.folder_check`. Not here: the verdict itself (`service`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from pathlib import Path

from health.formats import Certificate, UnsupportedFormatError
from runtime.atomic import read_file, write_file, write_lines
from runtime.part_files import PartFolder
from runtime.table_files import Line, is_parquet, read_lines, read_parquet
from vclib.errors import (
    ComplexityError,
    ConfigurationError,
    ParsingError,
    StoreError,
    VCError,
)
from vclib.policy import Verdict
from vclib.proofs import drop_base_proofs
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object
from verifier.certificates import declined
from verifier.checking_room import CheckingRoom
from verifier.inputs import open_content
from verifier.service import Question, Verifier

VERDICTS = "verdicts.jsonl"
SUMMARY = "summary.json"
PART_ROWS = 1000
UNREADABLE = "unreadable"

_MAX_SUMMARY = 10_000_000

Run = Callable[[Iterator["CheckChunk"]], Generator["CheckedChunk"]]


@dataclass(frozen=True)
class CheckChunk:
    """Some lines of one of the input files."""

    number: int
    file: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class CheckedChunk:
    """The verdicts of a chunk, each a line of JSON."""

    number: int
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class BatchChecking:
    """What a process needs to check credentials (a `runtime.jobs.Workshop`).

    `state` is the room's when the check was begun.
    """

    room: CheckingRoom
    state: str
    now: datetime
    without_base_proofs: bool = False

    def open(self, environment: Mapping[str, str]) -> Callable[[CheckChunk], CheckedChunk]:
        """Open the room; what it raises, and ConfigurationError where its files were changed meanwhile."""
        checker = _Checker(self.room.verifier(of_many=True), self.room.question(), self)
        self.room.check_unchanged(self.state)
        return checker


def input_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files to check: those named, and of a folder its parts; ConfigurationError for none."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        parts = sorted(each for form in ("jsonl", "parquet") for each in path.glob(f"part-*.{form}"))
        if not parts:
            raise ConfigurationError(f"{path}: expected parts such as part-000001.jsonl, found none")
        found += parts
    return found


def read_credentials(path: Path) -> Iterator[Line]:
    """Give the lines of a file (JSON, or paper codes), or the column `credential` of a Parquet file."""
    if not is_parquet(path):
        yield from (line for line in read_lines(path) if line.content.strip())
        return
    for number, row in enumerate(read_parquet(path, ["credential"]), start=1):
        if "credential" not in row:
            raise ParsingError(f"{path}: expected a column credential, found none")
        yield Line(number, str(row["credential"]).encode())


def check_files(
    inputs: Sequence[Path], folder: PartFolder, run: Run, tell: Callable[[int], None]
) -> Mapping[str, int]:
    """Check what is missing and return how often each outcome and reason came up in all.

    `tell` hears of each part how many lines it had. Raises StoreError, ConfigurationError.
    """
    summary = folder.folder / SUMMARY
    if not summary.exists():
        _check_missing(inputs, folder, run, tell)
        counts: Counter[str] = Counter()
        write_lines(folder.folder / VERDICTS, _counted(folder, counts))
        write_file(summary, (dump_json(dict(counts), indent=2) + "\n").encode())
    for path in folder.parts():
        path.unlink(missing_ok=True)
    found = parse_json_object(read_file(summary, max_bytes=_MAX_SUMMARY))
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _check_missing(inputs: Sequence[Path], folder: PartFolder, run: Run, tell: Callable[[int], None]) -> None:
    folder.clear_unkept()
    with closing(run(_chunks(inputs, folder, tell))) as results:
        for result in results:
            folder.write(result.number, {"verdict": result.verdicts}, "verdict")
            folder.keep(result.number)
            tell(len(result.verdicts))


def _chunks(inputs: Sequence[Path], folder: PartFolder, tell: Callable[[int], None]) -> Iterator[CheckChunk]:
    numbers = count(1)
    for path in inputs:
        lines = read_credentials(path)
        while chosen := tuple(islice(lines, PART_ROWS)):
            number = next(numbers)
            if folder.path(number).exists():
                tell(len(chosen))
            else:
                yield CheckChunk(number, str(path), chosen)


def _counted(folder: PartFolder, counts: Counter[str]) -> Iterator[str]:
    for part in folder.parts():
        for line in read_lines(part):
            text = line.content.decode()
            verdict = parse_json_object(text)
            counts.update(_outcome_and_reasons(verdict))
            yield text


def _outcome_and_reasons(verdict: JSONObject) -> list[str]:
    reasons = verdict["reasons"] if isinstance(verdict["reasons"], list) else []
    return [str(verdict["outcome"]), *{f"{verdict['outcome']}: {reason}" for reason in reasons}]


@dataclass(frozen=True)
class _Checker:
    verifier: Verifier
    question: Question
    checking: BatchChecking

    def __call__(self, chunk: CheckChunk) -> CheckedChunk:
        verdicts = [self._verdict(chunk.file, line) for line in chunk.lines]
        return CheckedChunk(chunk.number, tuple(dump_json(each) for each in verdicts))

    def _verdict(self, file: str, line: Line) -> JSONObject:
        place: JSONObject = {"file": file, "line": line.number}
        now = self.checking.now
        try:
            if line.too_long:
                raise ComplexityError("the line is too long")
            opened = open_content(line.content)
            if isinstance(opened, Certificate):
                result = self.verifier.check_certificate(opened, self.question, now=now)
                return place | _told(result.verdict, opened.certificate_id)
            document = drop_base_proofs(opened) if self.checking.without_base_proofs else opened
            result = self.verifier.check(document, self.question, now=now)
        except (ConfigurationError, StoreError):
            raise
        except UnsupportedFormatError as err:
            # Not broken, but of a standard that is not known here (threat J1).
            return place | _told(declined(err), None)
        except VCError as err:
            return place | {"outcome": UNREADABLE, "reasons": [err.code], "message": err.message}
        return place | _told(result.verdict, document.get("id"))


def _told(verdict: Verdict, identifier: JSONValue) -> JSONObject:
    named: JSONObject = {"credential": identifier} if isinstance(identifier, str) else {}
    codes = list(dict.fromkeys(reason.code for reason in verdict.all_reasons))
    return named | {"outcome": str(verdict.outcome), "reasons": list(codes)}
