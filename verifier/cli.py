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
from typing import TYPE_CHECKING, Annotated, TypeAlias

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
from runtime.fetch import Fetcher
from runtime.folders import make_folder
from vclib.datetimes import format_datetime
from vclib.did import Fetch
from vclib.encoding import encode_base58btc
from vclib.errors import ConfigurationError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject
from verifier.cli_batch import app as batch_commands
from verifier.cli_folder import check_folder
from verifier.cli_keys import app as key_commands
from verifier.cli_matching import app as match_commands
from verifier.cli_page import app as page_commands
from verifier.cli_requests import app as request_commands
from verifier.cli_rules import app as rule_commands
from verifier.cli_serve import app as service_commands
from verifier.config import VerifierConfig, load_config
from verifier.inputs import moment_option, open_content, read_status_files, read_trust_file
from verifier.report import missing_lines, result_json, result_lines
from verifier.revocation_lists import open_revocations
from verifier.rule_store import choose_rules, rule_store
from verifier.rules import ChosenRules
from verifier.service import CheckResult, Question, Verifier, no_marks
from verifier.signer_files import read_revocations, read_signers
from verifier.trust_lists import open_trust

if TYPE_CHECKING:
    from verifier.store import VerifierStore

app = typer.Typer(help="Check what somebody presents.", no_args_is_help=True)
app.add_typer(batch_commands)
app.add_typer(service_commands)
app.add_typer(key_commands, name="key")
app.add_typer(request_commands)
app.add_typer(rule_commands, name="rules")
app.add_typer(match_commands)
app.add_typer(page_commands)

# Twice what guessing could ever reach.
_CHALLENGE_BYTES = 16

_EXIT_CODES = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.UNDECIDED: ExitCode.NOT_CHECKED,
}

Home: TypeAlias = Annotated[
    Path | None,
    typer.Option("--home", help="Folder that remembers challenges and holds trust.json. DDCC_VERIFIER_HOME."),
]


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
def check_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Presentation or credential: JSON, QR text, PNG or JPEG; - is standard input.",
        ),
    ],
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Trust file: who is recognised, for which types.")
    ] = None,
    challenge: Annotated[
        str | None, typer.Option("--challenge", help="The challenge that was sent; the answer must carry it.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="Whom the presentation must be made for: us.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Check as if it were this time, e.g. 2027-01-01T00:00:00Z.")
    ] = None,
    require_holder: Annotated[
        bool, typer.Option("--require-holder", help="Refuse what is not bound to the presenter's key.")
    ] = False,
    require_status: Annotated[
        bool, typer.Option("--require-status", help="Refuse what could not have been revoked.")
    ] = False,
    status: Annotated[
        list[Path] | None,
        typer.Option("--status", help="Status list credential as a file, or a folder of them. Repeatable."),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="SET", help="Also ask the rules of this set: verifier rules list."),
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Whose rules: where the guest arrives, e.g. DE.")
    ] = None,
    signer: Annotated[
        list[Path] | None,
        typer.Option(
            "--signer",
            help="Certificate of a signer of paper codes (PEM, DER), or a folder of them. Repeatable. "
            "Default: those of the home.",
        ),
    ] = None,
    revoked: Annotated[
        list[Path] | None,
        typer.Option(
            "--revoked",
            help="EU revocation list (JSON) of paper codes, or a folder of them. Repeatable. "
            "Default: those of the home.",
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing.")] = False,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also read from servers on this machine."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="For a folder: processes. Default: cores.")
    ] = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Say whether a presentation, credential or paper code is accepted, why, and what it discloses.

    FILE is JSON, the text of a QR code (also HC1:), a PNG or JPEG of one, or a folder of any of these.
    """
    with reporting_errors(as_json=as_json):
        now = utc_now() if at is None else moment_option(at, "--at")
        fetch: Fetch | None = None if offline else Fetcher(allow_loopback=allow_loopback)
        config = load_config(home)
        question = Question(
            challenge,
            domain,
            require_holder or (config is not None and config.require_holder),
            require_status or (config is not None and config.require_status),
            _rules(config, rules, country),
        )
        status_lists = read_status_files(status or [])
        lists = None if trust is not None else open_trust(config)
        found = None if lists is None else lists.now()
        named = read_signers(signer or [])
        verifier = Verifier(
            (None if found is None else found.issuers) if trust is None else read_trust_file(trust),
            status_lists,
            fetch,
            marks=no_marks if found is None else lambda: found.marks,
            # Of lists as they are now: a check, also of a whole folder, is of one moment.
            signers=named if named is not None or found is None else found.signers,
            revocations=read_revocations(revoked or []),
            withdrawn=None if revoked else open_revocations(config),
        )
        if file.is_dir():
            raise typer.Exit(
                check_folder(file, verifier, question, now=now, workers=workers, as_json=as_json)
            )
        content = read_input(file)
        with _opened(config) as store:
            result = _check(replace(verifier, store=store), content, question, now)
        if as_json:
            print_json(result_json(result))
        else:
            for line in [*result_lines(result), *missing_lines(result, list(status_lists))]:
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
    home: Home = None,
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


def _rules(config: VerifierConfig | None, name: str | None, country: str | None) -> ChosenRules | None:
    """Return the rules named by the options, else by the settings."""
    if config is None:
        if name is not None or country is not None:
            raise ConfigurationError(
                "--rules needs the folder that has the rule sets: --home or DDCC_VERIFIER_HOME"
            )
        return None
    name, country = name or config.rules, country or config.rules_country
    if name is None and country is None:
        return None
    if name is None or country is None:
        raise ConfigurationError("--rules and --country belong together")
    return choose_rules(config, rule_store(config), name, country, config.rules_region)
