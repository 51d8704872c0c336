"""The three services as applications without sockets, each with something in it that its routes can find.

For tests that ask every route there is: routes are found by walking the application, so that a new one is
asked as well, and a path parameter that nobody gave a value is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from health import parse_record
from issuer.access import Role
from issuer.openid.issuance import Issuance
from issuer.options import MintOptions
from protocols.oid4vci import PRE_AUTHORIZED_GRANT, TokenRequest
from runtime.database import sqlite_url
from tests.asgi import Client
from tests.issuer.conftest import make_service
from tests.protocols.oid4vp_parties import Signer, document
from tests.venue import Venue
from tests.wallet.conftest import CHEAP, PASSPHRASE
from tests.world import VACCINATION, VENUE, World
from vclib.did import resolver
from vclib.proofs import derive
from vclib.strict_json import JSONObject, dump_json
from verifier.access import AccessTokens
from verifier.app import create_verifier_app
from wallet.holder import Holder
from wallet.holder_service import HolderService
from wallet.service_app import create_holder_app

WALLET_TOKEN = "w" * 43
WALLET_HOST = "127.0.0.1:8443"


@dataclass(frozen=True)
class Route:
    """One method of one path, as the application has it."""

    method: str
    template: str

    def path(self, values: Mapping[str, str]) -> str:
        """Return the path with these values; a parameter without one is a KeyError."""
        return re.sub(r"\{(\w+)(?::path)?\}", lambda match: values[match[1]], self.template)


@dataclass
class Asked:
    """A service that is asked: its application, values for its paths, and what lets a request in."""

    name: str
    app: FastAPI
    values: dict[str, str]
    # By path or its beginning: the headers that a request there needs.
    authority: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        return Client(self.app)

    def token_for(self, route: Route) -> str | None:
        """The bearer token that lets a request in, None where none is needed."""
        key = f"{route.method} {route.template}"
        return self.authority.get(key, self.authority.get("*"))

    def routes(self) -> list[Route]:
        return sorted(set(_routes(self.app)), key=lambda route: (route.template, route.method))


def _routes(app: FastAPI) -> Iterator[Route]:
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            yield Route(method, str(route.path))


def issuer(folder: Path, database_url: str | None = None) -> Asked:
    """An issuer with a credential, an offer that waits, and one that was redeemed."""
    service = make_service(database_url or sqlite_url(folder / "issuer.sqlite"), folder)
    now = service.clock.now
    record = parse_record(VACCINATION, now=now)
    issuance = Issuance(service.config, service.store, service.issuer)
    waiting = issuance.offering.create(record, MintOptions(), now=now)
    redeemed = issuance.offering.create(record, MintOptions(), now=now, with_tx_code=False)
    assert redeemed.offer.pre_authorized is not None
    asked = TokenRequest.from_form(
        {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": redeemed.offer.pre_authorized.code}
    )
    wallets = issuance.token(asked, now=now).access_token
    body: JSONObject = {"record": VACCINATION, "options": {"unbound": True}}
    minted = service.ask("POST", "/mint", body, role=Role.MINTER).json()
    minter, revoker, auditor = map(service.token, (Role.MINTER, Role.REVOKER, Role.AUDITOR))
    return Asked(
        "issuer",
        service.app(),
        {
            "reference": waiting.link.rpartition("%2F")[2],
            "credential_id": minted["recordId"],
            "name": "revocation-1",
        },
        {
            "POST /mint": minter,
            "POST /credentials/issue": minter,
            "POST /offers": minter,
            "GET /credentials/{credential_id:path}": minter,
            "DELETE /credentials/{credential_id:path}": revoker,
            "POST /credentials/status": revoker,
            "POST /status-lists": revoker,
            "GET /audit": auditor,
            "POST /credential": wallets,
            "POST /deferred_credential": wallets,
            "POST /notification": wallets,
        },
    )


def verifier(folder: Path) -> Asked:
    """A verifier with an exchange and a request that both wait."""
    world = World(folder / "world")
    venue = Venue(world, folder)
    venue.config.document_path.write_text(dump_json(document()))
    token = AccessTokens(venue.store.database).create("tests", now=world.clock.now)
    app = create_verifier_app(
        replace(venue.config, client_id=Signer().client_id),
        venue.store,
        world.trusted,
        clock=lambda: world.clock.now,
        fetch=venue.fetch,
        signer=Signer(),
    )
    asked = Asked("verifier", app, {"identifier": world.person(11).did}, {})
    begun = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def post(path: str, content: bytes) -> JSONObject:
        answer = asked.client.ask("POST", path, content=content, headers=begun)
        assert answer.status_code == 201, answer.text
        made: JSONObject = answer.json()
        return made

    step = b'{"steps":{"ask":{"verifiablePresentationRequest":{"query":[{"type":"DIDAuthentication"}]}}},'
    workflow = str(post("/workflows", step + b'"initialStep":"ask"}')["id"])
    exchange = str(post(workflow.removeprefix(VENUE) + "/exchanges", b"{}")["id"])
    request = post("/requests", b'{"situation":"venue"}')
    asked.values |= {
        "workflow_id": workflow.rpartition("/")[2],
        "exchange_id": exchange.rpartition("/")[2],
        "transaction_id": str(request["transactionId"]),
        "request_id": str(request["link"]).partition("%2Frequests%2F")[2].partition("%2F")[0],
        "file": "page.css",
    }
    asked.authority |= dict.fromkeys(
        (
            "POST /workflows",
            "GET /workflows/{workflow_id}",
            "POST /workflows/{workflow_id}/exchanges",
            "GET /workflows/{workflow_id}/exchanges/{exchange_id}",
            "POST /requests",
            "POST /page/answer",
            "POST /page/cancel",
            "POST /page/compare",
            "POST /page/frame",
            "POST /page/picture",
            "POST /page/request",
            "POST /page/state",
            "POST /page/text",
        ),
        token,
    )
    return asked


def wallet(folder: Path) -> Asked:
    """A wallet's service that keeps a presentation."""
    world = World(folder / "world")
    holder = Holder.create(
        folder / "wallet.ddcc",
        PASSPHRASE,
        resolve=resolver(),
        clock=lambda: world.clock.now,
        parameters=CHEAP,
    )
    holder.new_key("Anna")
    app = create_holder_app(HolderService(holder), token=WALLET_TOKEN, hosts=(WALLET_HOST,))
    asked = Asked("wallet", app, {}, {"*": WALLET_TOKEN}, {"host": WALLET_HOST})
    shown = derive(world.mint(VACCINATION, unbound=True), selective_pointers=["/credentialSubject/name"])
    body: JSONObject = {
        "presentation": {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [shown],
        },
        "options": {"challenge": "c-1", "domain": VENUE},
    }
    sent = {"authorization": f"Bearer {WALLET_TOKEN}", **asked.headers, "content-type": "application/json"}
    made = asked.client.ask("POST", "/presentations", content=dump_json(body).encode(), headers=sent)
    assert made.status_code == 201, made.text
    asked.values["presentation_id"] = made.headers["location"].rpartition("/")[2]
    return asked


SERVICES = {"issuer": issuer, "verifier": verifier, "wallet": wallet}
__all__ = ["SERVICES", "Asked", "Route", "issuer", "verifier", "wallet"]
