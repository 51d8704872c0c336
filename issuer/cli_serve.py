"""`ddcc issuer serve` and `ddcc issuer config`: the issuer as a service, and with which settings.

Only puts together; the passphrase is read once, before the workers are started. Not here: sockets and
processes (`serving`), and routes (`app`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated

import typer

from issuer.cli_shared import Home, read_keys
from issuer.config import home_folder, load_config, settings_of
from runtime.commands import AsJSON, PassphraseFile, epilog
from runtime.console import print_json, print_line, reporting_errors
from runtime.database import shown_url
from runtime.serve_options import (
    BehindProxy,
    Host,
    Port,
    TLSCertificate,
    TLSKey,
    Workers,
    check_exposure,
    tls_files,
)
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject, JSONValue

app = typer.Typer()

DEFAULT_PORT = 8441


@app.command("serve", epilog=epilog("ddcc issuer serve --workers 2"))
def serve_command(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    workers: Workers = 1,
    certificate: TLSCertificate = None,
    key: TLSKey = None,
    behind_proxy: BehindProxy = False,
    database: Annotated[
        str | None, typer.Option("--database", help="Database URL in place of the setting's.")
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Serve the issuer over HTTP until it is interrupted: the VC API, status lists, the audit log.

    Management calls need a token: `ddcc issuer token create`. The other commands can be used meanwhile.
    """
    with reporting_errors():
        config = load_config(home_folder(home))
        if database is not None:
            config = replace(config, database_url=database)
        if config.url is None:
            raise ConfigurationError(
                "url: the service needs one, e.g. DDCC_ISSUER_URL=https://issuer.example"
            )
        tls = tls_files(certificate, key)
        check_exposure(host, tls=tls is not None, behind_proxy=behind_proxy)
        keys = read_keys(config, passphrase_file)
        # A wrong PIN is tried once, here, and not by every worker.
        keys.check()

        def announce(url: str) -> None:
            print_line(f"{config.name!r} answers at {url} as {config.url}; process {os.getpid()}")
            print_line('next: ddcc issuer token create --name "Clinic 7" --role minter')

        # Servers take longer to load than most commands of the issuer.
        from issuer.serving import serve_issuer

        serve_issuer(config, keys, address=(host, port), workers=workers, tls=tls, announce=announce)


@app.command("config", epilog=epilog("ddcc issuer config"))
def config_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Print the settings in force and where each comes from; no secrets."""
    with reporting_errors(as_json=as_json):
        config = load_config(home_folder(home))
        settings = {
            name: (_shown(name, value), source) for name, (value, source) in settings_of(config).items()
        }
        if as_json:
            written: JSONObject = {
                name: {"value": value, "source": source} for name, (value, source) in settings.items()
            }
            print_json({"home": str(config.home), "settings": written})
            return
        print_line(f"{'home':<20} {config.home}")
        for name, (value, source) in settings.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "-")
            print_line(f"{name:<20} {text}  ({source})")


def _shown(name: str, value: object) -> JSONValue:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if name == "database_url":
        return shown_url(str(value))
    return value if isinstance(value, str | int) else None
