"""What the commands of `ddcc wallet` share: their common options, opening a wallet, words for a credential.

Not here: any command.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from runtime.commands import utc_now
from runtime.console import print_warning, read_new_passphrase, read_passphrase
from vclib.cid import Resolve
from vclib.did import resolver
from vclib.errors import SealingError
from wallet.config import NEW_PASSPHRASE_VARIABLE, PASSPHRASE_VARIABLE, WalletConfig, load_config
from wallet.holder import CredentialView, Holder, Permissions

AllowLoopback: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-loopback", help="Development only: also talk to servers on this machine."),
]
Issuers: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--issuers", help="Issuers you know, as a verifier's trust file; others are marked as unknown."
    ),
]
WalletFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--wallet", help="The wallet file. Default: DDCC_WALLET, else the user's own."),
]
NewPassphraseFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--new-passphrase-file", help="File whose first line is the new passphrase."),
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

# After a wrong passphrase typed at a terminal: seconds until the next try, which is each time a new Argon2id.
_DELAYS = (1, 2)


@contextmanager
def opened(
    wallet: Path | None, passphrase_file: Path | None, *, resolve: Resolve | None = None
) -> Iterator[Holder]:
    """Open the wallet, asking for its passphrase; tells if other users could read the file."""
    config = load_config(wallet)
    with open_holder(config, passphrase_file, resolve=resolve or resolver()) as holder:
        tell_permissions(holder)
        yield holder


def open_holder(
    config: WalletConfig,
    passphrase_file: Path | None,
    *,
    resolve: Resolve,
    ask: Callable[[str], str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Holder:
    """Open a wallet; at a terminal a wrong passphrase may be typed again, after a growing delay (K7).

    The delay slows down hands, not thieves: whoever has the file tries elsewhere, and there Argon2id is what
    slows them down. Raises SealingError after the third wrong one, StoreError at once.
    """
    typed = passphrase_file is None and not config.environment.get(PASSPHRASE_VARIABLE)
    for delay in (*_DELAYS, None):
        passphrase = read_passphrase(
            "Wallet passphrase", file=passphrase_file, environment=config.environment, ask=ask
        )
        try:
            return Holder.open(config.path, passphrase, resolve=resolve, clock=utc_now)
        except SealingError as err:
            if delay is None or not typed:
                raise
            print(err.message, file=sys.stderr)
            sleep(delay)
    raise SealingError("no passphrase was given")


def ask_new_passphrase(config: WalletConfig, file: Path | None) -> str:
    """Return the new passphrase of a wallet that exists: from the file, the environment, or typed twice."""
    return read_new_passphrase(
        "New wallet passphrase", file=file, environment=config.environment, variable=NEW_PASSPHRASE_VARIABLE
    )


def tell_permissions(holder: Holder) -> None:
    """Report a wallet file that other users could read (K12)."""
    if holder.permissions is Permissions.CORRECTED:
        print_warning(f"other users of this computer could read {holder.path}; now they cannot")
    elif holder.permissions is Permissions.TOO_WIDE:
        print_warning(f"other users of this computer can read {holder.path}, and that could not be changed")


def credential_line(view: CredentialView) -> str:
    """Return a credential in one line, as the list shows it."""
    person = f" of {view.person}" if view.person else ""
    issuer = view.issuer_name or view.issuer
    until = f", valid until {view.valid_until:%Y-%m-%d}" if view.valid_until else ""
    state = "" if view.validity == "valid" else f", {view.validity.replace('-', ' ').upper()}"
    if view.key_name:
        key = f", key {view.key_name}"
    else:
        key = ", another's key" if view.bound_to else ", bound to no key"
    return f"{view.short_id}  {view.title}{person}, from {issuer}{until}{state}{key}"
