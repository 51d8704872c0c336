"""`ddcc wallet receive`: what an issuer on the network offers is shown, asked for, checked and kept.

The transaction code is typed at the terminal or read from a file, never an argument (threat K8); an offer may
be one, though it holds a code as well: a picture of its QR code, a file and standard input do not show it to
other users. All texts of the issuer are printed inert (J6).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from protocols.oid4vci import TxCode
from runtime.commands import AsJSON, PassphraseFile, epilog
from runtime.console import (
    ExitCode,
    ask_yes_no,
    exit_code_for,
    print_error,
    print_json,
    print_line,
    print_told,
    print_warning,
    read_secret,
    reporting_errors,
)
from runtime.exchange import Exchanger
from runtime.fetch import Fetcher
from vclib.datetimes import format_datetime
from vclib.did import resolver
from vclib.errors import ConfigurationError, FetchError
from vclib.strict_json import JSONObject, JSONValue
from wallet.cli_answer import AllowLoopback
from wallet.cli_links import read_link
from wallet.cli_shared import WalletFile, Yes, credential_line, opened
from wallet.issuer_client import IssuerClient
from wallet.receiving import AskCode, Choice, OfferPlan, Received, Receiver

SCHEMES = ("openid-credential-offer", "haip-vci")

app = typer.Typer()


@app.command(
    "receive",
    epilog=epilog(
        "ddcc wallet receive offer.png",
        note="If an answer gets lost (3), the same command again completes what was begun.",
    ),
)
def receive_command(
    offer: Annotated[
        str | None,
        typer.Argument(
            metavar="OFFER",
            help="openid-credential-offer:// link; or a file with it or with a picture of its QR code; - is "
            "standard input. The link holds a code, and other users can see arguments: a file is better.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Name or DID of the key to bind to. Default: the only one there is."),
    ] = None,
    copies: Annotated[
        int,
        typer.Option("--copies", help="More than one: each bound to a new key, to be presented once."),
    ] = 1,
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="Refuse credentials that another DID than this signed.")
    ] = None,
    tx_code_file: Annotated[
        Path | None,
        typer.Option("--tx-code-file", help="File whose first line is the transaction code; - is stdin."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Ask for what was promised for later, or interrupted.")
    ] = False,
    wait: Annotated[
        int, typer.Option("--wait", min=0, help="Seconds to wait for what is promised for later.")
    ] = 0,
    allow_loopback: AllowLoopback = False,
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Receive credentials that an issuer offers; those that are genuine and as offered are kept."""
    with reporting_errors(as_json=as_json):
        if (offer is None) is not resume:
            raise ConfigurationError("expected an offer, or --resume")
        link = read_link(offer, SCHEMES) if offer is not None else None
        client = IssuerClient(Exchanger(allow_loopback=allow_loopback), allow_loopback)
        resolve = resolver(fetch=Fetcher(allow_loopback=allow_loopback, warns=False))
        with opened(wallet, passphrase_file, resolve=resolve) as holder:
            receiver = Receiver(holder, client)
            try:
                result = (
                    receiver.resume(wait=wait)
                    if link is None
                    else _receive(receiver, link, Choice(key, copies, issuer), tx_code_file, yes=yes)
                )
                if link is not None and wait and result.waiting:
                    result = Received(result.stored, result.refused, (), result.warnings) + receiver.resume(
                        wait=wait
                    )
            except FetchError:
                if receiver.unfinished:
                    print_warning("what was begun is kept; the same command again, or --resume, completes it")
                raise
            _tell(result, as_json=as_json)


def _receive(
    receiver: Receiver, link: str, choice: Choice, tx_code_file: Path | None, *, yes: bool
) -> Received:
    planned = receiver.plan(link, choice)
    for line in _plan_lines(receiver, planned):
        print_told(line)
    if not yes and not ask_yes_no("Receive this into the wallet?"):
        receiver.decline(planned)
        print("nothing was received", file=sys.stderr)
        raise typer.Exit(ExitCode.REFUSED)
    return receiver.receive(planned, _asking(tx_code_file))


def _asking(file: Path | None) -> AskCode:
    """Return what asks for the transaction code: a file is read once, a person may try again."""

    def ask(tx_code: TxCode, attempt: int) -> str | None:
        if file is not None:
            return (
                read_secret("Transaction code", file=file, option="--tx-code-file") if attempt == 1 else None
            )
        if attempt > 1:
            print("the issuer does not accept this code", file=sys.stderr)
        kind = "digits" if tx_code.input_mode == "numeric" else "characters"
        length = f" ({tx_code.length} {kind})" if tx_code.length else ""
        return read_secret(f"Transaction code{length}", file=None, option="--tx-code-file")

    return ask


def _plan_lines(receiver: Receiver, planned: OfferPlan) -> list[str]:
    name = (
        f', which calls itself "{planned.issuer_name}" (nobody has checked that)'
        if planned.issuer_name
        else ""
    )
    lines = [f"{planned.issuer}{name} offers:"]
    lines += [f"  {item.title} ({', '.join(item.configuration.types)})" for item in planned.credentials]
    keys = receiver.holder.keys()
    names = {key.did: key.name for key in keys}
    if planned.begun:
        lines.append("it was begun before: what is missing is asked for, under the keys chosen then")
    elif planned.key is None:
        lines.append("BOUND TO NO KEY: whoever has a copy can present it")
    elif planned.choice.copies > 1:
        lines.append(
            f"{planned.choice.copies} copies, each bound to a new key of {names[planned.key]}, for one use"
        )
    else:
        lines.append(f"bound to: {names[planned.key]} ({planned.key})")
    if planned.tx_code is not None:
        lines.append(f"a transaction code is needed. {planned.tx_code.description or ''}".rstrip())
    return [*lines, ""]


def _tell(result: Received, *, as_json: bool) -> None:
    for warning in result.warnings:
        print_warning(warning)
    for err in result.refused:
        print_warning("a credential was refused; it is not in the wallet, and the issuer was told")
        print_error(err)
    for item in result.stored:
        for warning in item.added.warnings:
            print_warning(f"{item.added.view.short_id}: {warning}")
    if as_json:
        print_json(_result(result))
    else:
        _print_result(result)
    if result.refused:
        raise typer.Exit(exit_code_for(result.refused[0]))


def _print_result(result: Received) -> None:
    for item in result.stored:
        state = "held already" if item.added.duplicate else "received"
        print_line(f"{state}  {credential_line(item.added.view)}")
        for note in item.notes:
            print_line(f"    {note}")
    if result.waiting:
        when = format_datetime(min(result.waiting))
        print_line(f"promised for later: ddcc wallet receive --resume, not before {when}")
    if result == Received():
        print_line("there is nothing to receive")


def _result(result: Received) -> JSONObject:
    stored: list[JSONValue] = [
        {
            **item.added.view.to_json(),
            "duplicate": item.added.duplicate,
            "notes": list(item.notes),
            "warnings": list(item.added.warnings),
        }
        for item in result.stored
    ]
    refused: Sequence[JSONValue] = [{"code": err.code, "message": err.message} for err in result.refused]
    return {
        "credentials": stored,
        "refused": list(refused),
        "notBefore": [format_datetime(moment) for moment in result.waiting],
        "warnings": list(result.warnings),
    }
