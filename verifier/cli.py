"""`ddcc verifier`: check what somebody presents, make a challenge to ask with.

Only translates between the command line and `verifier.service`. Exit codes as in `runtime.console`: 0
accepted, 1 refused, 3 not decided because something could not be checked, 4 what came is no presentation. Of
a folder the worst outcome counts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from health.formats import Certificate, UnsupportedFormatError
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import (
    ExitCode,
    print_json,
    print_line,
    read_input,
    reporting_errors,
)
from runtime.folders import make_folder
from runtime.late_commands import Late, late_group
from vclib.datetimes import format_datetime
from vclib.encoding import encode_base58btc
from vclib.errors import ConfigurationError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject
from verifier.check_options import At, takes_room
from verifier.checking_room import CheckingRoom
from verifier.code_lists import has_many
from verifier.config import VerifierConfig, load_config
from verifier.inputs import moment_option, open_content
from verifier.report import missing_lines, result_json, result_lines
from verifier.service import CheckResult, Question, Verifier

if TYPE_CHECKING:
    from verifier.store import VerifierStore

app = typer.Typer(
    help="Check what somebody presents.",
    no_args_is_help=True,
    cls=late_group(
        Late("verifier.cli_batch", ("check-batch",)),
        Late("verifier.cli_serve", ("init", "config", "serve", "token")),
        Late("verifier.cli_keys", name="key"),
        Late("verifier.cli_requests", ("request", "result")),
        Late("verifier.cli_rules", name="rules"),
        Late("verifier.cli_matching", ("match",)),
        Late("verifier.cli_page", ("page",)),
    ),
)

# Twice what guessing could ever reach.
_CHALLENGE_BYTES = 16

_EXIT_CODES = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.UNDECIDED: ExitCode.NOT_CHECKED,
}


@app.callback()
def main() -> None:
    """Check what somebody presents."""


@app.command(
    "check",
    epilog=epilog(
        "ddcc verifier check presentation.json --trust trust.json --challenge 7Jc... "
        "--domain https://venue.example"
    ),
)
@takes_room
def check_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Presentation, credential or paper code: JSON, QR text, PNG or JPEG; - is standard input. "
            "Or many: a folder of such files, or a text file with an HC1 code on each line.",
        ),
    ],
    room: CheckingRoom,
    challenge: Annotated[
        str | None, typer.Option("--challenge", help="The challenge that was sent; the answer must carry it.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="Whom the presentation must be made for: us.")
    ] = None,
    at: At = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=256, help="For many codes: processes. Default: all cores."),
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Say whether a presentation, credential or paper code is accepted, why, and what it discloses.

    Of many codes each is told in a line, on all cores.
    """
    with reporting_errors(as_json=as_json):
        now = utc_now() if at is None else moment_option(at, "--at")
        if has_many(file):
            if challenge is not None or domain is not None:
                raise ConfigurationError("many codes answer no request: leave out --challenge and --domain")
            # Many are checked by several processes, which need more code than one credential.
            from verifier.cli_folder import check_many

            raise typer.Exit(check_many(file, room, now=now, workers=workers, as_json=as_json))
        config = room.config()
        question = room.question(challenge=challenge, domain=domain)
        verifier = room.verifier()
        content = read_input(file)
        with _opened(config) as store:
            result = _check(replace(verifier, store=store), content, question, now)
        if as_json:
            print_json(result_json(result))
        else:
            for line in [*result_lines(result), *missing_lines(result, list(verifier.status_lists))]:
                print_line(line)
    raise typer.Exit(_EXIT_CODES[result.verdict.outcome])


def _check(verifier: Verifier, content: bytes, question: Question, now: datetime) -> CheckResult:
    """Return the verdict; what is not of the form it means to have is no presentation, so an error here."""
    try:
        opened = open_content(content)
    except UnsupportedFormatError:
        return verifier.check_content(content, question, now=now)
    if isinstance(opened, Certificate):
        return verifier.check_certificate(opened, question, now=now)
    return verifier.check(opened, question, now=now)


@app.command(
    "challenge",
    epilog=epilog("ddcc verifier challenge --save --domain https://venue.example --home verifier"),
)
def challenge_command(
    domain: Annotated[
        str | None, typer.Option("--domain", help="Whom the presentation is to be made for: us.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Remember it, so that only one presentation can answer it.")
    ] = False,
    minutes: Annotated[
        int, typer.Option("--minutes", min=1, max=1440, help="How long a saved one may be answered.")
    ] = 10,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Folder with the settings, which remembers it. DDCC_VERIFIER_HOME."),
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Print a fresh random challenge."""
    with reporting_errors(as_json=as_json):
        challenge = encode_base58btc(secrets.token_bytes(_CHALLENGE_BYTES))
        written: JSONObject = {"challenge": challenge}
        if save:
            config = load_config(home)
            if config is None or domain is None:
                raise ConfigurationError("--save needs --domain, and a folder: --home or DDCC_VERIFIER_HOME")
            expires = utc_now() + timedelta(minutes=minutes)
            _save(config, challenge, domain, expires)
            written |= {"domain": domain, "expires": format_datetime(expires)}
        if as_json:
            print_json(written)
        else:
            print_line(challenge)


def _save(config: VerifierConfig, challenge: str, domain: str, expires: datetime) -> None:
    make_folder(config.home)
    with _opened(config) as store:
        if store is not None:
            store.save_challenge(challenge, domain, expires)


@contextmanager
def _opened(config: VerifierConfig | None) -> Iterator[VerifierStore | None]:
    if config is None:
        yield None
        return
    # Only a verifier that remembers needs a database, and it takes longer to load than a check.
    from verifier.store import VerifierStore

    store = VerifierStore.open_home(config)
    try:
        yield store
    finally:
        store.close()
