"""`ddcc verifier match`: does the certificate name whom the passport names.

Only translates between files and `verifier.matching`. The passport line is typed as an argument, or comes
from a file or standard input, where other users of the computer cannot read it. Exit codes: 0 the same, 1
different, 3 for the eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from health import MatchOutcome, PassportHolder, PersonMatch, parse_passport
from runtime.commands import AsJSON, epilog
from runtime.console import ExitCode, print_json, print_line, read_input, reporting_errors
from vclib.errors import MalformedValueError, ParsingError
from vclib.strict_json import JSONObject, parse_json_object
from verifier.matching import match_written_result

app = typer.Typer()

_MAX_LINE = 4096
_WORDS: Mapping[MatchOutcome, str] = MappingProxyType(
    {
        MatchOutcome.MATCH: "THE SAME",
        MatchOutcome.BY_EYE: "CHECK BY EYE",
        MatchOutcome.DIFFERENT: "DIFFERENT",
    }
)
_EXIT_CODES = {
    MatchOutcome.MATCH: ExitCode.OK,
    MatchOutcome.DIFFERENT: ExitCode.REFUSED,
    MatchOutcome.BY_EYE: ExitCode.NOT_CHECKED,
}


@app.command(
    "match",
    epilog=epilog(
        "ddcc verifier check shown.json --json > result.json; "
        "ddcc verifier match result.json 'SURNAME, GIVEN 1974-08-12'",
        note="Other users of a computer can read an argument; give the line as - or @FILE there.",
    ),
)
def match_command(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="What `ddcc verifier check --json` wrote.")
    ],
    passport: Annotated[
        str,
        typer.Argument(
            metavar="PASSPORT",
            help='The machine readable zone, or "SURNAME, GIVEN 1974-08-12"; a file that holds it, also as '
            "@FILE; - is standard input.",
        ),
    ],
    as_json: AsJSON = False,
) -> None:
    """Say whether a checked certificate names the holder of a passport: the same, different, or by eye."""
    with reporting_errors(as_json=as_json):
        matches = match_written_result(parse_json_object(read_input(result)), _holder(passport))
        outcome = PersonMatch(tuple(reason for match in matches for reason in match.reasons)).outcome
        if as_json:
            print_json({"outcome": str(outcome), "credentials": [_match_json(match) for match in matches]})
        else:
            print_line(_WORDS[outcome])
            for match in matches:
                for reason in match.reasons:
                    print_line(f"  [{reason.code}] {reason.message}")
    raise typer.Exit(_EXIT_CODES[outcome])


def _holder(given: str) -> PassportHolder:
    """Return whom the line names: of a file or standard input where one is named, else what was typed."""
    file = Path(given.removeprefix("@"))
    if given == "-" or given.startswith("@") or _is_file(file):
        return parse_passport(_line(file))
    if "<" not in given and not any(character.isdigit() for character in given):
        # A file's name that was mistyped must not be compared as if it were somebody's.
        raise MalformedValueError(
            'expected a file, -, a machine readable zone or "SURNAME, GIVEN NAMES 1974-08-12"; there is no '
            "such file, and it has no date"
        )
    return parse_passport(given.strip())


def _line(file: Path) -> str:
    try:
        return read_input(file, max_bytes=_MAX_LINE).decode("utf-8").strip()
    except UnicodeDecodeError as err:
        raise ParsingError("expected a passport line as UTF-8 text") from err


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A zone of 90 characters can be longer than any name of a file.
        return False


def _match_json(match: PersonMatch) -> JSONObject:
    return {
        "outcome": str(match.outcome),
        "reasons": [
            {"code": reason.code, "message": reason.message, "outcome": str(reason.outcome)}
            for reason in match.reasons
        ],
    }
