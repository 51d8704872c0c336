"""`ddcc wallet serve`: the wallet for other software of its holder, on this machine.

Nobody is asked before something leaves: whoever has the token decides, and the help says so. The token is
printed once, or kept in a file for its owner only. Not here: what is done (`wallet.holder_service`).
"""

from __future__ import annotations

import secrets
import stat
from pathlib import Path
from typing import Annotated

import typer

from runtime.atomic import read_file, write_file
from runtime.commands import PassphraseFile, epilog
from runtime.console import print_line, print_warning, reporting_errors
from vclib.errors import ConfigurationError
from wallet.cli_shared import WalletFile, opened

app = typer.Typer()

_TOKEN_BYTES = 32
_MIN_TOKEN_CHARACTERS = 32
_MAX_TOKEN_BYTES = 400


@app.command(
    "serve",
    epilog=epilog("ddcc wallet serve --port 8443 --token-file token"),
)
def serve_command(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of 127.0.0.1; 0 for any.")
    ] = 8443,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="File with the token, for its owner only; made if it is missing."),
    ] = None,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Serve the wallet to other software on this machine until it is interrupted.

    NOBODY IS ASKED: whoever has the token can have anything derived, disclosed and signed with your keys.
    Base proofs never leave, and the history tells what did. Give the token to software that asks you itself.
    """
    with reporting_errors():
        # Servers take longer to load than most commands of the wallet.
        from runtime.serving import Listener, bind_loopback, port_of, serve
        from wallet.holder_service import HolderService
        from wallet.service_app import create_holder_app

        token = secrets.token_urlsafe(_TOKEN_BYTES) if token_file is None else token_of(token_file)
        with opened(wallet, passphrase_file) as holder, bind_loopback(port) as bound:
            number = port_of(bound)
            hosts = (f"127.0.0.1:{number}", f"localhost:{number}")
            application = create_holder_app(HolderService(holder), token=token, hosts=hosts)

            def announce() -> None:
                print_warning("nobody is asked: whoever has the token decides what leaves the wallet")
                print_line(f"http://127.0.0.1:{number}")
                if token_file is None:
                    print_line(token)

            serve([Listener(application, bound)], on_ready=announce)


def token_of(file: Path) -> str:
    """Return the token in a file, which is made with a new one if it is missing.

    Raises ConfigurationError for a file that others can read, or whose token is short; StoreError.
    """
    if not file.exists():
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        write_file(file, f"{token}\n".encode(), overwrite=False)
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ConfigurationError(f"other users of this computer can read {file}: chmod 600 it")
    try:
        token = read_file(file, max_bytes=_MAX_TOKEN_BYTES).decode("ascii").strip()
    except UnicodeDecodeError as err:
        raise ConfigurationError(f"{file} holds no token") from err
    if len(token) < _MIN_TOKEN_CHARACTERS or not token.isprintable() or " " in token:
        raise ConfigurationError(f"{file}: expected a token of at least {_MIN_TOKEN_CHARACTERS} characters")
    return token
