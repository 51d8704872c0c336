"""`ddcc interop`: a server for the official test suites and for other implementations, on loopback only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ddcc.interop import InteropProfile
from runtime.atomic import write_file
from runtime.console import EXIT_CODES_HELP, print_line, print_warning, reporting_errors
from runtime.serving import Listener, bind_loopback, loopback_certificate, port_of, serve
from vclib.strict_json import dump_json

app = typer.Typer(help="Answer test suites.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def main() -> None:
    """Answer the official test suites and other implementations."""


@app.command(
    "serve",
    epilog=f"Example: ddcc interop serve --port 40443 --manifest manifest.json. {EXIT_CODES_HELP}",
)
def serve_command(
    manifest: Annotated[
        Path, typer.Option("--manifest", help="Where to write the implementation's manifest once it answers.")
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port for http; 0 for any.")] = 40443,
    https_port: Annotated[
        int, typer.Option("--https-port", min=0, max=65535, help="Port for https, self-signed; 0 for any.")
    ] = 40444,
    name: Annotated[str, typer.Option("--name", help="The implementation's name in reports.")] = "ddcc",
) -> None:
    """Serve the interop profile on 127.0.0.1 until it is interrupted.

    For tests only: it has throw-away keys, signs whatever conforms in anybody's name, and believes everybody.
    """
    with reporting_errors(), bind_loopback(port) as plain, bind_loopback(https_port) as secure:
        profile = InteropProfile(
            name, f"http://localhost:{port_of(plain)}", f"https://localhost:{port_of(secure)}"
        )
        application = profile.app()

        def announce() -> None:
            write_file(manifest, (dump_json(profile.manifest(), indent=2) + "\n").encode(), overwrite=True)
            print_warning("this profile trusts anyone and signs for anyone; it is for test suites only")
            print_line(f"{profile.http} and {profile.https}, described in {manifest}")

        with loopback_certificate(datetime.now(UTC)) as tls:
            serve([Listener(application, plain), Listener(application, secure, tls)], on_ready=announce)
