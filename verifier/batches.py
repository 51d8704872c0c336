"""Credentials by the million: checked part by part on all cores, a verdict a line.

Each part's verdicts are a file that is there whole or not at all, so whoever is interrupted goes on with the
parts that are missing; at the end they become one file. All of a run is judged as of one moment, and lists
of withdrawals are read and verified once in each process. Not here: the verdict itself (`service`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, islice
from pathlib import Path

from runtime.atomic import read_file, write_file, write_lines
from runtime.fetch import Fetcher
from runtime.part_files import PartFolder
from runtime.table_files import Line, fingerprint, is_parquet, read_lines, read_parquet
from vclib.datetimes import format_datetime, parse_datetime
from vclib.did import Fetch
from vclib.errors import (
    ComplexityError,
    ConfigurationError,
    FetchError,
    MalformedError,
    ParsingError,
    StoreError,
    VCError,
)
from vclib.proofs import drop_base_proofs
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.environment import Sources
from verifier.inputs import read_status_files, read_trust_file, status_files
from verifier.kept_lists import KeptLists
from verifier.service import Question, Verifier

VERDICTS = "verdicts.jsonl"
SUMMARY = "summary.json"
MANIFEST = "check.json"
PART_ROWS = 1000
UNREADABLE = "unreadable"

# As long as a service keeps a verified list.
_LIST_LIFETIME = timedelta(minutes=5)
_MAX_MANIFEST = 10_000_000
_MAX_DOCUMENTS = 1000

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
class CheckingRoom:
    """What a process needs to check credentials (a `runtime.jobs.Workshop`); paths are absolute."""

    trust: Path | None
    status: tuple[Path, ...]
    now: datetime
    require_status: bool = False
    without_base_proofs: bool = False
    offline: bool = False
    allow_loopback: bool = False

    def open(self, environment: Mapping[str, str]) -> Callable[[CheckChunk], CheckedChunk]:
        """Read trust file and lists; ConfigurationError, StoreError, MalformedError."""
        fetch = None if self.offline else _FetchedOnce(Fetcher(allow_loopback=self.allow_loopback))
        trusted = read_trust_file(self.trust) if self.trust is not None else None
        sources = Sources(
            trusted,
            _ListsReadOnce(read_status_files(self.status), fetch),
            fetch,
            list_memory=KeptLists(_LIST_LIFETIME),
        )
        verifier = Verifier(trusted, fetch=fetch, sources=sources)
        return _Checker(verifier, Question(require_status=self.require_status), self)

    def at(self, now: datetime) -> CheckingRoom:
        """Return the same for another moment."""
        return replace(self, now=now)

    def terms(self, inputs: Mapping[str, str], at: str | None) -> JSONObject:
        """Return all that the verdicts depend on; `inputs` are the files' digests by their paths."""
        others = [*([self.trust] if self.trust else []), *status_files(self.status)]
        digests = dict(inputs) | {str(path): fingerprint(path).sha256 for path in others}
        return {
            "files": dict(digests),
            "at": at,
            "requireStatus": self.require_status,
            "withoutBaseProofs": self.without_base_proofs,
            "offline": self.offline,
        }


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
    """Give the credentials of a file of JSON Lines, or of the column `credential` of a Parquet file."""
    if not is_parquet(path):
        yield from (line for line in read_lines(path) if line.content.strip())
        return
    for number, row in enumerate(read_parquet(path, ["credential"]), start=1):
        if "credential" not in row:
            raise ParsingError(f"{path}: expected a column credential, found none")
        yield Line(number, str(row["credential"]).encode())


def begin_or_go_on(folder: Path, terms: JSONObject, now: datetime) -> datetime:
    """Return the moment that a folder's verdicts are as of; ConfigurationError if it is of another check."""
    path = folder / MANIFEST
    if path.exists():
        members = parse_json_object(read_file(path, max_bytes=_MAX_MANIFEST), max_bytes=_MAX_MANIFEST)
        if members.get("terms") != terms:
            raise ConfigurationError(
                "the files or options are not those this folder's check was begun with; choose another --out"
            )
        return parse_datetime(members.get("now"))
    members = {"now": format_datetime(now), "terms": terms}
    write_file(path, (dump_json(members, indent=2) + "\n").encode(), overwrite=False)
    return parse_datetime(members["now"])


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
    found = parse_json_object(read_file(summary, max_bytes=_MAX_MANIFEST))
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
    room: CheckingRoom

    def __call__(self, chunk: CheckChunk) -> CheckedChunk:
        verdicts = [self._verdict(chunk.file, line) for line in chunk.lines]
        return CheckedChunk(chunk.number, tuple(dump_json(each) for each in verdicts))

    def _verdict(self, file: str, line: Line) -> JSONObject:
        place: JSONObject = {"file": file, "line": line.number}
        try:
            if line.too_long:
                raise ComplexityError("the line is too long")
            document = parse_json_object(line.content)
            if self.room.without_base_proofs:
                document = drop_base_proofs(document)
            result = self.verifier.check(document, self.question, now=self.room.now)
        except (ConfigurationError, StoreError):
            raise
        except VCError as err:
            return place | {"outcome": UNREADABLE, "reasons": [err.code], "message": err.message}
        identifier = document.get("id")
        named: JSONObject = {"credential": identifier} if isinstance(identifier, str) else {}
        codes = list(dict.fromkeys(reason.code for reason in result.verdict.all_reasons))
        return place | named | {"outcome": str(result.verdict.outcome), "reasons": list(codes)}


class _FetchedOnce:
    """Reads each URL once, and remembers what failed, too: a million credentials name few documents."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._found: dict[str, bytes | FetchError] = {}

    def __call__(self, url: str) -> bytes:
        if url not in self._found:
            if len(self._found) >= _MAX_DOCUMENTS:
                self._found.clear()
            try:
                self._found[url] = self._fetch(url)
            except FetchError as err:
                self._found[url] = err
        found = self._found[url]
        if isinstance(found, FetchError):
            raise found
        return found


class _ListsReadOnce(Mapping[str, JSONObject]):
    """Status lists at hand, and those that were fetched, as the same objects (see `KeptLists`)."""

    def __init__(self, at_hand: Mapping[str, JSONObject], fetch: Fetch | None) -> None:
        self._lists = dict(at_hand)
        self._fetch = fetch

    def __contains__(self, url: object) -> bool:
        if url in self._lists:
            return True
        if self._fetch is None or not isinstance(url, str) or not url.startswith(("https:", "http:")):
            return False
        try:
            self._lists[url] = parse_json_object(self._fetch(url))
        except (FetchError, MalformedError, ComplexityError):
            # The check asks once more, and says what was wrong.
            return False
        return True

    def __getitem__(self, url: str) -> JSONObject:
        return self._lists[url]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)
