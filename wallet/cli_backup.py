"""`ddcc wallet backup` and `restore`: everything in one sealed file, and back, here or on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.atomic import read_file, write_file
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import (
    print_json,
    print_line,
    print_warning,
    read_new_passphrase,
    read_passphrase,
    reporting_errors,
)
from vclib.datetimes import format_datetime
from vclib.did import resolver
from vclib.errors import StoreError
from wallet.backups import MAX_BACKUP_BYTES
from wallet.cli_shared import WalletFile, open_holder, opened
from wallet.config import BACKUP_PASSPHRASE_VARIABLE, WalletConfig, load_config
from wallet.holder import Holder, RestoreReport

app = typer.Typer()

BackupPassphraseFile = Annotated[
    Path | None,
    typer.Option("--backup-passphrase-file", help="File whose first line is the backup's own passphrase."),
]


@app.command("backup", epilog=epilog("ddcc wallet backup /media/stick/wallet.backup"))
def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file for the backup.")],
    backup_passphrase_file: BackupPassphraseFile = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Write everything, keys and base proofs too, to one file sealed under a passphrase of its own."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        if file.exists():
            raise StoreError(f"{file} exists already; a backup never replaces a file")
        passphrase = read_new_passphrase(
            "Passphrase for the backup",
            file=backup_passphrase_file,
            environment=load_config(wallet).environment,
            variable=BACKUP_PASSPHRASE_VARIABLE,
        )
        sealed = holder.make_backup(passphrase)
        write_file(file, sealed, overwrite=False)
        holder.note_backup(file.absolute())
        if as_json:
            print_json({"file": str(file), "bytes": len(sealed), "credentials": len(holder.credentials())})
        else:
            print_line(f"wrote {file}: {len(holder.credentials())} credentials, {len(holder.keys())} keys")
            print_line("keep it away from this computer, and its passphrase away from it")


@app.command("restore", epilog=epilog("ddcc wallet restore /media/stick/wallet.backup"))
def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `ddcc wallet backup` wrote.")],
    backup_passphrase_file: BackupPassphraseFile = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Add what a backup holds to the wallet, or make a wallet of it if there is none."""
    with reporting_errors(as_json=as_json):
        config = load_config(wallet)
        sealed = read_file(file, max_bytes=MAX_BACKUP_BYTES)
        backup_passphrase = read_passphrase(
            "Passphrase of the backup",
            file=backup_passphrase_file,
            environment=config.environment,
            variable=BACKUP_PASSPHRASE_VARIABLE,
        )
        # A backup that does not open must not leave an empty wallet behind.
        Holder.check_backup(sealed, backup_passphrase)
        with _opened_or_made(config, passphrase_file) as holder:
            report = holder.restore(sealed, backup_passphrase)
        _tell(report, config, as_json=as_json)


def _opened_or_made(config: WalletConfig, passphrase_file: Path | None) -> Holder:
    if config.path.exists():
        return open_holder(config, passphrase_file, resolve=resolver())
    passphrase = read_new_passphrase(
        "New wallet passphrase", file=passphrase_file, environment=config.environment
    )
    return Holder.create(config.path, passphrase, resolve=resolver(), clock=utc_now)


def _tell(report: RestoreReport, config: WalletConfig, *, as_json: bool) -> None:
    if report.other_copy:
        print_warning(
            f"another wallet made this backup on {report.created:%Y-%m-%d}: while both exist, both can "
            "present the same credentials, and what the other one does is not in this history"
        )
    if report.single_use:
        print_warning(f"{report.single_use} credentials are for one use; the other wallet may have used them")
    if as_json:
        print_json(
            {
                "wallet": str(config.path),
                "created": format_datetime(report.created),
                "keys": report.keys,
                "credentials": report.credentials,
                "history": report.history,
                "alreadyThere": report.already_there,
                "singleUse": report.single_use,
                "otherCopy": report.other_copy,
            }
        )
        return
    print_line(
        f"restored {report.credentials} credentials and {report.keys} keys into {config.path}; "
        f"{report.already_there} were there already"
    )
