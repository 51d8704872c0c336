"""JWKs in messages: public keys to encrypt to (RFC 7517, RFC 7518 section 4.6)."""

from __future__ import annotations

from collections.abc import Collection

from protocols.jose.compact import AlgorithmNotAcceptedError, JOSEError, check_kid, shown
from vclib.errors import KeyMaterialError, UnsupportedKeyError, VCError
from vclib.keys import (
    KeyType,
    PrivateKey,
    PublicKey,
    generate_private_key,
    jwk_thumbprint,
    public_key_from_jwk,
    public_key_to_jwk,
)
from vclib.strict_json import JSONObject, JSONValue

KEY_AGREEMENT = "ECDH-ES"
MAX_JWKS_KEYS = 20


def generate_encryption_key() -> PrivateKey:
    """Return a new P-256 key to agree on keys with; never one that also signs."""
    return generate_private_key(KeyType.P256)


def encryption_jwk(key: PublicKey, *, kid: str | None = None) -> JSONObject:
    """Return the public JWK to encrypt to: `use`, `alg` and `kid` (its thumbprint, if none is given) set.

    Raises UnsupportedKeyError for another key than P-256.
    """
    if key.key_type is not KeyType.P256:
        raise UnsupportedKeyError(f"expected a P-256 key to encrypt to, found {key.key_type}")
    jwk = public_key_to_jwk(key)
    return {**jwk, "use": "enc", "alg": KEY_AGREEMENT, "kid": kid if kid is not None else jwk_thumbprint(jwk)}


def parse_jwks(value: JSONValue) -> tuple[JSONObject, ...]:
    """Return the keys of a JWK Set, unknown kinds included, none of them private or symmetric.

    At most MAX_JWKS_KEYS, every `kid` once. Raises JOSEError, KeyMaterialError for a private or symmetric
    key.
    """
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_JWKS_KEYS:
        raise JOSEError(f"expected a JWK Set with a list of at most {MAX_JWKS_KEYS} keys")
    found = tuple(key for key in keys if isinstance(key, dict))
    if len(found) != len(keys):
        raise JOSEError("expected a JWK Set of JWK objects")
    for jwk in found:
        try:
            public_key_from_jwk(jwk)
        except UnsupportedKeyError:
            # RFC 7517 section 5: keys of unknown kinds are ignored by whoever looks for a usable one.
            continue
    names = [jwk["kid"] for jwk in found if isinstance(jwk.get("kid"), str)]
    if len(set(map(str, names))) != len(names):
        raise JOSEError("expected every kid of the JWK Set once")
    return found


def usable_encryption_jwk(keys: Collection[JSONObject]) -> JSONObject | None:
    """Return the first key that `encrypt_jwe` can encrypt to, None if there is none."""
    for jwk in keys:
        try:
            recipient_key(jwk)
        except VCError:
            continue
        return jwk
    return None


def recipient_key(jwk: JSONObject) -> PublicKey:
    """Return the P-256 key of a JWK to encrypt to; raises as `encrypt_jwe`."""
    key = public_key_from_jwk(jwk)
    if key.key_type is not KeyType.P256:
        raise UnsupportedKeyError(f"expected a P-256 key to encrypt to, found {key.key_type}")
    if jwk.get("alg") != KEY_AGREEMENT:
        raise AlgorithmNotAcceptedError(
            f"expected a JWK with alg {KEY_AGREEMENT}, found {shown(jwk.get('alg'))}"
        )
    if jwk.get("use", "enc") != "enc":
        raise KeyMaterialError("expected a JWK for encryption, its use is another")
    if "kid" in jwk:
        check_kid(jwk["kid"])
    return key
