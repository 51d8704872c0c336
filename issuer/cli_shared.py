"""What the commands of `ddcc issuer` share: the issuer's folder, and opening an issuer.

Not here: any command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from issuer.config import IssuerConfig, home_folder, load_config, process_environment
from issuer.identity import PIN_VARIABLE, HSMSettings
from issuer.keys import IssuerKeys, open_keys
from issuer.service import Issuer
from issuer.store import IssuerStore
from runtime.atomic import narrow_permissions
from runtime.console import print_warning, read_passphrase

Home: TypeAlias = Annotated[
    Path | None,
    typer.Option("--home", help="The issuer's folder. Default: DDCC_ISSUER_HOME, else the user's data."),
]


@contextmanager
def opened_store(home: Path | None) -> Iterator[tuple[IssuerConfig, IssuerStore]]:
    """Open settings and database of the issuer in `home`."""
    config = load_config(home_folder(home))
    # An empty database in place of a lost one would hand out status numbers once more, and its lists would
    # take back every revocation.
    store = IssuerStore.open(config.database_url, make=False)
    try:
        yield config, store
    finally:
        store.close()


@contextmanager
def opened(home: Path | None) -> Iterator[Issuer]:
    """Open an issuer that signs nothing."""
    with opened_store(home) as (config, store):
        yield Issuer(config, store)


@contextmanager
def opened_with_keys(home: Path | None, passphrase_file: Path | None) -> Iterator[Issuer]:
    """Open an issuer with its keys; asks for the passphrase."""
    with opened_store(home) as (config, store):
        yield Issuer(config, store, read_keys(config, passphrase_file))


def read_keys(config: IssuerConfig, passphrase_file: Path | None) -> IssuerKeys:
    """Return the issuer's keys; asks for the passphrase, and for the token's PIN where a key is in one."""
    passphrase = ask_passphrase(config, passphrase_file)
    return open_keys(config, passphrase, read_pin=lambda: ask_pin(config.hsm))


def ask_passphrase(config: IssuerConfig, passphrase_file: Path | None) -> str:
    """Ask for the passphrase of the issuer's keys, after making sure that nobody else can read the file."""
    if narrow_permissions(config.keys_path):
        print_warning(f"other users of this computer could read {config.keys_path}; now they cannot")
    return read_passphrase(
        "Passphrase of the issuer's keys", file=passphrase_file, environment=process_environment()
    )


def ask_pin(hsm: HSMSettings | None) -> str:
    """Return the user PIN of the token: from its file, DDCC_HSM_PIN or the terminal."""
    return read_passphrase(
        "PIN of the token",
        file=hsm.pin_file if hsm is not None else None,
        environment=process_environment(),
        variable=PIN_VARIABLE,
    )
