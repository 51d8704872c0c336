"""An issuer that answers in memory: the issuer's side of OpenID4VCI around a world's real credentials.

It is an `Exchange`, so that a wallet talks to it as to the network. Each knob breaks one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl

from protocols.jose import decrypt_jwe, encrypt_jwe, encryption_jwk, generate_encryption_key
from protocols.oid4vci import (
    AuthorizationServerMetadata,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    CredentialResponse,
    DeferredCredentialRequest,
    Display,
    InvalidGrantError,
    InvalidNonceError,
    InvalidTokenError,
    InvalidTransactionIdError,
    NonceResponse,
    Notification,
    OAuthError,
    PreAuthorizedGrant,
    RequestEncryptionSupport,
    ResponseEncryption,
    ResponseEncryptionSupport,
    TokenRequest,
    TokenResponse,
    TxCode,
    verify_di_vp_proof,
    verify_jwt_proof,
)
from runtime.exchange import Answer
from tests.world import VACCINATION, Person, World
from vclib.did import resolver
from vclib.errors import FetchError
from vclib.strict_json import JSONObject, dump_json, parse_json_object

ISSUER = "https://issuer.example"
CODE = "code-SplxlOBeZQQYbYS6WxSbIA"
TOKEN = "token-czZCaGRSa3F0MzpnWDFmQmF0M2JW"
TX_CODE = "493536"
NAME = "VaccinationCertificate"


@dataclass
class ScriptedIssuer:
    """Answers at https://issuer.example; every request is kept as (method, path, headers, body)."""

    world: World
    tx_code: TxCode | None = None
    identifier: str = ISSUER
    says_it_is: str | None = None
    proof_types: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"jwt": ("ES256", "EdDSA")})
    batch_size: int | None = None
    encrypted: bool = False
    deferrals: int = 0
    stale_nonces: int = 0
    lose: set[str] = field(default_factory=set)
    change: Callable[[JSONObject, int], JSONObject] = lambda document, number: document
    requests: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    events: list[Notification] = field(default_factory=list)
    minted: dict[str, JSONObject] = field(default_factory=dict)
    codes_left: int = 1
    nonce_endpoint: bool = True
    notifications_fail: bool = False
    asked: list[CredentialRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = generate_encryption_key()
        sample = self.world.mint(VACCINATION, unbound=True)
        contexts, types = sample["@context"], sample["type"]
        assert isinstance(contexts, list)
        assert isinstance(types, list)
        self.contexts, self.types = tuple(map(str, contexts)), tuple(map(str, types))
        self._waiting: list[str] = []

    @property
    def offer(self) -> CredentialOffer:
        return CredentialOffer(self.identifier, (NAME,), PreAuthorizedGrant(CODE, self.tx_code))

    @property
    def link(self) -> str:
        return self.offer.to_uri()

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.requests]

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        assert url.startswith(self.identifier), url
        path = url.removeprefix(self.identifier)
        self.requests.append((method, path, headers or {}, body or b""))
        try:
            answer = self._answer(path, headers or {}, body or b"")
        except OAuthError as err:
            answer = _json(err.to_json(), err.status)
        if path in self.lose:
            # The issuer has done it; the answer does not arrive.
            self.lose.discard(path)
            raise FetchError("the answer took longer than the time limit")
        return answer

    def _answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if path.startswith("/.well-known/openid-credential-issuer"):
            return _json(
                {**self.metadata().to_json(), "credential_issuer": self.says_it_is or self.identifier}
            )
        if path.startswith("/.well-known/oauth-authorization-server"):
            return _json(AuthorizationServerMetadata(self.identifier, f"{self.identifier}/token").to_json())
        if path == "/offers/1":
            return _json(self.offer.to_json())
        if path == "/token":
            return self._token(TokenRequest.from_form(dict(parse_qsl(body.decode()))))
        if path == "/nonce":
            return _json(NonceResponse(f"nonce-{len(self.requests)}").to_json())
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise InvalidTokenError("no such token")
        if path == "/credential":
            return self._credential(CredentialRequest.from_json(self._opened(headers, body)))
        if path == "/deferred":
            return self._deferred(DeferredCredentialRequest.from_json(self._opened(headers, body)))
        assert path == "/notification", path
        if self.notifications_fail:
            raise FetchError("the host is down")
        self.events.append(Notification.from_json(parse_json_object(body)))
        return Answer(204, {}, b"")

    def metadata(self) -> CredentialIssuerMetadata:
        encryption: dict[str, Any] = {}
        if self.encrypted:
            jwk = encryption_jwk(self.key.public_key, kid="enc-1")
            encryption["request_encryption"] = RequestEncryptionSupport((jwk,), ("A128GCM",), True)
            encryption["response_encryption"] = ResponseEncryptionSupport(("ECDH-ES",), ("A128GCM",), True)
        configuration = CredentialConfiguration(
            self.contexts,
            self.types,
            binding_methods=("did:key",) if self.proof_types else (),
            proof_types=self.proof_types,
            display=(Display("Vaccination certificate", "en"),),
        )
        return CredentialIssuerMetadata(
            credential_issuer=self.identifier,
            credential_endpoint=f"{self.identifier}/credential",
            configurations={NAME: configuration},
            nonce_endpoint=f"{self.identifier}/nonce" if self.nonce_endpoint else None,
            deferred_credential_endpoint=f"{self.identifier}/deferred",
            notification_endpoint=f"{self.identifier}/notification",
            batch_size=self.batch_size,
            display=(Display("Ministry of Health", "en"),),
            **encryption,
        )

    def _token(self, request: TokenRequest) -> Answer:
        if request.code != CODE or not self.codes_left:
            raise InvalidGrantError("the code is wrong")
        if (request.tx_code is None) != (self.tx_code is None) or request.tx_code not in (None, TX_CODE):
            raise InvalidGrantError("the code is wrong")
        self.codes_left -= 1
        return _json(TokenResponse(TOKEN, 600).to_json())

    def _credential(self, request: CredentialRequest) -> Answer:
        self.asked.append(request)
        nonce = f"nonce-{len(self.requests) - 1}" if self.nonce_endpoint else None
        if self.stale_nonces:
            self.stale_nonces -= 1
            raise InvalidNonceError("the nonce is not ours any more")
        holders: list[str | None] = [None]
        if request.proofs is not None:
            verify = verify_jwt_proof if request.proofs.proof_type == "jwt" else verify_di_vp_proof
            found = [
                verify(value, issuer=self.identifier, resolve=resolver(), now=self.world.clock.now)
                for value in request.proofs.values
            ]
            assert {proof.nonce for proof in found} == {nonce}
            holders = [proof.holder for proof in found]
        self._holders, self._encryption = holders, request.response_encryption
        if self.deferrals:
            return self._sealed(CredentialResponse(transaction_id="tx-1", interval=5), 202)
        return self._issued()

    def _deferred(self, request: DeferredCredentialRequest) -> Answer:
        if request.transaction_id != "tx-1":
            raise InvalidTransactionIdError("unknown")
        self._encryption = request.response_encryption
        self.deferrals -= 1
        if self.deferrals:
            return self._sealed(CredentialResponse(transaction_id="tx-1", interval=5), 202)
        return self._issued()

    def _issued(self) -> Answer:
        documents = []
        for number, holder in enumerate(self._holders):
            # The same key again gets the same credential (threat F10).
            known = str(holder)
            if known not in self.minted:
                self.minted[known] = mint_for(self.world, VACCINATION, holder)
            documents.append(self.change(self.minted[known], number))
        return self._sealed(CredentialResponse(tuple(documents), notification_id="note-1"), 200)

    def _sealed(self, response: CredentialResponse, status: int) -> Answer:
        encryption: ResponseEncryption | None = self._encryption
        if encryption is None:
            return _json(response.to_json(), status)
        sealed = encrypt_jwe(dump_json(response.to_json()).encode(), encryption.jwk, encryption.enc)
        return Answer(status, {"content-type": "application/jwt"}, sealed.encode())

    def _opened(self, headers: Mapping[str, str], body: bytes) -> JSONObject:
        if not self.encrypted:
            return parse_json_object(body)
        assert headers["content-type"] == "application/jwt"
        return parse_json_object(decrypt_jwe(body.decode(), self.key, kid="enc-1"))


def mint_for(world: World, record: JSONObject, did: str | None) -> JSONObject:
    """Mint a credential bound to a DID of whose key the world knows nothing."""
    if did is None:
        return world.mint(record, unbound=True)
    # The world asks a person for nothing but the DID.
    return world.mint(record, cast("Person", SimpleNamespace(did=did)))


def _json(value: JSONObject, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, dump_json(value).encode())
