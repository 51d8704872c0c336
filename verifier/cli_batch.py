"""The command that checks by the million: `check-batch` reads files of credentials and writes verdicts.

Only translates between the command line and `verifier.batch_check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import ExitCode, print_json, print_line, reporting_errors
from runtime.jobs import available_cores, run_jobs
from runtime.part_files import PartFolder
from runtime.progress import progress_bar
from runtime.table_files import fingerprint
from vclib.jsonld import LATE_MODULES
from vclib.policy import Outcome
from verifier.batch_check import (
    UNREADABLE,
    VERDICTS,
    BatchChecking,
    check_files,
    input_files,
)
from verifier.batch_terms import begin_or_go_on, terms_of
from verifier.check_options import At, takes_room
from verifier.checking_room import CheckingRoom
from verifier.inputs import moment_option

app = typer.Typer()

# The worst first: one refused credential among a million is what a script has to hear of.
_EXIT_CODES = (
    (str(Outcome.REFUSED), ExitCode.REFUSED),
    (UNREADABLE, ExitCode.BAD_INPUT),
    (str(Outcome.UNDECIDED), ExitCode.NOT_CHECKED),
)
_OUTCOMES = (str(Outcome.ACCEPTED), *(name for name, _ in _EXIT_CODES))


@app.command(
    "check-batch",
    epilog=epilog(
        "ddcc verifier check-batch batch --out verdicts --trust trust.json --without-base-proofs",
        note="Of several outcomes the first of 1, 4 and 3 that came up.",
    ),
)
@takes_room
def check_batch_command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="JSON Lines or Parquet of credentials, lines of HC1 codes, or folders of parts.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the verdicts.")],
    room: CheckingRoom,
    without_base_proofs: Annotated[
        bool,
        typer.Option(
            "--without-base-proofs", help="Leave base proofs out, as a holder does who shows all of it."
        ),
    ] = False,
    at: At = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=512, help="Processes that check. Default: all cores."),
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Check files of credentials on all cores, a verdict a line; interrupted, the same command goes on."""
    with reporting_errors(as_json=as_json):
        folder = PartFolder(out, stem="verdicts")
        files = [path.absolute() for path in input_files(inputs)]
        checking = BatchChecking(room, room.state(), utc_now(), without_base_proofs)
        with folder.locked():
            counts = _check(checking, files, folder, at, workers or available_cores())
        if as_json:
            print_json({"verdicts": str(out / VERDICTS), "counts": dict(counts)})
        else:
            for line in _summary_lines(counts, out):
                print_line(line)
    raise typer.Exit(next((code for name, code in _EXIT_CODES if counts.get(name)), ExitCode.OK))


def _check(
    checking: BatchChecking, files: list[Path], folder: PartFolder, at: str | None, workers: int
) -> Mapping[str, int]:
    printed = [fingerprint(path) for path in files]
    inputs = {str(path): each.sha256 for path, each in zip(files, printed, strict=True)}
    terms = terms_of(checking.room, inputs, at, without_base_proofs=checking.without_base_proofs)
    now = begin_or_go_on(folder.folder, terms, utc_now() if at is None else moment_option(at, "--at"))
    checking = replace(checking, now=now)
    run = partial(run_jobs, checking, workers=workers, environment={}, modules=LATE_MODULES)
    with progress_bar("checking", sum(each.rows for each in printed)) as advance:
        return check_files(files, folder, run, advance)


def _summary_lines(counts: Mapping[str, int], out: Path) -> list[str]:
    lines: list[str] = []
    for outcome in _OUTCOMES:
        lines.append(f"{outcome:<12}{counts.get(outcome, 0):>12,}")
        told = {name: number for name, number in counts.items() if name.startswith(f"{outcome}: ")}
        for name, number in sorted(told.items(), key=lambda each: -each[1]):
            lines.append(f"  {name.removeprefix(f'{outcome}: '):<30}{number:>12,}")
    return [*lines, f"a verdict for each line: {out / VERDICTS}"]
