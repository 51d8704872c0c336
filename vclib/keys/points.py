"""Bytes to points, strictly: the one place where a public key is found to be one.

A key is checked when it is read, not when it is used: on its curve, not the point at infinity, in the
prime-order subgroup (BLS12-381) or of large order (Ed25519), and in the one spelling its standard gives.
A key with two spellings has two names, and a key of small order signs everything.
Sources: SEC 1 section 2.3.4, RFC 8032 section 5.1.3, draft-irtf-cfrg-pairing-friendly-curves appendix C,
RFC 8017 appendix A.1.1. Every function raises KeyMaterialError.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import py_arkworks_bls12381 as bls12381
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from vclib.errors import KeyMaterialError
from vclib.keys.key_types import KeyType

CURVES: Mapping[KeyType, ec.EllipticCurve] = MappingProxyType(
    {
        KeyType.P256: ec.SECP256R1(),
        KeyType.P384: ec.SECP384R1(),
        KeyType.P521: ec.SECP521R1(),
        KeyType.SECP256K1: ec.SECP256K1(),
    }
)

# RFC 7748 section 4.1: the field of Curve25519 and edwards25519; RFC 8032 section 5.1: the constant d.
_P25519 = 2**255 - 19
_D25519 = -121665 * pow(121666, -1, _P25519) % _P25519

# The y coordinates of the eight points whose order divides the cofactor 8: 0, 1, -1 and, of order eight, a
# root of d y^4 + 2 y^2 = 1 and its negative. With such a key one signature fits many messages.
_ORDER_EIGHT_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P25519 - 1, _ORDER_EIGHT_Y, _P25519 - _ORDER_EIGHT_Y})

# 2,048 bits is the least that NIST SP 800-131A allows; did:key names 2,048 and 4,096.
_RSA_BITS = range(2048, 8193)


def parse_ec(key_type: KeyType, data: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a compressed point (SEC 1 section 2.3.4): 0x02 or 0x03, then x."""
    if data[:1] not in (b"\x02", b"\x03"):
        raise KeyMaterialError(f"expected a compressed {key_type} point (first byte 2 or 3)")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key_type], data)
    except ValueError as err:
        raise KeyMaterialError(f"expected a {key_type} public key, the point is not on the curve") from err


def parse_ed25519(data: bytes) -> ed25519.Ed25519PublicKey:
    """Return the key of 32 bytes; refuses non-canonical, off-curve and small-order points (threat C13)."""
    y = int.from_bytes(data, "little") & (2**255 - 1)
    if y >= _P25519:
        raise KeyMaterialError("expected an Ed25519 public key, the encoding is not canonical")
    if y in _SMALL_ORDER_Y:
        raise KeyMaterialError("expected an Ed25519 public key, the point has small order")
    # x^2 = (y^2 - 1) / (d y^2 + 1) has a root exactly if numerator times denominator is a square (Euler).
    # Neither factor is zero here: y = 1 and y = -1 are gone, and -1/d is not a square.
    y_squared = y * y % _P25519
    if pow((y_squared - 1) * (_D25519 * y_squared + 1), (_P25519 - 1) // 2, _P25519) != 1:
        raise KeyMaterialError("expected an Ed25519 public key, the point is not on the curve")
    return ed25519.Ed25519PublicKey.from_public_bytes(data)


def ed25519_to_x25519(data: bytes) -> bytes:
    """Return the 32-byte X25519 key of a valid Ed25519 key: u = (1 + y) / (1 - y), RFC 7748 section 4.1."""
    y = int.from_bytes(data, "little") & (2**255 - 1)
    u = (1 + y) * pow(1 - y, -1, _P25519) % _P25519
    return u.to_bytes(32, "little")


def parse_bls_g1(data: bytes) -> None:
    """Check a compressed point of G1: 48 bytes, in the subgroup, not infinity."""
    try:
        point = bls12381.G1Point.from_compressed_bytes(data)
    except ValueError as err:
        raise KeyMaterialError("expected a BLS12-381 G1 public key, found no point of the subgroup") from err
    # The library takes several spellings of infinity, so the encoding is compared, not trusted.
    if point == bls12381.G1Point.identity() or bytes(point.to_compressed_bytes()) != data:
        raise KeyMaterialError("expected a BLS12-381 G1 public key, found infinity")


def parse_bls_g2(data: bytes) -> None:
    """Check a compressed point of G2: 96 bytes, in the subgroup, not infinity (threat C15)."""
    try:
        point = bls12381.G2Point.from_compressed_bytes(data)
    except ValueError as err:
        raise KeyMaterialError("expected a BLS12-381 G2 public key, found no point of the subgroup") from err
    if point == bls12381.G2Point.identity() or bytes(point.to_compressed_bytes()) != data:
        raise KeyMaterialError("expected a BLS12-381 G2 public key, found infinity")


def parse_rsa(data: bytes) -> rsa.RSAPublicKey:
    """Return the key of a DER RSAPublicKey (PKCS#1, RFC 8017 appendix A.1.1) of 2,048 to 8,192 bits."""
    try:
        key = serialization.load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as err:
        raise KeyMaterialError("expected an RSA public key in DER (PKCS#1)") from err
    if not isinstance(key, rsa.RSAPublicKey) or encode_rsa(key) != data:
        raise KeyMaterialError("expected an RSA public key in DER (PKCS#1)")
    check_rsa(key)
    return key


def check_rsa(key: rsa.RSAPublicKey) -> None:
    """Refuse moduli that are too small, too large to check in reasonable time, or even."""
    numbers = key.public_numbers()
    if key.key_size not in _RSA_BITS or numbers.n % 2 == 0:
        raise KeyMaterialError(f"expected an RSA modulus of 2048 to 8192 bits, found {key.key_size}")
    if numbers.e < 3 or numbers.e % 2 == 0 or numbers.e.bit_length() > 32:
        raise KeyMaterialError("expected an odd RSA exponent of at least 3 and at most 32 bits")


def encode_rsa(key: rsa.RSAPublicKey) -> bytes:
    """Return the DER RSAPublicKey (PKCS#1) of a key."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
