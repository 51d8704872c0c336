"""Which kinds of key exist here, and how long each is.

The names are JOSE's curve names where there is one, so that messages, JWKs and tables agree.
Sources: https://www.w3.org/TR/cid-1.0/#Multikey, https://github.com/multiformats/multicodec (table.csv).
Not here: what the bytes mean (`points`), how they are written (`multikey`, `jwk`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class KeyType(StrEnum):
    """A kind of key: one curve (or RSA) and one way to write its public key as bytes."""

    # By the text, as equality is; an enumeration's own takes five times as long.
    __hash__ = str.__hash__

    ED25519 = "Ed25519"
    X25519 = "X25519"
    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"
    SECP256K1 = "secp256k1"
    RSA = "RSA"
    BLS12_381_G1 = "BLS12381G1"
    BLS12_381_G2 = "BLS12381G2"
    # One secret, two public keys: 48 bytes in G1, then 96 bytes in G2 (old did:key documents).
    BLS12_381_G1G2 = "BLS12381G1G2"


# Bytes of a public key as a Multikey carries it: raw for the 25519 curves, compressed points for the others.
# RSA is missing, its length varies (see `points.parse_rsa`).
PUBLIC_KEY_LENGTHS: Mapping[KeyType, int] = MappingProxyType(
    {
        KeyType.ED25519: 32,
        KeyType.X25519: 32,
        KeyType.P256: 33,
        KeyType.P384: 49,
        KeyType.P521: 67,
        KeyType.SECP256K1: 33,
        KeyType.BLS12_381_G1: 48,
        KeyType.BLS12_381_G2: 96,
        KeyType.BLS12_381_G1G2: 144,
    }
)

# Bytes of a secret key: the seed for Ed25519 (RFC 8032), the big-endian scalar for the others.
SECRET_KEY_LENGTHS: Mapping[KeyType, int] = MappingProxyType(
    {
        KeyType.ED25519: 32,
        KeyType.P256: 32,
        KeyType.P384: 48,
        KeyType.P521: 66,
        KeyType.SECP256K1: 32,
        KeyType.BLS12_381_G2: 32,
    }
)
