"""The issuer as an HTTP service: which routes there are, and what they are made of.

Only puts together; every decision is the services'. An application belongs to one process, which opened its
database itself. Not here: sockets and worker processes (`cli_serve`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

from fastapi import Depends, FastAPI

from issuer.access import AccessControl, Role
from issuer.config import IssuerConfig
from issuer.issuance import Issuance
from issuer.keys import IssuerKeys
from issuer.oid4vci import oid4vci_router
from issuer.service import Issuer
from issuer.status_routes import status_router
from issuer.store import IssuerStore
from issuer.vc_routes import audit_router, credentials_router, mint_router
from issuer.vc_service import CredentialService
from runtime.commands import utc_now
from runtime.web import create_app


def create_issuer_app(
    config: IssuerConfig,
    store: IssuerStore,
    keys: IssuerKeys,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """Return the application of one issuer; raises ConfigurationError where a key is missing,
    StoreError where the database does not answer."""
    app = create_app(f"ddcc issuer: {config.name}", version=version("ddcc-wallet"))
    issuer = Issuer(config, store, keys)
    issuer.publish_missing(now=clock())
    access = AccessControl(store, clock=clock)
    credentials = CredentialService(config, store, keys, issuer)
    app.include_router(credentials_router(credentials, issuer, access, clock=clock))
    app.include_router(mint_router(issuer, access, clock=clock))
    app.include_router(status_router(config, issuer, clock=clock))
    app.include_router(audit_router(store, access))
    if config.url is not None:
        offer_access = (Depends(access.require(Role.MINTER)),)
        issuance = Issuance(config, store, issuer)
        app.include_router(oid4vci_router(issuance, clock=clock, offer_access=offer_access))
    return app
