"""Key proofs of type `jwt`: a wallet shows that it holds the key that a credential is to be bound to.

The header names the key in exactly one way: `kid`, a DID URL, or `jwk`. A certificate chain (`x5c`) is
refused here, since no DID follows from it. The audience is the issuer, so a proof made for one issuer is
worth nothing at another (threat F6); whether the nonce is ours and still good is for the caller to say.
Source: OpenID4VCI 1.0 appendix F.1 and F.4.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from protocols.jose import JWS, parse_jws, sign_jws, verify_jws
from protocols.oid4vci.errors import InvalidProofError
from vclib.cid import Resolve, retrieve_verification_method
from vclib.did import did_jwk, did_key_method
from vclib.errors import MalformedValueError, VCError
from vclib.keys import PublicKey, SigningKey, public_key_from_jwk, public_key_to_jwk
from vclib.strict_json import JSONObject, json_type_name

PROOF_TYP = "openid4vci-proof+jwt"
JWT_PROOF_ALGS = ("ES256", "ES384", "EdDSA")

# A proof is made for one request; a nonce lives five minutes, and clocks differ.
PROOF_AGE = timedelta(minutes=10)
PROOF_SKEW = timedelta(minutes=5)

_MAX_BYTES = 16 * 1024
_KEY_MEMBERS = ("kid", "jwk", "x5c")


@dataclass(frozen=True)
class KeyProof:
    """A key proof that holds: the DID to bind to, its key, and the nonce that the proof answers."""

    holder: str
    public_key: PublicKey
    nonce: str | None


def build_jwt_proof(
    key: SigningKey,
    *,
    issuer: str,
    nonce: str | None,
    now: datetime,
    kid: str | None = None,
    with_jwk: bool = False,
    client_id: str | None = None,
) -> str:
    """Return the proof of a key for the Credential Issuer Identifier `issuer`.

    The key is named by the DID URL `kid`, by its JWK with `with_jwk`, else by its did:key. `client_id` is for
    tokens that were not given anonymously. Raises UnsupportedKeyError for a key that signs no JWS.
    """
    header: JSONObject = {"typ": PROOF_TYP}
    if with_jwk:
        header["jwk"] = public_key_to_jwk(key.public_key)
    else:
        header["kid"] = kid if kid is not None else did_key_method(key.public_key)
    payload: JSONObject = {"aud": issuer, "iat": int(now.timestamp())}
    if nonce is not None:
        payload["nonce"] = nonce
    if client_id is not None:
        payload["iss"] = client_id
    return sign_jws(header, payload, key)


def verify_jwt_proof(
    text: object,
    *,
    issuer: str,
    resolve: Resolve,
    now: datetime,
    algs: Collection[str] = JWT_PROOF_ALGS,
    client_id: str | None = None,
) -> KeyProof:
    """Return the proof if its signature holds and it was made for `issuer` about `now`.

    `algs` are those of the metadata; `client_id` is the one the token was given to, None after anonymous
    access. Raises InvalidProofError; the nonce is not judged.
    """
    try:
        token = parse_jws(text, max_bytes=_MAX_BYTES)
        holder, key = _key(token, resolve, now)
        verify_jws(token, key, typ=PROOF_TYP, algorithms=algs)
        nonce = _check_claims(token.payload, issuer, now, client_id)
    except InvalidProofError:
        raise
    except VCError as err:
        raise InvalidProofError(f"jwt proof: {err.message}") from err
    return KeyProof(holder, key, nonce)


def _key(token: JWS, resolve: Resolve, now: datetime) -> tuple[str, PublicKey]:
    named = [member for member in _KEY_MEMBERS if member in token.header]
    if len(named) != 1:
        raise MalformedValueError(f"expected one of kid, jwk and x5c in the header, found {len(named)}")
    if named == ["x5c"]:
        raise MalformedValueError("x5c: a key is named by kid or jwk here")
    if named == ["jwk"]:
        key = public_key_from_jwk(token.header["jwk"])
        return did_jwk(key), key
    method = retrieve_verification_method(
        token.header["kid"], relationship="authentication", resolve=resolve, at=now
    )
    return method.controller, method.public_key


def _check_claims(claims: JSONObject, issuer: str, now: datetime, client_id: str | None) -> str | None:
    if claims.get("aud") != issuer:
        raise MalformedValueError("aud: expected the Credential Issuer Identifier as text")
    age = now.timestamp() - _seconds(claims, "iat")
    if not -PROOF_SKEW.total_seconds() <= age <= PROOF_AGE.total_seconds():
        raise MalformedValueError("iat: the proof is too old, or made in the future")
    if "iss" in claims and (client_id is None or claims["iss"] != client_id):
        # Appendix F.1: it is left out after anonymous access.
        raise MalformedValueError("iss: expected the client_id of the token request, or nothing without one")
    # The time claims that any JWT may have.
    if "exp" in claims and _seconds(claims, "exp") <= now.timestamp():
        raise MalformedValueError("exp: the proof has ended")
    if "nbf" in claims and _seconds(claims, "nbf") > now.timestamp() + PROOF_SKEW.total_seconds():
        raise MalformedValueError("nbf: the proof begins in the future")
    nonce = claims.get("nonce")
    if nonce is not None and (not isinstance(nonce, str) or not nonce):
        raise MalformedValueError(f"nonce: expected a text, found {json_type_name(nonce)}")
    return nonce


def _seconds(claims: JSONObject, name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise MalformedValueError(f"{name}: expected a number, found {json_type_name(value)}")
    return value
