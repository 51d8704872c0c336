"""Serve a verifier: its application in each worker process, on one socket.

Whatever can be wrong is found out before anything listens: the database is opened once here, and again by
each worker, because a connection must not pass through a fork. Not here: settings and options
(`verifier.cli_serve`), and what is answered (`verifier.app`).
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from runtime.commands import utc_now
from runtime.fetch import Fetcher
from runtime.hosts import own_hosts
from runtime.logs import configure_logging
from runtime.serve_options import url_of
from runtime.service_app import RateLimit
from runtime.serving import TLSFiles, bind, port_of, serve_workers
from verifier.app import create_verifier_app
from verifier.config import VerifierConfig
from verifier.identity import OwnIdentity
from verifier.revocation_lists import RevocationSource
from verifier.rule_store import default_rules, rule_store
from verifier.store import VerifierStore
from verifier.trust_lists import TrustSource


def serve_verifier(
    config: VerifierConfig,
    trust: TrustSource,
    withdrawn: RevocationSource,
    identity: OwnIdentity | None,
    *,
    address: tuple[str, int],
    workers: int,
    tls: TLSFiles | None,
    fetches: bool,
    allow_loopback: bool,
    behind_proxy: bool,
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM; `announce` is told the URL that answers.

    `trust` and `withdrawn` are asked with every check, so that a list taken in while this runs counts at
    once, also the first one. `identity` signs requests to wallets. Raises ConfigurationError and StoreError.
    """
    configure_logging()
    VerifierStore.open_home(config).close()
    rules = default_rules(config, rule_store(config))
    if rules is not None:
        rules()
    fetch = Fetcher(allow_loopback=allow_loopback) if fetches else None
    rate = rate_of(config, behind_proxy=behind_proxy)

    def make_app() -> FastAPI:
        return create_verifier_app(
            config,
            VerifierStore.open_home(config),
            None,
            clock=utc_now,
            fetch=fetch,
            signer=identity,
            rate=rate,
            trust=trust,
            withdrawn=withdrawn,
            hosts=own_hosts(config.url, listens_on=address[0]),
        )

    bound = bind(*address)
    url = url_of(address[0], port_of(bound), tls=tls is not None)
    serve_workers(make_app, bound, workers=workers, tls=tls, on_ready=lambda: announce(url))


def rate_of(config: VerifierConfig, *, behind_proxy: bool) -> RateLimit | None:
    """Return how much one address may ask; a proxy on this machine limits its own clients."""
    if config.requests_per_second == 0:
        return None
    each = config.requests_per_second
    return RateLimit(float(each), burst=3 * each, exempt_loopback=behind_proxy)
