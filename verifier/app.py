"""The verifier as an HTTP service: the VC API for verifiers, challenges, exchanges, DID resolution.

Only puts together what decides (`verifier.vc_service`) and what is asked from outside, and says which
requests need an access token. A failure is answered as a problem detail (`runtime.web`). Source:
https://w3c.github.io/vcalm/#verifying. Not here: sockets and processes (`verifier.cli_serve`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.params import Depends as Dependency
from fastapi.responses import Response

from protocols.oid4vp import RequestSigner
from runtime.bearer import require_token
from runtime.hosts import require_host
from runtime.service_app import RateLimit, create_service_app
from runtime.web import Problem, json_body, json_response, problem_response, read_body
from vclib.did import Fetch
from vclib.errors import MalformedValueError
from vclib.policy import TrustedIssuers
from verifier.access import AccessTokens
from verifier.caching import Ages, DocumentCache
from verifier.config import VerifierConfig
from verifier.desks import Desks
from verifier.did_web import did_web_router
from verifier.environment import Sources
from verifier.exchange_routes import add_exchange_errors, exchange_router
from verifier.exchange_store import ExchangeStore
from verifier.exchanges import Exchanges
from verifier.identifiers import identifiers_router
from verifier.kept_lists import KeptLists
from verifier.oid4vp import oid4vp_router
from verifier.page import page_router
from verifier.page_access import DeskAccess
from verifier.page_desk import desk_router
from verifier.page_known import Known
from verifier.page_service import Page
from verifier.requests import PresentationRequests, RequestSettings
from verifier.revocation_lists import RevocationSource
from verifier.rule_queries import AskedRules
from verifier.rule_store import default_rules, rule_store
from verifier.service import Verifier
from verifier.store import TooManyOpenError, VerifierStore
from verifier.transactions import Transactions
from verifier.trust_lists import TrustSource
from verifier.vc_api import verify_router
from verifier.vc_service import RememberingService

_RETRY_SECONDS = "30"


@dataclass(frozen=True)
class _Guards:
    """What routes depend on: those that verify, those that start something or read its outcome, the page's.

    Where no token is asked for, it is at least looked at which name the request was sent to.
    """

    to_verify: list[Dependency]
    to_start: list[Dependency]
    for_page: list[Dependency]


def create_verifier_app(
    config: VerifierConfig,
    store: VerifierStore,
    trusted: TrustedIssuers | None,
    *,
    clock: Callable[[], datetime],
    fetch: Fetch | None,
    signer: RequestSigner | None = None,
    rate: RateLimit | None = None,
    trust: TrustSource | None = None,
    withdrawn: RevocationSource | None = None,
    hosts: Collection[str] | None = None,
) -> FastAPI:
    """Return the application of a verifier.

    `fetch` reads DID documents and status lists, of which copies are kept; without it nothing is fetched.
    `signer` signs its requests to wallets, which are unsigned without. `rate` bounds the requests of one
    address. `trust` follows the files of the verifier's home and takes the place of `trusted`; `withdrawn`
    follows the lists of withdrawn paper codes. `hosts` are the names that requests without a token may have
    been sent to (`runtime.hosts`), None for any. Without a URL of its own a verifier only verifies: nothing
    could be sent back to it.
    """
    ExchangeStore(store.database).forget_expired(now=clock())
    sources = verifier_sources(config, store, trusted, fetch)
    if trust is not None:
        sources = replace(sources, trust=trust)
    service = RememberingService(config, store, sources)
    guards = _guards(config, store, hosts)
    app = create_service_app(
        f"{config.name or 'ddcc'} verifier",
        version=version("ddcc-wallet"),
        ready=store.check,
        clock=clock,
        rate=rate,
    )
    app.add_exception_handler(TooManyOpenError, _on_too_many)
    app.include_router(verify_router(service, clock=clock), dependencies=guards.to_verify)
    app.include_router(challenge_router(service, clock=clock), dependencies=guards.to_verify)
    app.include_router(identifiers_router(fetch=fetch), dependencies=guards.to_verify)
    if config.url is not None:
        rule_sets = rule_store(config)
        verifier = Verifier(
            trusted,
            sources=sources,
            store=store,
            accept_old_copies=config.accept_old_copies,
            rules=default_rules(config, rule_sets),
            trust=trust,
            withdrawn=withdrawn,
        )
        exchanges = Exchanges(config, store, verifier)
        app.include_router(exchange_router(exchanges, clock=clock, to_start=guards.to_start))
        add_exchange_errors(app)
        requests = PresentationRequests(
            RequestSettings.of(config),
            Transactions(store.database),
            # Which rules are asked of an answer, the request says that was made for them.
            replace(verifier, rules=None),
            signer,
            rules=AskedRules(config, rule_sets),
        )
        app.include_router(oid4vp_router(requests, clock=clock, request_access=guards.to_start))
        access = _desk_access(config, store, clock)
        known = Known(config, clock, sources.documents, rule_sets, trusted, trust, withdrawn)
        page = Page(config, requests, verifier, known, rule_sets, access, clock)
        app.include_router(page_router(page), dependencies=guards.for_page)
        app.include_router(desk_router(page), dependencies=guards.for_page)
    app.include_router(did_web_router(config))
    return app


def verifier_sources(
    config: VerifierConfig, store: VerifierStore, trusted: TrustedIssuers | None, fetch: Fetch | None
) -> Sources:
    """Return where a serving verifier looks things up: with copies that all its workers share."""
    if fetch is None:
        return Sources(trusted)
    status = _ages(config.status_refresh, config.status_max_age)
    dids = _ages(config.did_refresh, config.did_max_age)
    # A list counts as verified no longer than the keys behind it count without being looked up again.
    lifetime = min(status.refresh, dids.refresh)
    documents = DocumentCache(store.database, fetch, status=status, dids=dids)
    return Sources(trusted, fetch=fetch, documents=documents, list_memory=KeptLists(lifetime))


def challenge_router(service: RememberingService, *, clock: Callable[[], datetime]) -> APIRouter:
    """Return POST /challenges, without a body: a challenge that one presentation may answer."""
    router = APIRouter()

    @router.post("/challenges", dependencies=[Depends(empty_body)])
    def challenge() -> Response:
        sent = service.new_challenge(now=clock())
        return json_response({"challenge": sent.challenge, "domain": sent.domain})

    return router


async def empty_body(request: Request) -> None:
    """Return for a request without a body, or with an empty JSON object; raises what becomes 4xx."""
    if "content-type" not in request.headers:
        await read_body(request, is_accepted=lambda _: True, expected="nothing", max_bytes=0)
    elif await json_body()(request):
        raise MalformedValueError("expected an empty object: there is nothing to choose here")


def _desk_access(config: VerifierConfig, store: VerifierStore, clock: Callable[[], datetime]) -> DeskAccess:
    return DeskAccess(
        Desks(store.database),
        AccessTokens(store.database).accepts,
        clock,
        is_open=config.tokens_for == "nothing",
        is_secure=(config.url or "").startswith("https:"),
    )


def _guards(config: VerifierConfig, store: VerifierStore, hosts: Collection[str] | None) -> _Guards:
    token = [Depends(require_token(AccessTokens(store.database).accepts))]
    host = [] if hosts is None else [Depends(require_host(hosts))]
    return _Guards(
        to_verify=token if config.tokens_for == "everything" else host,
        to_start=host if config.tokens_for == "nothing" else token,
        # Its own sessions let a device in, whose cookie no other name is sent.
        for_page=host if config.tokens_for == "nothing" else [],
    )


def _ages(refresh: int, max_age: int) -> Ages:
    return Ages(timedelta(seconds=refresh), timedelta(seconds=max_age))


async def _on_too_many(_: Request, error: Exception) -> Response:
    status = HTTPStatus.TOO_MANY_REQUESTS
    problem = Problem(status, "about:blank", status.phrase, str(error))
    return problem_response(problem, headers={"retry-after": _RETRY_SECONDS})
