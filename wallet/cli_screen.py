"""`ddcc wallet` without a command, `open` and `remind`: the wallet for people instead of scripts.

On a terminal the screens; with `--plain` numbered questions, line by line; `remind` prints what ends soon,
for cron. Textual is imported only when a screen is opened, so that the commands stay quick.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from runtime.atomic import read_file
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import print_json, print_line, read_passphrase, reporting_errors
from runtime.hangup import has_hung_up
from vclib.policy import TrustedIssuers
from vclib.strict_json import MAX_BYTES, parse_json_object
from wallet.cli_shared import AllowLoopback, Issuers, WalletFile
from wallet.config import PASSPHRASE_VARIABLE, load_config
from wallet.desk import Desk
from wallet.network import Network

app = typer.Typer()

# Of standard input, which the screen reads.
_TERMINAL = 0


@dataclass(frozen=True)
class Opening:
    """Where the wallet is, and how to open it."""

    wallet: Path | None
    passphrase_file: Path | None
    issuers: Path | None = None
    allow_loopback: bool = False


@app.command("open", epilog=epilog("ddcc wallet open offer.png"))
def open_command(
    link: Annotated[
        str,
        typer.Argument(metavar="LINK", help="Offer or request; or a file with it, or a picture of its code."),
    ],
    plain: Annotated[bool, typer.Option("--plain", help="Ask and answer line by line.")] = False,
    allow_loopback: AllowLoopback = False,
    issuers: Issuers = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Open the wallet on the screen and follow a link."""
    with reporting_errors():
        open_wallet(Opening(wallet, passphrase_file, issuers, allow_loopback), plain=plain, link=link)


@app.command("remind", epilog=epilog("ddcc wallet remind --passphrase-file ~/.wallet-passphrase"))
def remind_command(
    wallet: WalletFile = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False
) -> None:
    """Print what ends within 30 days; nothing if nothing does, so that cron keeps quiet."""
    with reporting_errors(as_json=as_json):
        desk = make_desk(Opening(wallet, passphrase_file))
        config = load_config(wallet)
        desk.unlock(
            read_passphrase("Wallet passphrase", file=passphrase_file, environment=config.environment)
        )
        try:
            reminders = desk.reminders()
        finally:
            desk.lock()
        if as_json:
            print_json({"reminders": list(reminders)})
            return
        for reminder in reminders:
            print_line(reminder)


def has_terminal() -> bool:
    """Say whether somebody sits before the program."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_wallet(opening: Opening, *, plain: bool, link: str | None) -> None:
    """Open the wallet for a person; returns when it is closed. `link` is followed first."""
    desk = make_desk(opening)
    config = load_config(opening.wallet)
    given = opening.passphrase_file is not None or config.environment.get(PASSPHRASE_VARIABLE)
    if given and desk.exists:
        desk.unlock(
            read_passphrase("Wallet passphrase", file=opening.passphrase_file, environment=config.environment)
        )
    try:
        # A terminal that can only write lines gets lines.
        if plain or config.environment.get("TERM") == "dumb":
            from wallet.plain import PlainWallet

            PlainWallet(desk).run(link)
        else:
            from wallet.app import WalletApp

            WalletApp(desk, link=link, has_hung_up=lambda: has_hung_up(_TERMINAL)).run()
    finally:
        desk.lock()


def make_desk(opening: Opening) -> Desk:
    """Return the wallet, locked; raises ConfigurationError and StoreError for the file of issuers."""
    known = None
    if opening.issuers is not None:
        content = read_file(opening.issuers, max_bytes=MAX_BYTES)
        known = TrustedIssuers.from_json(parse_json_object(content)).by_did
    config = load_config(opening.wallet)
    return Desk(
        config.path,
        lambda: _network(allow_loopback=opening.allow_loopback),
        clock=utc_now,
        language=_language(config.environment),
        known_issuers=known,
    )


def _language(environment: Mapping[str, str]) -> str:
    """Return what the terminal's language is called, by the first variable that says so."""
    return next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "en"
    )


def _network(*, allow_loopback: bool) -> Network:
    from runtime.anchors import system_anchors
    from runtime.exchange import Exchanger
    from runtime.fetch import Fetcher
    from vclib.did import resolver

    fetch = Fetcher(allow_loopback=allow_loopback, warns=False)
    return Network(
        exchange=Exchanger(allow_loopback=allow_loopback),
        fetch=fetch,
        resolve=resolver(fetch=fetch),
        trust_anchors=system_anchors(),
        allow_loopback=allow_loopback,
    )
