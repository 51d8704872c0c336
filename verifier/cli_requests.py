"""`ddcc verifier request`: ask a holder's wallet, through a verifier that is being served.

The request is made by the service, because its key signs it and wallets answer to it; this command needs the
service's URL and, if it asks for one, an access token. It prints the link and a QR code, and with `--wait`
what was found. Not here: what is asked and what an answer is worth (`verifier.requests`).
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from runtime.atomic import write_file
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import ExitCode, print_json, print_line, print_warning, read_input, reporting_errors
from runtime.exchange import Exchanger
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError, MalformedValueError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject
from verifier.asking import VerifierClient, outcome_of, result_text

app = typer.Typer()

_EXIT_CODES = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.UNDECIDED: ExitCode.NOT_CHECKED,
}
_MAX_TOKEN_FILE = 4096


@app.command(
    "request",
    epilog=epilog("ddcc verifier request --for venue --url https://venue.example --token-file token --wait"),
)
def request_command(
    situation: Annotated[
        str, typer.Option("--for", help="The situation: venue, border, clinic, test, status.")
    ],
    url: Annotated[str, typer.Option("--url", help="Where the verifier is served.")],
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="vaccination, test or recovery. Repeatable. Default: all that fit."),
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="Why, as the wallet shows it. Default: the service's.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="File whose first line is an access token; - is standard input."),
    ] = None,
    qr: Annotated[
        Path | None, typer.Option("--qr", metavar="FILE", help="Write the link as a QR code: .png or .svg.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the answer, and tell what was found.")
    ] = False,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also talk to servers on this machine."),
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Ask for a presentation: print the link and its QR code, and wait for the answer if told to."""
    exit_code = ExitCode.OK
    with reporting_errors(as_json=as_json):
        exchange = Exchanger(allow_loopback=allow_loopback)
        client = VerifierClient(url.rstrip("/"), exchange, _token(token_file))
        asked = client.ask(situation, kinds=kind or (), purpose=purpose)
        told: JSONObject = {"link": asked.link, "expires": format_datetime(asked.expires)}
        _show(asked.link, qr, force=force, in_terminal=not as_json)
        if wait:
            result = client.wait(asked, clock=utc_now, sleep=time.sleep)
            exit_code = _EXIT_CODES[outcome_of(result)]
            told["result"] = result
            if not as_json:
                for line in result_text(result):
                    print_line(line)
        else:
            # Who does not wait can ask for the result later, with this.
            told["transactionId"] = asked.transaction_id
        if as_json:
            print_json(told)
    raise typer.Exit(exit_code)


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        lines = read_input(file, max_bytes=_MAX_TOKEN_FILE).decode("ascii").splitlines()
    except UnicodeDecodeError as err:
        raise MalformedValueError(f"{file}: expected an access token in its first line") from err
    if not lines or not lines[0].strip():
        raise MalformedValueError(f"{file}: expected an access token in its first line")
    return lines[0].strip()


def _show(link: str, picture: Path | None, *, force: bool, in_terminal: bool) -> None:
    # What draws takes longer to load than most commands of the verifier.
    from runtime.qr import make_qr

    code = make_qr(link)
    if picture is not None:
        drawn = {".png": code.png, ".svg": code.svg}.get(picture.suffix)
        if drawn is None:
            raise ConfigurationError(f"{picture}: expected a name that ends in .png or .svg")
        write_file(picture, drawn(), overwrite=force)
    if not in_terminal:
        return
    print_line(link)
    if picture is None:
        if shutil.get_terminal_size().columns < code.columns:
            print_warning(f"the code needs a window of {code.columns} columns; a picture scans better: --qr")
        print(code.terminal(), end="", flush=True)
