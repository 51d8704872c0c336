"""What the `serve` commands have in common: where to listen, how many workers, TLS or none.

Plain http leaves this machine only behind a proxy that speaks TLS, and somebody has to say that there is one.
Not here: sockets and processes (`runtime.serving`), which take longer to load than most commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from runtime.addresses import listens_on_loopback_only
from vclib.errors import ConfigurationError

if TYPE_CHECKING:
    from runtime.serving import TLSFiles

_MAX_WORKERS = 64

Host: TypeAlias = Annotated[str, typer.Option("--host", help="Address of this machine to listen on.")]
Port: TypeAlias = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any.")]
Workers: TypeAlias = Annotated[
    int, typer.Option("--workers", min=1, max=_MAX_WORKERS, help="How many processes answer.")
]
TLSCertificate: TypeAlias = Annotated[
    Path | None, typer.Option("--tls-certificate", help="PEM file: the server's certificate with its chain.")
]
TLSKey: TypeAlias = Annotated[
    Path | None, typer.Option("--tls-key", help="PEM file: the private key of the certificate.")
]
BehindProxy: TypeAlias = Annotated[
    bool, typer.Option("--behind-proxy", help="Another server in front of this one ends TLS.")
]


def tls_files(certificate: Path | None, key: Path | None) -> TLSFiles | None:
    """Return the files of a server certificate, None without; ConfigurationError for only one of them."""
    from runtime.serving import TLSFiles

    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError("--tls-certificate and --tls-key are needed together")
    return TLSFiles(certificate, key)


def check_exposure(host: str, *, tls: bool, behind_proxy: bool) -> None:
    """Refuse to send health records and tokens unencrypted to other machines; ConfigurationError."""
    if tls or behind_proxy or listens_on_loopback_only(host):
        return
    raise ConfigurationError(
        f"--host {host} can be reached from other machines, and would be reached without TLS: give "
        "--tls-certificate and --tls-key, or --behind-proxy if another server in front of this one ends TLS"
    )


def url_of(host: str, port: int, *, tls: bool) -> str:
    """Return the URL at which a service on this address answers."""
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
