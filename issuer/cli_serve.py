"""`ddcc issuer serve` and `ddcc issuer config`: the issuer as a service, and with which settings.

Only puts together; the passphrase is read once, before the workers are started. Not here: routes (`app`).
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI

from issuer.app import create_issuer_app
from issuer.cli_shared import Home, read_keys
from issuer.config import home_folder, load_config, settings_of
from issuer.store import IssuerStore
from runtime.commands import AsJSON, PassphraseFile, epilog
from runtime.console import print_json, print_line, reporting_errors
from runtime.database import shown_url
from runtime.logs import configure_logging
from runtime.service_app import RateLimit
from runtime.serving import TLSFiles, bind, port_of, serve_workers
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject, JSONValue

app = typer.Typer()

DEFAULT_PORT = 8441
_MAX_WORKERS = 64


@app.command("serve", epilog=epilog("ddcc issuer serve --workers 2"))
def serve_command(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any.")
    ] = DEFAULT_PORT,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=_MAX_WORKERS, help="How many processes answer.")
    ] = 1,
    certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", help="PEM file: the server's certificate chain.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--tls-key", help="PEM file: the certificate's key.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="Another server in front of this one ends TLS.")
    ] = False,
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
        tls = _tls(certificate, key)
        _refuse_plain_text(host, tls, behind_proxy=behind_proxy)
        keys = read_keys(config, passphrase_file)
        # A wrong PIN is tried once, here, and not by every worker.
        keys.check()

        def make_app() -> FastAPI:
            # A connection must not be shared by processes, so each worker opens its own.
            store = IssuerStore.open(config.database_url, make=False)
            return create_issuer_app(config, store, keys, rate=RateLimit(exempt_loopback=True))

        configure_logging()
        bound = bind(host, port)
        shown = f"{'http' if tls is None else 'https'}://{_in_url(host)}:{port_of(bound)}"

        def announce() -> None:
            print_line(f"{config.name!r} answers at {shown} as {config.url}; process {os.getpid()}")
            print_line('next: ddcc issuer token create --name "Clinic 7" --role minter')

        serve_workers(make_app, bound, workers=workers, tls=tls, on_ready=announce)


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


def _tls(certificate: Path | None, key: Path | None) -> TLSFiles | None:
    if (certificate is None) != (key is None):
        raise ConfigurationError("--tls-certificate and --tls-key are needed together")
    return None if certificate is None or key is None else TLSFiles(certificate, key)


def _refuse_plain_text(host: str, tls: TLSFiles | None, *, behind_proxy: bool) -> None:
    """Refuse to send health records and tokens unencrypted over a network."""
    if tls is not None or behind_proxy or _is_loopback(host):
        return
    raise ConfigurationError(
        f"--host {host} would be reached without TLS: give --tls-certificate and --tls-key, or "
        "--behind-proxy if another server in front of this one ends TLS"
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
