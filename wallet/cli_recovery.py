"""`ddcc wallet recovery`: twelve words on paper that open the wallet when its passphrase is forgotten.

The words are read from a file or typed hidden, never from an argument (threat K8). A terminal shows new words
on a page of their own that is gone afterwards; only the words that were asked back make them count (K11).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from runtime.atomic import write_file
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import (
    ExitCode,
    ask_yes_no,
    print_json,
    print_line,
    read_secret,
    reporting_errors,
    show_apart,
)
from vclib.did import resolver
from wallet.cli_shared import NewPassphraseFile, WalletFile, Yes, ask_new_passphrase, opened, tell_permissions
from wallet.config import load_config
from wallet.holder import Holder
from wallet.phrases import new_phrase
from wallet.recovery import check_answers, places_to_ask

app = typer.Typer(help="Twelve words on paper, for when the passphrase is forgotten.", no_args_is_help=True)

PhraseFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--phrase-file", help="File whose first line is the phrase. Default: typed, hidden."),
]


@app.command("create", epilog=epilog("ddcc wallet recovery create"))
def create_command(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the words to this new file instead of showing and asking back."),
    ] = None,
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Make a recovery phrase; an older one opens the wallet no more. Words asked back make it count."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        if (
            holder.recovery.is_set
            and not yes
            and not ask_yes_no("There is one. Let new words take its place?")
        ):
            raise typer.Exit(ExitCode.REFUSED)
        phrase = new_phrase()
        if out is not None:
            write_file(out, f"{phrase}\n".encode(), overwrite=False)
        else:
            _show_and_ask_back(phrase)
        holder.recovery.set(phrase)
        if as_json:
            print_json({"recovery": True, "file": None if out is None else str(out)})
        else:
            print_line("the recovery phrase counts from now on; keep it away from the wallet file")


@app.command("check", epilog=epilog("ddcc wallet recovery check"))
def check_command(
    phrase_file: PhraseFile = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Say whether the words on the paper are those of this wallet."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        holder.recovery.check(_read_phrase(phrase_file))
        if as_json:
            print_json({"recovery": True})
        else:
            print_line("these words open this wallet")


@app.command("open", epilog=epilog("ddcc wallet recovery open"))
def open_command(
    phrase_file: PhraseFile = None,
    new_passphrase_file: NewPassphraseFile = None,
    wallet: WalletFile = None,
    as_json: AsJSON = False,
) -> None:
    """Open the wallet by its recovery phrase and give it a new passphrase."""
    with reporting_errors(as_json=as_json):
        config = load_config(wallet)
        phrase = _read_phrase(phrase_file)
        with Holder.open_by_phrase(config.path, phrase, resolve=resolver(), clock=utc_now) as holder:
            tell_permissions(holder)
            holder.change_passphrase(ask_new_passphrase(config, new_passphrase_file))
        if as_json:
            print_json({"changed": True})
        else:
            print_line("the wallet opens with the new passphrase now; the recovery phrase stays as it is")


@app.command("remove", epilog=epilog("ddcc wallet recovery remove"))
def remove_command(
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Take the recovery phrase away. Backups that were made with it keep it."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        if not yes and not ask_yes_no("Take the recovery phrase away?"):
            raise typer.Exit(ExitCode.REFUSED)
        holder.recovery.remove()
        if as_json:
            print_json({"removed": True})
        else:
            print_line("no recovery phrase opens this wallet any more")


def _read_phrase(file: Path | None) -> str:
    return read_secret("Recovery phrase", file=file, option="--phrase-file")


def _show_and_ask_back(phrase: str) -> None:
    """Show the words where they do not stay, then ask for some of them; PhraseError, ConfigurationError."""
    numbered = [f"{number:>2}  {word}" for number, word in enumerate(phrase.split(), start=1)]
    show_apart(
        ["Write these words on paper, in this order. They are shown this once.", "", *numbered, ""],
        "Press Enter when you have written them down: ",
        other_ways="--out FILE",
    )
    places = places_to_ask()
    answers = tuple(
        read_secret(f"Word {place} from your paper", file=None, option="--out") for place in places
    )
    check_answers(phrase, places, answers)
