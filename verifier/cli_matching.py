"""`ddcc verifier match`: does the certificate name whom the passport names.

Only translates between files and `verifier.matching`. Neither name nor passport line is an argument, since
other users of a computer can read those. Exit codes: 0 the same, 1 different, 3 for the eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from health import MatchOutcome, PersonMatch, parse_passport
from runtime.commands import AsJSON, epilog
from runtime.console import ExitCode, print_json, print_line, read_input, reporting_errors
from vclib.errors import ParsingError
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
        "ddcc verifier check shown.json --json > result.json; ddcc verifier match result.json passport.txt"
    ),
)
def match_command(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="What `ddcc verifier check --json` wrote.")
    ],
    passport: Annotated[
        Path,
        typer.Argument(
            metavar="PASSPORT",
            help='File with the machine readable zone, or "SURNAME, GIVEN 1974-08-12"; - is standard input.',
        ),
    ],
    as_json: AsJSON = False,
) -> None:
    """Say whether a checked certificate names the holder of a passport: the same, different, or by eye."""
    with reporting_errors(as_json=as_json):
        matches = match_written_result(parse_json_object(read_input(result)), parse_passport(_line(passport)))
        outcome = PersonMatch(tuple(reason for match in matches for reason in match.reasons)).outcome
        if as_json:
            print_json({"outcome": str(outcome), "credentials": [_match_json(match) for match in matches]})
        else:
            print_line(_WORDS[outcome])
            for match in matches:
                for reason in match.reasons:
                    print_line(f"  [{reason.code}] {reason.message}")
    raise typer.Exit(_EXIT_CODES[outcome])


def _line(file: Path) -> str:
    try:
        return read_input(file, max_bytes=_MAX_LINE).decode("utf-8").strip()
    except UnicodeDecodeError as err:
        raise ParsingError("expected a passport line as UTF-8 text") from err


def _match_json(match: PersonMatch) -> JSONObject:
    return {
        "outcome": str(match.outcome),
        "reasons": [
            {"code": reason.code, "message": reason.message, "outcome": str(reason.outcome)}
            for reason in match.reasons
        ],
    }
