"""The issuer as an HTTP service: which routes there are, and what they are made of.

Only puts together; every decision is the services'. An application belongs to one process, which opened its
database itself. Not here: sockets and worker processes (`cli_serve`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from importlib.metadata import version

from fastapi import Depends, FastAPI

from issuer.access import Role
from issuer.access_control import AccessControl
from issuer.config import IssuerConfig
from issuer.did_web import did_web_router
from issuer.keys import IssuerKeys
from issuer.openid.issuance import Issuance
from issuer.openid.routes import oid4vci_router
from issuer.service import Issuer
from issuer.status_routes import status_router
from issuer.store import IssuerStore
from issuer.vc_routes import audit_router, credentials_router, mint_router
from issuer.vc_service import CredentialService
from runtime.commands import utc_now
from runtime.service_app import RateLimit, create_service_app


def create_issuer_app(
    config: IssuerConfig,
    store: IssuerStore,
    keys: IssuerKeys,
    *,
    clock: Callable[[], datetime] = utc_now,
    rate: RateLimit | None = None,
) -> FastAPI:
    """Return the application of one issuer, which closes `store` at its end.

    Raises ConfigurationError where a key is missing, StoreError where the database does not answer.
    """
    app = create_service_app(
        f"ddcc issuer: {config.name}",
        version=version("ddcc-wallet"),
        ready=store.check_writable,
        clock=clock,
        rate=rate,
    )
    app.router.lifespan_context = _closing(store)
    issuer = Issuer(config, store, keys)
    issuer.publish_missing(now=clock())
    access = AccessControl(store, clock=clock)
    credentials = CredentialService(config, store, keys, issuer)
    app.include_router(credentials_router(credentials, issuer, access, clock=clock))
    app.include_router(mint_router(issuer, access, clock=clock))
    app.include_router(status_router(config, issuer, clock=clock))
    app.include_router(audit_router(store, access))
    app.include_router(did_web_router(config))
    issuance = Issuance(config, store, issuer)
    offer_access = [Depends(access.require(Role.MINTER))]
    app.include_router(oid4vci_router(issuance, clock=clock, offer_access=offer_access))
    return app


def _closing(store: IssuerStore) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()

    return lifespan
