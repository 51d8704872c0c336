"""`ddcc verifier check FOLDER`: every code of a folder, with a progress bar, a summary and the worst outcome.

Only translates between the command line and `verifier.batch`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runtime.console import ExitCode, print_json, print_line
from runtime.jobs import available_cores
from vclib.errors import ConfigurationError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject
from verifier.batch import FileResult, Summary, check_files, find_files
from verifier.report import WORDS
from verifier.service import Question, Verifier

# The worst first.
_EXIT_CODES = (
    (Outcome.REFUSED, ExitCode.REFUSED),
    (Outcome.UNDECIDED, ExitCode.NOT_CHECKED),
    (Outcome.ACCEPTED, ExitCode.OK),
)
# A screen; the whole list is in the JSON.
_SHOWN = 40


def check_folder(
    folder: Path,
    verifier: Verifier,
    question: Question,
    *,
    now: datetime,
    workers: int | None,
    as_json: bool,
) -> ExitCode:
    """Check every file of a folder, print what became of them, return the worst outcome's exit code.

    Raises ConfigurationError for an empty folder or a challenge, StoreError.
    """
    if question.challenge is not None or question.domain is not None:
        raise ConfigurationError("a folder answers no request: leave out --challenge and --domain")
    files = find_files(folder)
    if not files:
        raise ConfigurationError(f"{folder} has no files to check")
    count = min(workers or available_cores(), len(files))
    began = time.perf_counter()
    results = _check(files, verifier, question, now, count)
    seconds = time.perf_counter() - began
    summary = Summary.of(results)
    if as_json:
        print_json(_as_json(results, summary, seconds))
    else:
        for line in _lines(results, summary, seconds, count):
            print_line(line)
    return next(code for outcome, code in _EXIT_CODES if summary.outcomes[outcome])


def _check(
    files: Sequence[Path], verifier: Verifier, question: Question, now: datetime, workers: int
) -> list[FileResult]:
    results: list[FileResult] = []
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Drawn by this thread alone: no thread of its own may be there when processes are forked.
    progress = Progress(
        *columns,
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", total=len(files))
        for some in check_files(verifier, files, question, now=now, workers=workers):
            results += some
            progress.update(task, completed=len(results), refresh=True)
    return sorted(results, key=lambda result: result.file)


def _lines(results: Sequence[FileResult], summary: Summary, seconds: float, workers: int) -> list[str]:
    lines = [f"{len(results)} files in {seconds:.1f} s, {workers} at a time"]
    lines += [
        f"  {WORDS[outcome]:<14}{summary.outcomes[outcome]:>8}"
        for outcome in (Outcome.ACCEPTED, Outcome.UNDECIDED, Outcome.REFUSED)
        if summary.outcomes[outcome]
    ]
    lines += ["", "first reason of each"]
    lines += [f"  {count:>8}  {code}" for code, count in summary.reasons.most_common()]
    others = [result for result in results if result.outcome is not Outcome.ACCEPTED]
    if others:
        lines += ["", "not accepted"]
        lines += [
            f"  {WORDS[result.outcome]:<12}{', '.join(result.codes)}  {result.file}"
            for result in others[:_SHOWN]
        ]
    if len(others) > _SHOWN:
        lines.append(f"  and {len(others) - _SHOWN} more: --json lists them all")
    return lines


def _name(result: FileResult) -> str:
    """Return the file's name as text, even if it is none: one name must not end the report of all."""
    return os.fsencode(result.file).decode("utf-8", "backslashreplace")


def _as_json(results: Sequence[FileResult], summary: Summary, seconds: float) -> JSONObject:
    return {
        "files": len(results),
        "seconds": round(seconds, 3),
        "outcomes": {str(outcome): count for outcome, count in summary.outcomes.items()},
        "reasons": dict(summary.reasons.most_common()),
        "results": [
            {"file": _name(result), "outcome": str(result.outcome), "reasons": list(result.codes)}
            for result in results
        ],
    }
