"""`ddcc verifier request` and `result`: ask a holder's wallet, through a verifier that is being served.

The request is made by the service, because its key signs it and wallets answer to it; this command needs the
service's URL and, if it asks for one, an access token. It prints the link and a QR code, and with `--wait`
what was found. What opens the result is no argument, since other users can read those: `--keep` writes it
into a file that `result` reads (threat K8). Not here: what is asked and what an answer is worth
(`verifier.requests`).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from runtime.atomic import write_file
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import ExitCode, print_json, print_line, print_warning, read_input, reporting_errors
from runtime.exchange import Exchanger
from runtime.terminal import columns_of
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError, MalformedValueError, StoreError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.asking import AskedRequest, VerifierClient, outcome_of, result_text

app = typer.Typer()

_EXIT_CODES = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.UNDECIDED: ExitCode.NOT_CHECKED,
}
_MAX_TOKEN_FILE = 4096
_MAX_KEPT_FILE = 64 * 1024

Wait: TypeAlias = Annotated[
    bool, typer.Option("--wait", help="Wait for the answer, and tell what was found.")
]
AllowLoopback: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-loopback", help="Development only: also talk to servers on this machine."),
]


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
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="SET", help="Ask only what these rules of the service read."),
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Whose rules, e.g. DE. Default: the service's.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="File whose first line is an access token; - is standard input."),
    ] = None,
    qr: Annotated[
        Path | None, typer.Option("--qr", metavar="FILE", help="Write the link as a QR code: .png or .svg.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    wait: Wait = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="FILE", help="Keep here what opens the result: `verifier result`."),
    ] = None,
    allow_loopback: AllowLoopback = False,
    as_json: AsJSON = False,
) -> None:
    """Ask for a presentation: print the link and its QR code, and wait for the answer if told to."""
    exit_code = ExitCode.OK
    with reporting_errors(as_json=as_json):
        exchange = Exchanger(allow_loopback=allow_loopback)
        client = VerifierClient(url.rstrip("/"), exchange, _token(token_file))
        for path in (qr, keep):
            if path is not None and path.exists() and not force:
                raise StoreError(f"{path} exists already; use --force to replace it")
        asked = client.ask(situation, kinds=kind or (), purpose=purpose, rules=rules, country=country)
        if keep is not None:
            # Whoever has it gets what the holder discloses, so the file is its owner's.
            kept = dump_json({"url": client.url, **asked.to_json()}, indent=2)
            write_file(keep, f"{kept}\n".encode(), overwrite=force)
        _show(asked.link, qr, force=force, in_terminal=not as_json)
        told: JSONObject = {"link": asked.link, "expires": format_datetime(asked.expires)}
        if wait:
            result = client.wait(asked, clock=utc_now, sleep=time.sleep)
            exit_code = _EXIT_CODES[outcome_of(result)]
            told["result"] = result
            if not as_json:
                _tell(result)
        else:
            # Who does not wait can ask for the result later, with this.
            told["transactionId"] = asked.transaction_id
            if not as_json:
                print_line(_next_line(keep, allow_loopback=allow_loopback))
        if as_json:
            print_json(told)
    raise typer.Exit(exit_code)


@app.command("result", epilog=epilog("ddcc verifier result asked.json --wait"))
def result_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `verifier request --keep FILE` kept.")],
    wait: Wait = False,
    allow_loopback: AllowLoopback = False,
    as_json: AsJSON = False,
) -> None:
    """Tell what a holder answered to a request, once: the service forgets it then.

    Exit codes as of `ddcc verifier check`; 3 also while nobody has answered.
    """
    with reporting_errors(as_json=as_json):
        kept = parse_json_object(read_input(file, max_bytes=_MAX_KEPT_FILE))
        asked, url = AskedRequest.from_json(kept), kept.get("url")
        if not isinstance(url, str):
            raise MalformedValueError(f"{file}: expected what `ddcc verifier request --keep` writes")
        client = VerifierClient(url, Exchanger(allow_loopback=allow_loopback))
        result = client.wait(asked, clock=utc_now, sleep=time.sleep) if wait else client.result(asked)
        if as_json:
            print_json({"result": result})
        elif result is not None:
            _tell(result)
        else:
            print_line(f"nobody has answered yet; it can be answered until {format_datetime(asked.expires)}")
    raise typer.Exit(ExitCode.NOT_CHECKED if result is None else _EXIT_CODES[outcome_of(result)])


def _tell(result: JSONObject) -> None:
    for line in result_text(result):
        print_line(line)


def _next_line(keep: Path | None, *, allow_loopback: bool) -> str:
    if keep is None:
        return "the answer can be seen with --wait, or later with --keep FILE"
    loopback = " --allow-loopback" if allow_loopback else ""
    return f"next: ddcc verifier result {keep}{loopback}"


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
    from runtime.qr import check_fits, make_qr

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
        try:
            check_fits(code, columns_of(sys.stdout))
        except ConfigurationError as err:
            # The link is told, so the request is made all the same.
            print_warning(err.message)
            return
        print(code.terminal(), end="", flush=True)
