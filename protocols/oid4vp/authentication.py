"""Who asks: a request object is believed only with the key that its client identifier stands for (VP 5.9.3).

The wallet stops here before it looks at its credentials and before it asks its holder: on another client
identifier inside than outside (E6), a key that its document does not list, or not for this (E7), an answer
that would go to another host (E8), a `wallet_nonce` that does not come back (E11). Whoever is authenticated
is still a stranger: this says who asks, not that they should be answered.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from protocols.jose import JWS, JOSEError, parse_jws, verify_jws
from protocols.oid4vp.client_ids import ClientId, ClientIdPrefix
from protocols.oid4vp.errors import InvalidRequestError
from protocols.oid4vp.reading import host_of
from protocols.oid4vp.request_objects import REQUEST_OBJECT_TYPE, STATIC_AUDIENCE
from protocols.oid4vp.requests import AuthorizationRequest, RequestReference
from vclib.certificates import MAX_CHAIN, CertificateError, Leaf, validate_chain
from vclib.cid import Resolve, retrieve_verification_method
from vclib.did import parse_did_url
from vclib.encoding import encode_base64url
from vclib.errors import (
    CryptographicSecurityError,
    DIDError,
    FetchError,
    InvalidRelationshipError,
    KeyMaterialError,
    MalformedError,
    VCError,
)
from vclib.keys import PublicKey

# VP leaves the relationship open; a key for either is one that its controller signs statements with.
_RELATIONSHIPS = ("authentication", "assertionMethod")
# How far the clocks of a verifier and a wallet may be apart.
_LEEWAY = timedelta(minutes=5)
_MAX_CERTIFICATE_CHARACTERS = 24 * 1024


@dataclass(frozen=True)
class VerifierIdentity:
    """What is proven of who asks. `name` is the DID, the DNS name, the certificate's subject, or a URL.

    `is_authenticated` is False for an unsigned request: then only where the answer goes is known.
    """

    client_id: ClientId
    name: str
    is_authenticated: bool


@dataclass(frozen=True)
class AuthenticatedRequest:
    """A request, and who made it; the audience of the answer is `identity.client_id.text`."""

    request: AuthorizationRequest
    identity: VerifierIdentity


def unsigned_request(request: AuthorizationRequest) -> AuthenticatedRequest:
    """Return a request by value with what is known of who made it: only where the answer goes.

    Raises InvalidRequestError for a client that has to sign.
    """
    if request.client_id.prefix.is_signed:
        raise InvalidRequestError(f"a client {request.client_id.prefix} has to sign its requests")
    identity = VerifierIdentity(request.client_id, request.client_id.original, is_authenticated=False)
    return AuthenticatedRequest(request, identity)


def authenticate_request(
    text: str,
    reference: RequestReference,
    *,
    resolve: Resolve,
    trust_anchors: Sequence[bytes],
    now: datetime,
    wallet_nonce: str | None,
    allow_loopback: bool = False,
) -> AuthenticatedRequest:
    """Return the request of a request object that was fetched for `reference`, and who signed it.

    `trust_anchors` are certificates in DER; `wallet_nonce` is what was posted, None after a GET. Only what
    stands inside the request object counts. Raises AuthorizationError for what the verifier did wrong (its
    key among it), DIDError and FetchError where its DID could not be looked up.
    """
    try:
        token = parse_jws(text)
    except (MalformedError, JOSEError) as err:
        raise InvalidRequestError(f"the request object: {err.message}") from err
    # The identifiers are compared before any key is looked up for one of them (E6).
    if token.payload.get("client_id") != reference.client_id.text:
        raise InvalidRequestError("client_id: inside the request object is another than outside")
    key, name = _signing_key(
        token, reference.client_id, resolve=resolve, trust_anchors=trust_anchors, now=now
    )
    try:
        verify_jws(token, key, typ=REQUEST_OBJECT_TYPE)
    except (JOSEError, CryptographicSecurityError, KeyMaterialError) as err:
        raise InvalidRequestError(f"the request object: {err.message}") from err
    _check_claims(token, now=now, wallet_nonce=wallet_nonce)
    request = AuthorizationRequest.from_parameters(token.payload, allow_loopback=allow_loopback)
    _check_response_host(request)
    return AuthenticatedRequest(request, VerifierIdentity(request.client_id, name, is_authenticated=True))


def _signing_key(
    token: JWS, client_id: ClientId, *, resolve: Resolve, trust_anchors: Sequence[bytes], now: datetime
) -> tuple[PublicKey, str]:
    if client_id.prefix is ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        return _did_key(token, client_id.original, resolve, now), client_id.original
    if client_id.prefix is ClientIdPrefix.REDIRECT_URI:
        raise InvalidRequestError("a client redirect_uri cannot sign, so it has no request object")
    leaf = _leaf(token, trust_anchors, now)
    if client_id.prefix is ClientIdPrefix.X509_SAN_DNS:
        if client_id.original not in {name.lower() for name in leaf.dns_names}:
            raise InvalidRequestError("client_id: the certificate does not name this host")
        return leaf.public_key, client_id.original
    if encode_base64url(leaf.sha256) != client_id.original:
        raise InvalidRequestError("client_id: is the digest of another certificate")
    return leaf.public_key, leaf.subject


def _did_key(token: JWS, did: str, resolve: Resolve, now: datetime) -> PublicKey:
    kid = token.header.get("kid")
    try:
        if not isinstance(kid, str) or parse_did_url(kid).did != did:
            raise InvalidRequestError("kid: expected a key of the DID in the client identifier")
    except DIDError as err:
        raise InvalidRequestError(f"kid: {err.message}") from err
    refusal: VCError | None = None
    for relationship in _RELATIONSHIPS:
        try:
            method = retrieve_verification_method(kid, relationship=relationship, resolve=resolve, at=now)
        except InvalidRelationshipError as err:
            refusal = err
        except (DIDError, FetchError):
            # Nothing is known of the verifier then, so nothing can be said against it.
            raise
        except VCError as err:
            raise InvalidRequestError(f"kid: {err.message}") from err
        else:
            return method.public_key
    raise InvalidRequestError("kid: the DID document lists this key for no signature") from refusal


def _leaf(token: JWS, trust_anchors: Sequence[bytes], now: datetime) -> Leaf:
    chain = token.header.get("x5c")
    if not isinstance(chain, list) or not 0 < len(chain) <= MAX_CHAIN:
        raise InvalidRequestError(f"x5c: expected a list of 1 to {MAX_CHAIN} certificates")
    try:
        return validate_chain([_der(item) for item in chain], anchors=trust_anchors, at=now)
    except (CertificateError, KeyMaterialError) as err:
        raise InvalidRequestError(f"x5c: {err.message}") from err


def _der(text: object) -> bytes:
    # RFC 7515 section 4.1.6: base64 with padding, not base64url.
    if not isinstance(text, str) or len(text) > _MAX_CERTIFICATE_CHARACTERS:
        raise InvalidRequestError("x5c: expected certificates as texts in base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise InvalidRequestError("x5c: expected certificates as texts in base64") from err


def _check_claims(token: JWS, *, now: datetime, wallet_nonce: str | None) -> None:
    audience = token.payload.get("aud")
    if audience not in (STATIC_AUDIENCE, [STATIC_AUDIENCE]):
        raise InvalidRequestError(f"aud: expected {STATIC_AUDIENCE}")
    if wallet_nonce is not None and token.payload.get("wallet_nonce") != wallet_nonce:
        raise InvalidRequestError("wallet_nonce: is not the one that was sent")
    seconds = now.timestamp()
    for name in ("exp", "nbf", "iat"):
        moment = token.payload.get(name, seconds)
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            raise InvalidRequestError(f"{name}: expected a number of seconds")
        is_past = moment + _LEEWAY.total_seconds() < seconds
        is_future = moment - _LEEWAY.total_seconds() > seconds
        if (is_past and name == "exp") or (is_future and name != "exp"):
            raise InvalidRequestError(f"{name}: the request object is not in force")


def _check_response_host(request: AuthorizationRequest) -> None:
    """Refuse an answer that would go elsewhere than to who was authenticated (E8, VP 5.9.3)."""
    if request.client_id.prefix is not ClientIdPrefix.X509_SAN_DNS:
        return
    if host_of(request.response_uri) != request.client_id.original:
        raise InvalidRequestError("response_uri: is on another host than the client identifier names")
