"""`ddcc verifier init`, `config`, `serve` and `token`: a verifier that others reach over HTTP.

Only puts together settings, database, trust file and sockets. Not here: any decision (`verifier.app`).
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import print_json, print_line, print_warning, reporting_errors
from runtime.folders import make_folder
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
from verifier.config import VerifierConfig, load_config, service_config
from verifier.revocation_lists import RevocationSource
from verifier.settings import SETTINGS, write_settings_file
from verifier.trust_lists import TrustSource
from verifier.trust_report import warning_lines

if TYPE_CHECKING:
    # Servers and databases take longer to load than most commands of the verifier, so each command that
    # needs them loads them.
    from verifier.store import VerifierStore

app = typer.Typer()
tokens = typer.Typer(help="Access tokens of those who may start exchanges.", no_args_is_help=True)
app.add_typer(tokens, name="token")

Home: TypeAlias = Annotated[
    Path | None, typer.Option("--home", help="Folder of the verifier. DDCC_VERIFIER_HOME.")
]
DatabaseURL: TypeAlias = Annotated[
    str | None,
    typer.Option("--database", help="Database URL. Default: the setting, else a SQLite file in the home."),
]


@app.command("init", epilog=epilog("ddcc verifier init --name 'The Venue' --url https://venue.example"))
def init_command(
    name: Annotated[str, typer.Option("--name", help="Who asks, as wallets show it.")],
    url: Annotated[
        str | None, typer.Option("--url", help="Where others reach it: https, or http on this machine.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="What for, as wallets show it: Entry to the venue.")
    ] = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Set up a verifier's folder: write its settings and make its database."""
    with reporting_errors(as_json=as_json):
        config = load_config(home)
        if config is None:
            raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
        given = {"name": name, "purpose": purpose, "url": url}
        settings = {setting: value for setting, value in given.items() if value is not None}
        # Checked by the same rules as when they are read, before anything is written.
        replace(config, **settings)  # type: ignore[arg-type]  # three fields that are text
        for setting, value in settings.items():
            SETTINGS[setting](setting, value)
        make_folder(config.home)
        write_settings_file(config.file, settings)
        _open(config).close()
        if as_json:
            print_json({"home": str(config.home), **settings})
        else:
            print_line(
                f"set up {config.file}; put whom it trusts into {config.trust_path}, or: ddcc trust import"
            )
            if url is not None:
                print_line("next: ddcc verifier key set, serve, page")


@app.command("config", epilog=epilog("ddcc verifier config --home verifier"))
def config_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Print the settings in effect and where each is from; a password in a URL is left out."""
    with reporting_errors(as_json=as_json):
        config = load_config(home)
        if config is None:
            raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
        shown = effective_settings(config)
        if as_json:
            print_json(shown)
            return
        for setting, entry in shown.items():
            if isinstance(entry, dict):
                print_line(f"{setting:<22}{entry['value']!s:<50} ({entry['source']})")


@app.command(
    "serve",
    epilog=epilog(
        "ddcc verifier serve --home verifier --workers 2 --tls-certificate venue.pem --tls-key venue.key"
    ),
)
def serve_command(
    host: Host = "127.0.0.1",
    port: Port = 8442,
    workers: Workers = 1,
    certificate: TLSCertificate = None,
    key: TLSKey = None,
    behind_proxy: BehindProxy = False,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also read from servers on this machine."),
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing.")] = False,
    database: DatabaseURL = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Serve the verifier until it is interrupted; requests in flight are finished."""
    with reporting_errors():
        config = service_config(home)
        if database is not None:
            config = replace(config, database_url=database)
        tls = tls_files(certificate, key)
        check_exposure(host, tls=tls is not None, behind_proxy=behind_proxy)
        trust, withdrawn = TrustSource(config), RevocationSource(config)
        trusted = trust.now()
        if trusted.issuers is None:
            print_warning(
                f"no trust file {config.trust_path}, no trust list: any issuer is looked up, none is trusted"
            )
        for line in warning_lines(trust.files().store):
            print_warning(line)
        for mark in trusted.marks:
            print_warning(f"{mark.message} ({mark.detail})")
        from verifier.cli_keys import read_identity
        from verifier.serving import serve_verifier

        identity = read_identity(config, passphrase_file)
        if identity is None:
            print_warning("its requests are not signed: wallets cannot tell who asks (ddcc verifier key set)")
        serve_verifier(
            config,
            trust,
            withdrawn,
            identity,
            address=(host, port),
            workers=workers,
            tls=tls,
            fetches=not offline,
            allow_loopback=allow_loopback,
            behind_proxy=behind_proxy,
            announce=lambda url: print_line(f"{config.name} answers at {url}, as {config.url}"),
        )


@tokens.command("create", epilog=epilog("ddcc verifier token create door-1 --home verifier"))
def create_token_command(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    database: DatabaseURL = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Make an access token and print it; it is shown this once."""
    with reporting_errors(as_json=as_json):
        from verifier.access import AccessTokens

        store = opened_store(home, database)
        token = AccessTokens(store.database).create(name, now=utc_now())
        store.close()
        if as_json:
            print_json({"name": name, "token": token})
        else:
            print_line(token)


@tokens.command("list", epilog=epilog("ddcc verifier token list --home verifier"))
def list_tokens_command(database: DatabaseURL = None, home: Home = None, as_json: AsJSON = False) -> None:
    """List the access tokens by name."""
    with reporting_errors(as_json=as_json):
        from verifier.access import AccessTokens

        store = opened_store(home, database)
        views = AccessTokens(store.database).list()
        store.close()
        if as_json:
            listed: list[JSONValue] = [{"name": view.name, "created": view.created} for view in views]
            print_json({"tokens": listed})
            return
        for view in views:
            print_line(f"{view.name}  since {view.created}")


@tokens.command("revoke", epilog=epilog("ddcc verifier token revoke door-1 --home verifier"))
def revoke_token_command(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    database: DatabaseURL = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Make an access token worthless at once."""
    with reporting_errors(as_json=as_json):
        from verifier.access import AccessTokens

        store = opened_store(home, database)
        AccessTokens(store.database).revoke(name)
        store.close()
        if as_json:
            print_json({"name": name, "revoked": True})
        else:
            print_line(f"revoked the token of {name}")


def effective_settings(config: VerifierConfig) -> JSONObject:
    """Return every setting with its value and source; the password of a database URL is left out."""
    shown: JSONObject = {}
    known = {field.name for field in fields(config)}
    for setting in SETTINGS:
        value = getattr(config, setting if setting in known else f"{setting}_setting")
        if setting == "database_url" and value is not None:
            value = _shown_url(str(value))
        shown[setting] = {
            "value": str(value) if isinstance(value, Path) else value,
            "source": config.sources.get(setting, "default"),
        }
    return shown


def opened_store(home: Path | None, database: str | None) -> VerifierStore:
    """Open the database that the options name; StoreError, ConfigurationError."""
    config = load_config(home)
    if config is None:
        raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
    make_folder(config.home)
    return _open(config if database is None else replace(config, database_url=database))


def _open(config: VerifierConfig) -> VerifierStore:
    from verifier.store import VerifierStore

    return VerifierStore.open_home(config)


def _shown_url(url: str) -> str:
    """Return a database URL as it may be shown; none of it if it is no URL at all."""
    from runtime.database import shown_url

    try:
        return shown_url(url)
    except ConfigurationError:
        return "(not a URL)"
