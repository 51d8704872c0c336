"""`ddcc wallet interact`: answer a verifier whose interaction URL was scanned or typed.

What would leave is shown before anybody is asked, as with `ddcc wallet present`. Not here: what may be
answered, and to whom (`wallet.exchanging`).
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from runtime.commands import AsJSON, PassphraseFile, epilog
from runtime.console import ExitCode, ask_yes_no, inert_text, print_json, print_line, reporting_errors
from vclib.errors import MalformedValueError
from wallet.cli_present import shown_lines
from wallet.cli_shared import WalletFile, Yes, opened
from wallet.exchanging import MAX_TURNS, Asked, Exchanging
from wallet.holder import Holder

app = typer.Typer()


@app.command("interact", epilog=epilog("ddcc wallet interact 'https://venue.example/interactions/z8n?iuv=1'"))
def interact_command(
    url: Annotated[str, typer.Argument(metavar="URL", help="Interaction URL, as scanned; it has iuv=1.")],
    credential_ids: Annotated[
        list[str] | None, typer.Option("--credential", help="Choose among these credentials. Repeatable.")
    ] = None,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also talk to servers on this machine."),
    ] = False,
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Read what a verifier asks, show what would leave, ask, and send it."""
    with reporting_errors(as_json=as_json):
        # Opening a connection needs more code than most commands of the wallet.
        from runtime.exchange import Exchanger

        with opened(wallet, passphrase_file) as holder:
            exchanging = Exchanging(holder, Exchanger(allow_loopback=allow_loopback))
            asked = exchanging.open(url)
            turns = 0
            while asked is not None:
                if turns == MAX_TURNS:
                    raise MalformedValueError(
                        f"{asked.host} asks more than {MAX_TURNS} times in one exchange"
                    )
                turns += 1
                asked = _turn(holder, exchanging, asked, credential_ids or [], yes=yes)
        if as_json:
            print_json({"answered": turns})
        else:
            print_line("sent" if turns else "nothing was asked")


def _turn(
    holder: Holder, exchanging: Exchanging, asked: Asked, credential_ids: list[str], *, yes: bool
) -> Asked | None:
    planned = exchanging.plan(asked, wanted=credential_ids)
    for line in (f"{asked.host} asks:", *shown_lines(holder, planned)):
        print(inert_text(line), file=sys.stderr)
    if not yes and not ask_yes_no("Let this leave the wallet?"):
        holder.decline(planned)
        print("nothing left the wallet", file=sys.stderr)
        raise typer.Exit(ExitCode.REFUSED)
    return exchanging.send(asked, planned)
