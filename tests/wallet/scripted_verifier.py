"""A verifier that asks in memory: the verifier's side of OpenID4VP, with knobs that break one thing each.

It is an `Exchange`, so that a wallet talks to it as to the network. Its parties are those of
`tests.protocols.oid4vp_parties`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from protocols.jose import encryption_jwk, generate_encryption_key
from protocols.oid4vp import (
    AuthorizationRequest,
    AuthorizationResponse,
    ClaimsQuery,
    ClientMetadata,
    CredentialQuery,
    DCQLQuery,
    ErrorResponse,
    RequestReference,
    RequestURIMethod,
    RequestURIPost,
    ResponseMode,
    decrypt_response,
    direct_post_answer,
    sign_request_object,
)
from runtime.exchange import Answer
from tests.protocols.oid4vp_parties import CLIENT, DID, REFERENCE, REQUEST, Signer, document
from tests.world import World
from vclib.did import resolver
from vclib.errors import FetchError, FetchRefusedError
from vclib.strict_json import JSONObject, dump_json

TYPES = (
    "https://www.w3.org/2018/credentials#VerifiableCredential",
    "https://w3id.org/ddcc#VaccinationStatusCredential",
)
NAME = ("credentialSubject", "name")
DOSE = ("credentialSubject", "vaccination", "dose")
DISEASE = ("credentialSubject", "vaccination", "disease")
CENTRE = ("credentialSubject", "vaccination", "centre")


def query(*paths: tuple[str | int | None, ...], **members: Any) -> DCQLQuery:
    """Return a query for a vaccination with these claims."""
    claims = tuple(ClaimsQuery(path, f"c{number}") for number, path in enumerate(paths))
    return DCQLQuery((CredentialQuery("vaccination", type_values=(TYPES,), claims=claims, **members),))


@dataclass
class ScriptedVerifier:
    """Asks at https://venue.example; every request is kept as (method, path, fields)."""

    world: World
    asked: AuthorizationRequest = field(default_factory=lambda: replace(REQUEST, query=query(NAME, DOSE)))
    method: RequestURIMethod = RequestURIMethod.GET
    signer: Any = field(default_factory=Signer)
    sign: Callable[[AuthorizationRequest, str | None], str] | None = None
    redirect_uri: str | None = None
    redirects: bool = False
    status: int = 200
    lose_answer: bool = False
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    responses: list[AuthorizationResponse | ErrorResponse] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = generate_encryption_key()

    @property
    def link(self) -> str:
        return replace(REFERENCE, client_id=self.asked.client_id, method=self.method).to_url()

    def encrypts(self) -> None:
        """Ask for an encrypted answer from now on."""
        jwk = encryption_jwk(self.key.public_key, kid="enc-1")
        metadata = replace(self.asked.client_metadata, jwks=(jwk,))
        self.asked = replace(self.asked, response_mode=ResponseMode.DIRECT_POST_JWT, client_metadata=metadata)

    def resolve(self, did: str) -> JSONObject:
        return document() if did == DID else resolver()(did)

    def presentations(self) -> tuple[JSONObject, ...]:
        """Return what came last, of the one query."""
        response = self.responses[-1]
        assert isinstance(response, AuthorizationResponse)
        assert response.state == self.asked.state
        (documents,) = response.vp_token.presentations.values()
        return documents

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        host, slash, path = url.removeprefix("https://").partition("/")
        assert host == "venue.example", url
        fields = dict(parse_qsl((body or b"").decode(), keep_blank_values=True))
        self.requests.append((method, slash + path, fields))
        if self.redirects:
            # What `runtime.exchange.Exchanger` does with any redirect.
            raise FetchRefusedError(f"{url} answers with the redirect 307, which is not followed")
        if slash + path == "/requests/1/object":
            return self._request_object(method, fields)
        assert (method, slash + path) == ("POST", "/responses/1")
        return self._response(fields)

    def _request_object(self, method: str, fields: dict[str, str]) -> Answer:
        assert method == str(self.method).upper()
        nonce = RequestURIPost.from_form(fields).wallet_nonce
        text = (self.sign or self._signed)(self.asked, nonce)
        return Answer(200, {"content-type": "application/oauth-authz-req+jwt"}, text.encode())

    def _signed(self, request: AuthorizationRequest, nonce: str | None) -> str:
        now = self.world.clock.now
        return sign_request_object(
            request, self.signer, issued=now, expires=now + timedelta(minutes=5), wallet_nonce=nonce
        )

    def _response(self, fields: dict[str, str]) -> Answer:
        if "response" in fields:
            self.responses.append(decrypt_response(fields["response"], self.key, kid="enc-1"))
        else:
            self.responses.append(AuthorizationResponse.from_form(fields))
        if self.lose_answer:
            raise FetchError("the answer took longer than the time limit")
        body = dump_json(direct_post_answer(self.redirect_uri)).encode()
        return Answer(self.status, {"content-type": "application/json"}, body)


__all__ = [
    "CENTRE",
    "CLIENT",
    "DISEASE",
    "DOSE",
    "NAME",
    "TYPES",
    "ClientMetadata",
    "RequestReference",
    "ScriptedVerifier",
    "query",
]
