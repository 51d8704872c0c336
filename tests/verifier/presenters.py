"""A verifier that asks over OpenID4VP, and a wallet of a few lines that answers as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from fastapi import FastAPI

from protocols.oid4vp import (
    AuthenticatedRequest,
    AuthorizationRequest,
    AuthorizationResponse,
    QueriedCredential,
    RequestReference,
    RequestSigner,
    ResponseMode,
    VPToken,
    authenticate_request,
    parse_invocation,
    satisfies,
)
from runtime.database import sqlite_url
from runtime.web import create_app
from tests.asgi import Client
from tests.protocols.oid4vp_parties import Signer, document
from tests.tables import tables_as_before
from tests.world import Person, World
from vclib.credentials import parse_credential
from vclib.proofs import without_proofs
from vclib.strict_json import JSONObject
from verifier.oid4vp import oid4vp_router
from verifier.requests import PresentationRequests, RequestSettings
from verifier.rule_queries import AskedRules
from verifier.service import Verifier
from verifier.store import VerifierStore
from verifier.transactions import Transactions

URL = "https://venue.example"
SETTINGS = RequestSettings(URL, "The Venue", "Entry to the concert")


@dataclass
class Asking:
    """A verifier in a world, over HTTP; `signer` None makes unsigned requests."""

    world: World
    folder: Path
    settings: RequestSettings = SETTINGS
    signer: RequestSigner | None = field(default_factory=Signer)
    database_url: str | None = None
    rules: AskedRules | None = None

    def __post_init__(self) -> None:
        with tables_as_before():
            self.store = VerifierStore.open(self.database_url or sqlite_url(self.folder / "verifier.sqlite"))

    @property
    def client(self) -> Client:
        verifier = Verifier(self.world.trusted, self.world.status_lists, None, self.store)
        requests = PresentationRequests(
            self.settings, Transactions(self.store.database), verifier, self.signer, rules=self.rules
        )
        app: FastAPI = create_app("verifier", version="1")
        app.include_router(oid4vp_router(requests, clock=lambda: self.world.clock.now))
        return Client(app)

    def ask(self, situation: str = "venue", **members: Any) -> Made:
        """Make a request, as the verifier's page does."""
        answer = self.client.post_json("/requests", {"situation": situation, **members})
        assert answer.status_code == 201, answer.text
        return Made(self, answer.json())

    def post(self, path: str, fields: Mapping[str, str], *, client: Client | None = None) -> httpx.Response:
        """Post a form."""
        return (client or self.client).ask(
            "POST",
            path,
            content=urlencode(fields).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )


@dataclass
class Made:
    """A request that was made, and what a wallet does with it."""

    asking: Asking
    answer: dict[str, Any]

    @property
    def link(self) -> str:
        return str(self.answer["link"])

    def result(self, code: str | None = None) -> httpx.Response:
        """Ask for the result, as the page does."""
        query = "" if code is None else f"?response_code={code}"
        return self.asking.client.get(f"/requests/{self.answer['transactionId']}/result{query}")

    @property
    def reference(self) -> RequestReference:
        found = parse_invocation(self.link)
        assert isinstance(found, RequestReference)
        return found

    def fetch(self, wallet_nonce: str | None = None) -> AuthenticatedRequest:
        """Fetch the request object and authenticate it, as a wallet does."""
        path = urlsplit(self.reference.request_uri).path
        asking = self.asking
        answer = (
            asking.client.get(path)
            if wallet_nonce is None
            else asking.post(path, {"wallet_nonce": wallet_nonce})
        )
        assert answer.status_code == 200, answer.text
        return authenticate_request(
            answer.text,
            self.reference,
            resolve=lambda _did: document(),
            trust_anchors=(),
            now=asking.world.clock.now,
            wallet_nonce=wallet_nonce,
        )

    @property
    def request(self) -> AuthorizationRequest:
        found = parse_invocation(self.link)
        return found if isinstance(found, AuthorizationRequest) else self.fetch().request

    def send(self, fields: Mapping[str, str]) -> httpx.Response:
        """Post an answer where the request says."""
        return self.asking.post(urlsplit(self.request.response_uri).path, fields)

    def fields(self, token: JSONObject, **changes: Any) -> dict[str, str]:
        """Return the fields of an answer, encrypted where the request asks for that."""
        request = self.request
        state = changes.get("state", request.state)
        response = AuthorizationResponse(VPToken.from_json(token), state)
        if request.response_mode is ResponseMode.DIRECT_POST_JWT:
            return response.to_encrypted_form(request.client_metadata)
        return response.to_form()

    def present(self, holder: Person, credential: JSONObject, **changes: Any) -> JSONObject:
        """Return the token that answers this request with a credential, with other members where told."""
        request = self.request
        queried = QueriedCredential(without_proofs(credential), parse_credential(credential).type_iris)
        query = next(item for item in request.query.credentials if item.id in changes.get("query", item.id))
        for item in request.query.credentials:
            if set(queried.type_iris) >= set(item.type_values[0]):
                query = item
        pointers = changes.get("pointers") or satisfies(query, queried).pointers
        presentation = holder.present(
            credential,
            challenge=changes.get("challenge", request.nonce),
            domain=changes.get("domain", request.client_id.text),
            situation=None,
            pointers=pointers,
        )
        return {changes.get("query", query.id): [presentation]}

    def answer_with(self, holder: Person, credential: JSONObject, **changes: Any) -> httpx.Response:
        """Present a credential and send it."""
        return self.send(self.fields(self.present(holder, credential, **changes)))


def unencrypted(asking: Asking) -> Asking:
    """Let answers come in clear."""
    asking.settings = replace(asking.settings, encrypted=False)
    return asking
