"""`ddcc wallet`: hold credentials and present what you choose of them.

Only translates between the command line and `wallet.holder`. Exit codes as in `runtime.console`; where a
holder is asked and says no, it is 1. Text of issuers is printed inert (threat J6).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from health import claims_from_credential
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import (
    ExitCode,
    ask_yes_no,
    exit_code_for,
    print_error,
    print_json,
    print_line,
    print_warning,
    read_input,
    read_new_passphrase,
    reporting_errors,
)
from runtime.late_commands import Late, late_group
from vclib.did import resolver
from vclib.errors import ConfigurationError, MalformedValueError, VCError
from vclib.keys import KeyType
from vclib.strict_json import MAX_BYTES, JSONObject, JSONValue, parse_json
from wallet.cli_shared import (
    AllowLoopback,
    Issuers,
    NewPassphraseFile,
    WalletFile,
    Yes,
    ask_new_passphrase,
    credential_line,
    opened,
)
from wallet.config import load_config
from wallet.holder import AddedCredential, Holder
from wallet.reading import without_base_values

app = typer.Typer(
    help="Hold credentials and present what you choose of them.",
    cls=late_group(
        Late("wallet.cli_recovery", name="recovery"),
        Late("wallet.cli_history", name="history"),
        Late("wallet.cli_present", ("present", "export")),
        Late("wallet.cli_receive", ("receive",)),
        Late("wallet.cli_backup", ("backup", "restore")),
        Late("wallet.cli_interact", ("interact",)),
        Late("wallet.cli_serve", ("serve",)),
        Late("wallet.cli_screen", ("open", "remind")),
    ),
)
did_app = typer.Typer(help="The wallet's keys, named by their DIDs.", no_args_is_help=True)

KeyName = Annotated[str, typer.Option("--name", help="For whom or what the key is used.")]
KeyKind = Annotated[str, typer.Option("--type", help="P-256 or Ed25519.")]


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Ask and answer line by line: for screen readers and plain terminals."),
    ] = False,
    allow_loopback: AllowLoopback = False,
    issuers: Issuers = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Hold credentials and present what you choose of them. Without a command: on the screen."""
    if context.invoked_subcommand is not None:
        return
    # All that the screens stand on is not needed by a command.
    from wallet import cli_screen

    with reporting_errors():
        if not plain and not cli_screen.has_terminal():
            print(context.get_help())
            raise typer.Exit(ExitCode.USAGE)
        cli_screen.open_wallet(
            cli_screen.Opening(wallet, passphrase_file, issuers, allow_loopback), plain=plain, link=None
        )


@app.command("init", epilog=epilog("ddcc wallet init --name Anna"))
def init_command(
    name: KeyName = "me",
    key_type: KeyKind = "P-256",
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Make a wallet with a first key, sealed under a passphrase; print the key's DID for issuers."""
    with reporting_errors(as_json=as_json):
        kind = _key_type(key_type)
        config = load_config(wallet)
        if config.path.exists():
            raise ConfigurationError(f"there is a file already at {config.path}; nothing was changed")
        passphrase = read_new_passphrase(
            "New wallet passphrase", file=passphrase_file, environment=config.environment
        )
        with Holder.create(config.path, passphrase, resolve=resolver(), clock=utc_now) as holder:
            key = holder.new_key(name, kind)
        if as_json:
            print_json({"wallet": str(config.path), "key": key.to_json()})
            return
        print_line(f"made the wallet {config.path}")
        print_line(f"key {key.name} ({key.type}): {key.did}")
        print_line(
            "next: ddcc wallet receive OFFER; or give this DID to the issuer, then ddcc wallet add FILE"
        )


@app.command("add", epilog=epilog("ddcc wallet add vaccination.vc.json"))
def add_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Credential, or array of them, as JSON; - is standard input."),
    ],
    single_use: Annotated[
        bool, typer.Option("--single-use", help="These are to be presented once each.")
    ] = False,
    keep_foreign: Annotated[
        bool, typer.Option("--not-mine", help="Keep also what is bound to a key that is not in this wallet.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch no DID documents.")] = False,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also fetch from servers on this machine."),
    ] = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Check credentials and keep those that are genuine; the first failure decides the exit code."""
    with reporting_errors(as_json=as_json):
        # An HTTP client, which no other command here needs.
        from runtime.fetch import Fetcher

        fetch = None if offline else Fetcher(allow_loopback=allow_loopback)
        results: list[JSONValue] = []
        failure = ExitCode.OK
        with opened(wallet, passphrase_file, resolve=resolver(fetch=fetch)) as holder:
            for file in files:
                try:
                    for document in _credentials_in(file):
                        added = holder.add_credential(
                            document, single_use=single_use, keep_foreign=keep_foreign
                        )
                        results.append(_tell_added(added, file, quiet=as_json))
                except VCError as err:
                    print_warning(f"{file} was not added")
                    print_error(err)
                    results.append({"file": str(file), "error": {"code": err.code, "message": err.message}})
                    failure = failure or exit_code_for(err)
        if as_json:
            print_json({"credentials": results})
        if failure:
            raise typer.Exit(failure)


@app.command("list", epilog=epilog("ddcc wallet list --json"))
def list_command(
    wallet: WalletFile = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False
) -> None:
    """List the credentials, and how often the wallet was saved."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        views = holder.credentials()
        if as_json:
            print_json({"credentials": [view.to_json() for view in views], "saves": holder.saves})
            return
        for view in views:
            print_line(credential_line(view))
        if not views:
            print_line("no credentials yet: ddcc wallet add FILE")
        print_line(f"saved {holder.saves} times (a smaller number than last time means an older copy)")


@app.command("show", epilog=epilog("ddcc wallet show 1a2b3c4d"))
def show_command(
    credential_id: Annotated[str, typer.Argument(metavar="ID", help="As listed; a beginning is enough.")],
    raw: Annotated[bool, typer.Option("--raw", help="Print the document; base proofs keep their values.")] = (
        False
    ),
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Show everything a credential says."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        view, document = holder.credential(credential_id), holder.document(credential_id)
        if raw:
            print_json(without_base_values(document))
            return
        claims = claims_from_credential(document)
        if as_json:
            members: list[JSONValue] = [
                {"pointer": claim.pointer, "label": claim.label, "value": claim.display} for claim in claims
            ]
            print_json({**view.to_json(), "claims": members})
            return
        print_line(credential_line(view))
        for claim in claims:
            print_line(f"  {claim.label}: {claim.display}")
        print_line(f"  Proofs: {', '.join(view.proofs)}")
        print_line(f"  Presented {view.presented} times")


@app.command("remove", epilog=epilog("ddcc wallet remove 1a2b3c4d"))
def remove_command(
    credential_id: Annotated[str, typer.Argument(metavar="ID", help="As listed; a beginning is enough.")],
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Delete a credential from the wallet; backups keep it."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        view = holder.credential(credential_id)
        if not yes and not ask_yes_no(f"Delete {credential_line(view)}?"):
            raise typer.Exit(ExitCode.REFUSED)
        holder.remove_credential(view.id)
        if as_json:
            print_json({"removed": view.id})
        else:
            print_line(f"removed {view.short_id}")


@app.command("passwd", epilog=epilog("ddcc wallet passwd"))
def passwd_command(
    new_passphrase_file: NewPassphraseFile = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Change the passphrase. Copies and backups made before keep the old one."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        holder.change_passphrase(ask_new_passphrase(load_config(wallet), new_passphrase_file))
        if as_json:
            print_json({"changed": True})
        else:
            print_line("the passphrase was changed; copies and backups made before keep the old one")


@did_app.command("list", epilog=epilog("ddcc wallet did list"))
def did_list_command(
    wallet: WalletFile = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False
) -> None:
    """List the keys by name and DID."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        keys = holder.keys()
        if as_json:
            print_json({"keys": [key.to_json() for key in keys]})
            return
        for key in keys:
            print_line(f"{key.name}  {key.type}  {key.did}")


@did_app.command("new", epilog=epilog("ddcc wallet did new --name Ben --type Ed25519"))
def did_new_command(
    name: KeyName,
    key_type: KeyKind = "P-256",
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Make one more key, for another person or purpose."""
    with reporting_errors(as_json=as_json):
        kind = _key_type(key_type)
        with opened(wallet, passphrase_file) as holder:
            key = holder.new_key(name, kind)
        if as_json:
            print_json({"key": key.to_json()})
        else:
            print_line(f"key {key.name} ({key.type}): {key.did}")


def _key_type(text: str) -> KeyType:
    kinds = {str(kind).lower(): kind for kind in (KeyType.P256, KeyType.ED25519)}
    if text.lower() not in kinds:
        raise ConfigurationError(f"expected a key type of P-256 and Ed25519, found {text[:40]!r}")
    return kinds[text.lower()]


def _credentials_in(file: Path) -> list[JSONObject]:
    value = parse_json(read_input(file, max_bytes=MAX_BYTES))
    documents = value if isinstance(value, list) else [value]
    objects = [document for document in documents if isinstance(document, dict)]
    if not documents or len(objects) != len(documents):
        raise MalformedValueError("expected a credential, or an array of credentials")
    return objects


def _tell_added(added: AddedCredential, file: Path, *, quiet: bool) -> JSONObject:
    view = added.view
    for warning in added.warnings:
        print_warning(f"{view.short_id}: {warning}")
    if not quiet:
        print_line(f"{'held already' if added.duplicate else 'added'}  {credential_line(view)}")
    warnings: list[JSONValue] = list(added.warnings)
    return {**view.to_json(), "file": str(file), "duplicate": added.duplicate, "warnings": warnings}


app.add_typer(did_app, name="did")
