"""What a wallet says to an issuer over the network: each endpoint of OpenID4VCI as one method.

Requests and answers are the messages of `protocols.oid4vci`; this adds the HTTP around them: media types, the
bearer token, errors in answers, encryption where the issuer offers it for both ways. An answer that should
be encrypted and is not is refused. What fails without an answer is a FetchError, and then the request may
have arrived. Sources: OpenID4VCI 1.0 sections 4.1.3, 6 to 12; RFC 6750.
Not here: what to ask for, and whether to believe what comes (`wallet.receiving`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from protocols.jose import (
    CONTENT_ENCRYPTIONS,
    KEY_AGREEMENT,
    decrypt_jwe,
    encrypt_jwe,
    encryption_jwk,
    generate_encryption_key,
)
from protocols.oid4vci import (
    ENCRYPTED_MEDIA_TYPE,
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    CredentialResponse,
    DeferredCredentialRequest,
    InvalidEncryptionParametersError,
    InvalidMessageError,
    InvalidTokenError,
    NonceResponse,
    Notification,
    ResponseEncryption,
    TokenRequest,
    TokenResponse,
    error_from_json,
    issuer_metadata_url,
    parse_offer,
    parse_offer_uri,
    server_metadata_url,
)
from runtime.exchange import Answer, Exchange
from vclib.errors import FetchError, MalformedError
from vclib.keys import PrivateKey
from vclib.strict_json import JSONObject, dump_json, parse_json_object

_JSON = "application/json"
_NOT_FOUND = frozenset({404, 410})
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class IssuerClient:
    """Talks to issuers through `exchange`; with `allow_loopback` also to such on this machine, over http."""

    exchange: Exchange
    allow_loopback: bool = False

    def read_offer(self, link: str) -> CredentialOffer:
        """Return the offer of a link, fetched if it is given by reference.

        Raises InvalidOfferError for what is no offer or may not be followed (threat F12), FetchError.
        """
        found = parse_offer_uri(link.strip(), allow_loopback=self.allow_loopback)
        if found.offer is not None:
            return found.offer
        answer = self.exchange("GET", found.reference or "", headers={"accept": _JSON})
        if answer.status in _NOT_FOUND:
            raise FetchError(
                f"the issuer has no such offer: it was redeemed before, or has ended (status {answer.status})"
            )
        return parse_offer(_json_bytes(answer), allow_loopback=self.allow_loopback)

    def issuer_metadata(self, identifier: str) -> CredentialIssuerMetadata:
        """Return what an issuer says of itself; InvalidMetadataError if it is another's (threat F11)."""
        body = self._get(issuer_metadata_url(identifier))
        return CredentialIssuerMetadata.from_json(
            body, expected_issuer=identifier, allow_loopback=self.allow_loopback
        )

    def server_metadata(self, identifier: str) -> AuthorizationServerMetadata:
        """Return what an authorization server says of itself; InvalidMetadataError if it is another's."""
        body = self._get(server_metadata_url(identifier))
        return AuthorizationServerMetadata.from_json(
            body, expected_issuer=identifier, allow_loopback=self.allow_loopback
        )

    def request_token(self, endpoint: str, request: TokenRequest) -> TokenResponse:
        """Exchange a code for a token; raises the OAuthError of a refusal."""
        body = urlencode(request.to_form()).encode("ascii")
        answer = self.exchange("POST", endpoint, headers={"content-type": _FORM, "accept": _JSON}, body=body)
        return TokenResponse.from_json(_json(answer))

    def request_nonce(self, endpoint: str) -> str:
        """Return a fresh `c_nonce`."""
        answer = self.exchange("POST", endpoint, headers={"accept": _JSON}, body=b"")
        return NonceResponse.from_json(_json(answer)).c_nonce

    def request_credential(
        self, metadata: CredentialIssuerMetadata, token: str, request: CredentialRequest
    ) -> CredentialResponse:
        """Ask for credentials; raises the OAuthError of a refusal."""
        encryption, key = _response_encryption(metadata)
        body = replace(request, response_encryption=encryption).to_json()
        answer = self._post_message(metadata, metadata.credential_endpoint, token, body)
        return CredentialResponse.from_json(_opened(answer, encryption, key))

    def request_deferred(
        self, metadata: CredentialIssuerMetadata, token: str, transaction_id: str
    ) -> CredentialResponse:
        """Ask whether deferred credentials are ready; raises the OAuthError of a refusal."""
        if metadata.deferred_credential_endpoint is None:
            raise InvalidMessageError("the issuer defers the credential and names no endpoint to ask for it")
        encryption, key = _response_encryption(metadata)
        body = DeferredCredentialRequest(transaction_id, encryption).to_json()
        answer = self._post_message(metadata, metadata.deferred_credential_endpoint, token, body)
        return CredentialResponse.from_json(_opened(answer, encryption, key))

    def notify(self, endpoint: str, token: str, notification: Notification) -> None:
        """Tell the issuer what became of the credentials; raises the OAuthError of a refusal."""
        answer = self.exchange(
            "POST",
            endpoint,
            headers={"content-type": _JSON, "authorization": f"Bearer {token}"},
            body=dump_json(notification.to_json()).encode(),
        )
        _refuse_error(answer)

    def _get(self, url: str) -> JSONObject:
        return _json(self.exchange("GET", url, headers={"accept": _JSON}))

    def _post_message(
        self, metadata: CredentialIssuerMetadata, endpoint: str, token: str, body: JSONObject
    ) -> Answer:
        content, media_type = dump_json(body).encode(), _JSON
        chosen = _request_key(metadata)
        if chosen is not None:
            jwk, enc = chosen
            content, media_type = encrypt_jwe(content, jwk, enc).encode("ascii"), ENCRYPTED_MEDIA_TYPE
        headers = {
            "content-type": media_type,
            "accept": f"{_JSON}, {ENCRYPTED_MEDIA_TYPE}",
            "authorization": f"Bearer {token}",
        }
        answer = self.exchange("POST", endpoint, headers=headers, body=content)
        _refuse_error(answer)
        return answer


def _request_key(metadata: CredentialIssuerMetadata) -> tuple[JSONObject, str] | None:
    """Return the issuer's key and the content encryption for requests; None where it takes them in clear."""
    support = metadata.request_encryption
    if support is None:
        return None
    jwk, enc = support.usable_key(), _common(support.encs)
    if jwk is not None and enc is not None:
        return jwk, enc
    if support.required:
        raise InvalidEncryptionParametersError(
            "the issuer wants requests encrypted in a way that this wallet does not know"
        )
    return None


def _response_encryption(
    metadata: CredentialIssuerMetadata,
) -> tuple[ResponseEncryption | None, PrivateKey | None]:
    """Return how the answer is to be encrypted, and the key made for it.

    A request that asks for it is encrypted too (section 8.2), lest somebody between puts in another key.
    """
    support = metadata.response_encryption
    if support is None:
        return None, None
    enc = _common(support.encs)
    if enc is not None and KEY_AGREEMENT in support.algs and _request_key(metadata) is not None:
        key = generate_encryption_key()
        return ResponseEncryption(encryption_jwk(key.public_key), enc), key
    if support.required:
        raise InvalidEncryptionParametersError(
            "the issuer wants answers encrypted in a way that this wallet does not know"
        )
    return None, None


def _opened(answer: Answer, encryption: ResponseEncryption | None, key: PrivateKey | None) -> JSONObject:
    if encryption is None or key is None:
        return _json(answer)
    if answer.media_type != ENCRYPTED_MEDIA_TYPE:
        raise InvalidMessageError("the issuer answers in clear, though encryption was asked for")
    kid = encryption.jwk.get("kid")
    text = _text(answer.body)
    named = str(kid) if kid is not None else None
    return parse_json_object(decrypt_jwe(text, key, kid=named, enc_allowed=(encryption.enc,)))


def _common(encs: tuple[str, ...]) -> str | None:
    return next((enc for enc in CONTENT_ENCRYPTIONS if enc in encs), None)


def _json(answer: Answer) -> JSONObject:
    return parse_json_object(_json_bytes(answer))


def _json_bytes(answer: Answer) -> bytes:
    """Return the body of a JSON answer of success; OAuthError, InvalidMessageError, FetchError."""
    _refuse_error(answer)
    if answer.media_type != _JSON:
        raise InvalidMessageError(f"expected an answer of type {_JSON}, found {answer.media_type[:60]!r}")
    return answer.body


def _refuse_error(answer: Answer) -> None:
    """Raise what an answer of failure says: the OAuthError in it, else that there was none."""
    if 200 <= answer.status < 300:
        return
    body = _error_body(answer)
    if isinstance(body.get("error"), str):
        raise error_from_json(body)
    if answer.status == 401:
        # RFC 6750 section 3: the header says what is wrong with the token.
        raise InvalidTokenError("the issuer does not accept the access token any more")
    raise FetchError(f"the issuer answers with status {answer.status}")


def _error_body(answer: Answer) -> JSONObject:
    if answer.media_type != _JSON:
        return {}
    try:
        return parse_json_object(answer.body)
    except MalformedError:
        return {}


def _text(body: bytes) -> str:
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError as err:
        raise InvalidMessageError("expected an encrypted answer, found something else") from err
