"""Octets to points and scalars, strictly: one spelling each, and only what the scheme allows.

A point off the prime-order subgroup, the point at infinity or a scalar not below the order would open the
pairing equation to forgery; a second spelling would give one proof two names. So all of them are refused
where the octets are read. Source: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html
section 4.2.4 and appendix B.2. The public key's refusals are KeyMaterialError, the others
CryptographicSecurityError.
"""

from __future__ import annotations

from functools import lru_cache

from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from vclib.bbs.ciphersuites import ORDER, POINT_BYTES, SCALAR_BYTES
from vclib.errors import CryptographicSecurityError, KeyMaterialError

PUBLIC_KEY_BYTES = 2 * POINT_BYTES
SIGNATURE_BYTES = POINT_BYTES + SCALAR_BYTES


def read_point(octets: bytes) -> G1Point:
    """Return the point of G1 in 48 compressed bytes; not the identity."""
    try:
        # This checks curve and subgroup membership.
        point = G1Point.from_compressed_bytes(octets)
    except ValueError as err:
        raise CryptographicSecurityError("expected a point of G1, found none") from err
    # The library reads several spellings of the point at infinity, so it is refused by value; every other
    # point has one spelling.
    if point == G1Point.identity():
        raise CryptographicSecurityError("expected a point of G1 other than the identity")
    return point


def read_scalar(octets: bytes) -> Scalar:
    """Return the scalar in 32 big-endian bytes; from 1 to r - 1."""
    if len(octets) != SCALAR_BYTES or not 0 < int.from_bytes(octets, "big") < ORDER:
        raise CryptographicSecurityError("expected a scalar of 32 bytes between 1 and r - 1")
    return Scalar.from_be_bytes(octets)


def read_signature(octets: bytes) -> tuple[G1Point, Scalar]:
    """Return (A, e) of a signature of 80 bytes (section 4.2.4.3)."""
    if len(octets) != SIGNATURE_BYTES:
        raise CryptographicSecurityError(f"expected {SIGNATURE_BYTES} signature bytes, found {len(octets)}")
    return read_point(octets[:POINT_BYTES]), read_scalar(octets[POINT_BYTES:])


# A verifier sees the same few issuers again and again, and the subgroup check is a good part of the work.
@lru_cache(maxsize=256)
def read_public_key(octets: bytes) -> G2Point:
    """Return the point of G2 in 96 compressed bytes; not the identity (section 4.2.4.6)."""
    if len(octets) != PUBLIC_KEY_BYTES:
        raise KeyMaterialError(f"expected {PUBLIC_KEY_BYTES} public key bytes, found {len(octets)}")
    try:
        point = G2Point.from_compressed_bytes(octets)
    except ValueError as err:
        raise KeyMaterialError("expected a point of G2 as public key, found none") from err
    if point == G2Point.identity():
        raise KeyMaterialError("expected a point of G2 other than the identity as public key")
    return point


def read_secret_key(octets: bytes) -> Scalar:
    """Return the secret scalar in 32 big-endian bytes; from 1 to r - 1."""
    if len(octets) != SCALAR_BYTES or not 0 < int.from_bytes(octets, "big") < ORDER:
        raise KeyMaterialError("expected a secret key of 32 bytes between 1 and r - 1")
    return Scalar.from_be_bytes(octets)


def write_scalar(scalar: Scalar) -> bytes:
    """Return 32 big-endian bytes."""
    return bytes(scalar.to_be_bytes())
