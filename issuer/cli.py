"""`ddcc issuer`: make an issuer, mint records, say what became of a credential.

Only translates between the command line and `issuer.service`. Exit codes as in `runtime.console`; where
some records of a file were refused and others minted, it is 4.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Annotated

import typer

from issuer.cli_shared import Home
from issuer.config import (
    IssuerConfig,
    database_url,
    home_folder,
    load_config,
    process_environment,
    save_config,
)
from issuer.did_documents import publish
from issuer.keys import IssuerKeys, generate_keys, save_keys
from issuer.report import trust_entry
from issuer.store import IssuerStore
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import print_json, print_line, read_new_passphrase, reporting_errors
from runtime.folders import make_folder
from runtime.late_commands import Late, late_group
from vclib.datetimes import format_datetime
from vclib.did import did_web_of
from vclib.errors import ConfigurationError, StoreError, VCError

# What a new issuer's folder holds before its settings are written.
_FILES = ("keys.sealed", "did.json", "issuer.sqlite", "issuer.sqlite-wal", "issuer.sqlite-shm")

app = typer.Typer(
    help="Mint health records as verifiable credentials.",
    no_args_is_help=True,
    cls=late_group(
        Late("issuer.cli_minting", ("mint", "deliver")),
        Late("issuer.cli_batch", ("mint-batch",)),
        Late("issuer.cli_offers", ("offer", "offers", "approve")),
        Late(
            "issuer.cli_status",
            ("list", "show", "status", "revoke", "suspend", "reinstate", "publish", "audit"),
        ),
        Late("issuer.cli_access", ("token",)),
        Late("issuer.cli_serve", ("serve", "config")),
        Late("issuer.cli_keys", name="key"),
        Late("issuer.cli_paper", name="signer"),
    ),
)


@app.callback()
def main() -> None:
    """Mint health records as verifiable credentials."""


@app.command("init", epilog=epilog('ddcc issuer init --name "Ministry of Health"'))
def init_command(
    name: Annotated[str, typer.Option("--name", help="The name that credentials carry.")],
    url: Annotated[
        str | None, typer.Option("--url", help="Where `ddcc issuer serve` is reached: an https URL.")
    ] = None,
    status_url: Annotated[
        str | None,
        typer.Option("--status-url", help="https folder that the status lists will be served from."),
    ] = None,
    suite: Annotated[str, typer.Option("--suite", help="ecdsa-sd-2023 or bbs-2023.")] = "ecdsa-sd-2023",
    plain: Annotated[str, typer.Option("--plain", help="ecdsa-rdfc-2019 or eddsa-rdfc-2022.")] = (
        "ecdsa-rdfc-2019"
    ),
    valid_days: Annotated[int, typer.Option("--valid-days", help="How long credentials are valid.")] = 365,
    mandatory: Annotated[
        list[str] | None,
        typer.Option("--mandatory", help="JSON pointer that every presentation shows. Repeatable."),
    ] = None,
    did_web: Annotated[
        bool, typer.Option("--did-web", help="Be the did:web of --url, which serves the DID document.")
    ] = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Make an issuer: its keys, sealed under a passphrase, its settings and its database."""
    with reporting_errors(as_json=as_json):
        folder = home_folder(home)
        if did_web and url is None:
            raise ConfigurationError("--did-web needs --url: the DID names the host that serves its document")
        did = did_web_of(url) if did_web and url is not None else None
        keys = generate_keys(did)
        config = IssuerConfig(
            home=folder,
            name=name,
            url=url,
            status_url=status_url or ("" if url else f"urn:uuid:{uuid.uuid4()}"),
            suite=suite,
            plain=plain,
            valid_days=valid_days,
            mandatory=tuple(mandatory or ()),
            database_url=database_url(folder),
            dids=keys.dids,
            did=did,
        )
        _refuse_existing(config)
        passphrase = read_new_passphrase(
            "Passphrase for the issuer's keys", file=passphrase_file, environment=process_environment()
        )
        _make(config, keys, passphrase)
        if as_json:
            print_json({"home": str(folder), "trust": trust_entry(config)})
            return
        print_line(f"made the issuer {name!r} in {folder}")
        for key_type, key_did in config.dids.items():
            print_line(f"  {key_type:<11} {key_did}")
        if url is None and status_url is None:
            print_line("  without --url or --status-url, status lists travel as files: check --status FILE")
        print_line("next: ddcc issuer trust-entry > trust.json, ddcc issuer mint FILE --holder DID")
        if url is not None:
            print_line("or over the network: ddcc issuer serve, ddcc issuer offer FILE")


@app.command("trust-entry", epilog=epilog("ddcc issuer trust-entry > trust.json"))
def trust_entry_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Print a trust file that names this issuer with all its DIDs, for verifiers; always as JSON."""
    with reporting_errors(as_json=as_json):
        print_json(trust_entry(load_config(home_folder(home))))


def _refuse_existing(config: IssuerConfig) -> None:
    for path in (
        config.home / "issuer.toml",
        config.keys_path,
        config.home / "issuer.sqlite",
        config.document_path,
    ):
        if path.exists():
            raise StoreError(
                f"there is an issuer in {config.home} already ({path.name}); nothing was changed"
            )


def _make(config: IssuerConfig, keys: IssuerKeys, passphrase: str) -> None:
    """Write the files of a new issuer: all of them, or none where one cannot be written."""
    make_folder(config.home)
    try:
        kept = save_keys(keys, config.keys_path, passphrase, created=format_datetime(utc_now()))
        if config.did is not None:
            publish(config.document_path, config.did, kept)
        IssuerStore.open(config.database_url).close()
        make_folder(config.status_folder, mode=0o755)
        # Last, because a folder with settings is an issuer.
        save_config(config)
    except VCError:
        # Nobody has seen these keys; left behind, they would be in the way of the next try.
        for name in _FILES:
            with contextlib.suppress(OSError):
                (config.home / name).unlink(missing_ok=True)
        raise
