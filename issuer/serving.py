"""Serve an issuer: its application in each worker process, on one socket.

Not here: settings, options and passphrases (`issuer.cli_serve`), and what is answered (`issuer.app`).
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from issuer.app import create_issuer_app
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.store import IssuerStore
from runtime.logs import configure_logging
from runtime.serve_options import url_of
from runtime.service_app import RateLimit
from runtime.serving import TLSFiles, bind, port_of, serve_workers


def serve_issuer(
    config: IssuerConfig,
    keys: IssuerKeys,
    *,
    address: tuple[str, int],
    workers: int,
    tls: TLSFiles | None,
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM; `announce` is told the URL that answers.

    Raises ConfigurationError and StoreError.
    """

    def make_app() -> FastAPI:
        # A connection must not be shared by processes, so each worker opens its own.
        store = IssuerStore.open(config.database_url, make=False)
        return create_issuer_app(config, store, keys, rate=RateLimit(exempt_loopback=True))

    configure_logging()
    bound = bind(*address)
    url = url_of(address[0], port_of(bound), tls=tls is not None)
    serve_workers(make_app, bound, workers=workers, tls=tls, on_ready=lambda: announce(url))
