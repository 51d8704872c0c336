"""Serve a verifier: its application in each worker process, on one socket.

Whatever can be wrong is found out before anything listens: the database is opened once here, and again by
each worker, because a connection must not pass through a fork. Not here: settings and options
(`verifier.cli_serve`), and what is answered (`verifier.app`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from runtime.commands import utc_now
from runtime.fetch import Fetcher
from runtime.logs import configure_logging
from runtime.service_app import RateLimit
from runtime.serving import TLSFiles, bind, port_of, serve_workers
from vclib.errors import ConfigurationError
from vclib.policy import TrustedIssuers
from verifier.app import create_verifier_app
from verifier.config import VerifierConfig
from verifier.identity import OwnIdentity
from verifier.store import VerifierStore


def serve_verifier(
    config: VerifierConfig,
    trusted: TrustedIssuers | None,
    identity: OwnIdentity | None,
    *,
    address: tuple[str, int],
    workers: int,
    tls: tuple[Path | None, Path | None],
    fetches: bool,
    allow_loopback: bool,
    behind_proxy: bool,
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM; `announce` is told the URL that answers.

    `identity` signs requests to wallets, `tls` are certificate and key. Raises ConfigurationError and
    StoreError.
    """
    configure_logging()
    files = tls_files(*tls)
    VerifierStore.open_home(config).close()
    fetch = Fetcher(allow_loopback=allow_loopback) if fetches else None
    rate = rate_of(config, behind_proxy=behind_proxy)

    def make_app() -> FastAPI:
        return create_verifier_app(
            config,
            VerifierStore.open_home(config),
            trusted,
            clock=utc_now,
            fetch=fetch,
            signer=identity,
            rate=rate,
        )

    bound = bind(*address)
    url = f"{'http' if files is None else 'https'}://{address[0]}:{port_of(bound)}"
    serve_workers(make_app, bound, workers=workers, tls=files, on_ready=lambda: announce(url))


def rate_of(config: VerifierConfig, *, behind_proxy: bool) -> RateLimit | None:
    """Return how much one address may ask; a proxy on this machine limits its own clients."""
    if config.requests_per_second == 0:
        return None
    each = config.requests_per_second
    return RateLimit(float(each), burst=3 * each, exempt_loopback=behind_proxy)


def tls_files(certificate: Path | None, key: Path | None) -> TLSFiles | None:
    """Return the files of a server certificate, None without; ConfigurationError for only one of them."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError("TLS needs both --tls-certificate and --tls-key")
    return TLSFiles(certificate, key)
