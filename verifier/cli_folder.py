"""`ddcc verifier check` of a folder or a list: a progress bar, a summary, and the worst outcome.

Only translates between the command line and `verifier.folder_check`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from runtime.console import ExitCode, print_json, print_line
from runtime.jobs import available_cores
from runtime.progress import progress_bar
from vclib.errors import ConfigurationError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject
from verifier.checking_room import CheckingRoom
from verifier.folder_check import CodeResult, FolderChecking, Summary, check_work, find_work
from verifier.report import WORDS

# The worst first.
_EXIT_CODES = (
    (Outcome.REFUSED, ExitCode.REFUSED),
    (Outcome.UNDECIDED, ExitCode.NOT_CHECKED),
    (Outcome.ACCEPTED, ExitCode.OK),
)
# A screen; the whole list is in the JSON.
_SHOWN = 40


def check_many(
    path: Path,
    room: CheckingRoom,
    *,
    now: datetime,
    workers: int | None,
    as_json: bool,
) -> ExitCode:
    """Check every code of a folder or a list, print what became of them, return the worst outcome's code.

    Raises ConfigurationError for an empty folder, StoreError.
    """
    work = find_work(path)
    if not work.parts:
        raise ConfigurationError(f"{path} has no files to check")
    count = 1 if work.is_small else min(workers or available_cores(), len(work.parts))
    began = time.perf_counter()
    with progress_bar("checking", work.codes) as tell:
        results = check_work(work, FolderChecking(room, room.state(), now), workers=count, tell=tell)
    seconds = time.perf_counter() - began
    summary = Summary.of(results)
    if as_json:
        print_json(_as_json(results, summary, seconds))
    else:
        for line in _lines(results, summary, seconds, count):
            print_line(line)
    return next(code for outcome, code in _EXIT_CODES if summary.outcomes[outcome])


def _lines(results: Sequence[CodeResult], summary: Summary, seconds: float, workers: int) -> list[str]:
    lines = [f"{len(results)} codes in {seconds:.1f} s, {workers} at a time"]
    lines += [
        f"  {WORDS[outcome]:<14}{summary.outcomes[outcome]:>8}"
        for outcome in (Outcome.ACCEPTED, Outcome.UNDECIDED, Outcome.REFUSED)
        if summary.outcomes[outcome]
    ]
    lines += ["", "first reason of each"]
    lines += [f"  {count:>8}  {code}" for code, count in summary.reasons.most_common()]
    others = [result for result in results if result.told.outcome is not Outcome.ACCEPTED]
    if others:
        lines += ["", "not accepted"]
        lines += [
            f"  {WORDS[result.told.outcome]:<12}{', '.join(result.told.codes)}  {_place(result)}"
            for result in others[:_SHOWN]
        ]
    if len(others) > _SHOWN:
        lines.append(f"  and {len(others) - _SHOWN} more: --json lists them all")
    return lines


def _place(result: CodeResult) -> str:
    return result.file if result.line is None else f"{result.file}:{result.line}"


def _name(file: str) -> str:
    """Return the file's name as text, even if it is none: one name must not end the report of all."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def _as_json(results: Sequence[CodeResult], summary: Summary, seconds: float) -> JSONObject:
    return {
        "files": len({result.file for result in results}),
        "codes": len(results),
        "seconds": round(seconds, 3),
        "outcomes": {str(outcome): count for outcome, count in summary.outcomes.items()},
        "reasons": dict(summary.reasons.most_common()),
        "results": [_result_json(result) for result in results],
    }


def _result_json(result: CodeResult) -> JSONObject:
    place: JSONObject = {"file": _name(result.file)}
    if result.line is not None:
        place["line"] = result.line
    return place | {"outcome": str(result.told.outcome), "reasons": list(result.told.codes)}
