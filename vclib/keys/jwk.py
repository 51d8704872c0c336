"""JSON Web Keys: public keys only, in and out.

A JWK that holds a private member is refused, not stripped: whoever sent it has published a secret
(threat G9). Coordinates have the full length of their field, so a key has one spelling.
Sources: RFC 7517, RFC 7518 section 6, RFC 8037, RFC 8812, RFC 7638, and for BLS12-381
draft-ietf-cose-bls-key-representations-08. Drafts before it wrote the same compressed `x` under other
names of curve and type, which are read because published documents hold them; their form with two
coordinates is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import KeyMaterialError, UnsupportedKeyError
from vclib.keys import points
from vclib.keys.key_types import PUBLIC_KEY_LENGTHS, KeyType
from vclib.keys.public import PublicKey
from vclib.strict_json import JSONObject, JSONValue, dump_json, json_type_name

# RFC 7518 sections 6.2.2, 6.3.2 and 6.4: what a private or symmetric key holds.
_PRIVATE_MEMBERS = ("d", "k", "p", "q", "dp", "dq", "qi", "oth")

_CURVES: Mapping[tuple[str, str], KeyType] = MappingProxyType(
    {
        ("EC", "P-256"): KeyType.P256,
        ("EC", "P-384"): KeyType.P384,
        ("EC", "P-521"): KeyType.P521,
        ("EC", "secp256k1"): KeyType.SECP256K1,
        ("OKP", "Ed25519"): KeyType.ED25519,
        ("OKP", "X25519"): KeyType.X25519,
        ("OKP", "BLS12381G1"): KeyType.BLS12_381_G1,
        ("OKP", "BLS12381G2"): KeyType.BLS12_381_G2,
        ("OKP", "Bls12381G1"): KeyType.BLS12_381_G1,
        ("OKP", "Bls12381G2"): KeyType.BLS12_381_G2,
        ("EC", "BLS12381_G1"): KeyType.BLS12_381_G1,
        ("EC", "BLS12381_G2"): KeyType.BLS12_381_G2,
    }
)

# RFC 7638 section 3.2: the members that count, by `kty`, in the order in which they are written.
_THUMBPRINT_MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
)


def public_key_to_jwk(key: PublicKey) -> JSONObject:
    """Return the JWK of a public key: `kty`, `crv` and coordinates, nothing else.

    Raises UnsupportedKeyError for a pair of BLS keys, which is two JWKs.
    """
    if key.key_type is KeyType.RSA:
        numbers = points.parse_rsa(key.key_bytes).public_numbers()
        return {"kty": "RSA", "n": _encode_integer(numbers.n), "e": _encode_integer(numbers.e)}
    if key.key_type in points.CURVES:
        coordinates = key.to_uncompressed()[1:]
        half = len(coordinates) // 2
        return {
            "kty": "EC",
            "crv": str(key.key_type),
            "x": encode_base64url(coordinates[:half]),
            "y": encode_base64url(coordinates[half:]),
        }
    if key.key_type is KeyType.BLS12_381_G1G2:
        raise UnsupportedKeyError("a pair of BLS12-381 keys is two JWKs")
    return {"kty": "OKP", "crv": str(key.key_type), "x": encode_base64url(key.key_bytes)}


def public_key_from_jwk(jwk: object) -> PublicKey:
    """Return the public key of a JWK; members that say nothing of the key (`kid`, `alg`, `x5c`) are ignored.

    Raises KeyMaterialError for a private or symmetric key, a missing or badly encoded member or a point
    that is none, UnsupportedKeyError for another `kty` or `crv`, EncodingError for bad base64url.
    """
    if not isinstance(jwk, dict):
        raise KeyMaterialError(f"expected a JWK object, found {json_type_name(jwk)}")
    private = [member for member in _PRIVATE_MEMBERS if member in jwk]
    if private or jwk.get("kty") == "oct":
        raise KeyMaterialError("expected a public JWK, found private or symmetric key members")
    if jwk.get("kty") == "RSA":
        return _rsa_from_jwk(jwk)
    kty, crv = jwk.get("kty"), jwk.get("crv")
    if not isinstance(kty, str) or not isinstance(crv, str) or (kty, crv) not in _CURVES:
        raise UnsupportedKeyError(f"JWK kty {str(kty)[:40]!r} with crv {str(crv)[:40]!r} is not supported")
    key_type = _CURVES[kty, crv]
    if key_type in points.CURVES:
        return _ec_from_jwk(key_type, jwk)
    if "y" in jwk:
        raise KeyMaterialError(f"expected only `x` in a {key_type} JWK, found `y`")
    return PublicKey(key_type, _decode_member(jwk, "x"))


def jwk_thumbprint(jwk: Mapping[str, JSONValue]) -> str:
    """Return the SHA-256 thumbprint (RFC 7638) as base64url, of public members only.

    Raises UnsupportedKeyError for another `kty` than EC, OKP and RSA, KeyMaterialError for a missing member.
    """
    kty = jwk.get("kty")
    members = _THUMBPRINT_MEMBERS.get(kty) if isinstance(kty, str) else None
    if members is None:
        raise UnsupportedKeyError(f"JWK kty {str(kty)[:40]!r} has no thumbprint here")
    required: JSONObject = {}
    for member in members:
        value = jwk.get(member)
        if not isinstance(value, str):
            raise KeyMaterialError(f"expected a string in JWK member {member!r}")
        required[member] = value
    return encode_base64url(hashlib.sha256(dump_json(required).encode("utf-8")).digest())


def _ec_from_jwk(key_type: KeyType, jwk: Mapping[str, object]) -> PublicKey:
    size = PUBLIC_KEY_LENGTHS[key_type] - 1
    x, y = _decode_member(jwk, "x", size), _decode_member(jwk, "y", size)
    try:
        # The point is checked with both coordinates: y must be right, not only of the right parity.
        point = ec.EllipticCurvePublicKey.from_encoded_point(points.CURVES[key_type], b"\x04" + x + y)
    except ValueError as err:
        raise KeyMaterialError(f"expected a {key_type} public key, the point is not on the curve") from err
    return PublicKey(key_type, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def _rsa_from_jwk(jwk: Mapping[str, object]) -> PublicKey:
    n, e = _decode_member(jwk, "n"), _decode_member(jwk, "e")
    # RFC 7518 section 6.3.1.1: the fewest octets; a leading zero would be a second spelling.
    if not n or n[0] == 0 or not e or e[0] == 0 or len(n) > 1024 or len(e) > 4:
        raise KeyMaterialError("expected RSA modulus and exponent without leading zeros, at most 8192 bits")
    try:
        key = rsa.RSAPublicNumbers(int.from_bytes(e, "big"), int.from_bytes(n, "big")).public_key()
    except ValueError as err:
        raise KeyMaterialError("expected an RSA public key, the numbers are no key") from err
    return PublicKey(KeyType.RSA, points.encode_rsa(key))


def _decode_member(jwk: Mapping[str, object], member: str, size: int | None = None) -> bytes:
    value = jwk.get(member)
    if not isinstance(value, str):
        raise KeyMaterialError(f"expected a string in JWK member {member!r}, found {json_type_name(value)}")
    data = decode_base64url(value)
    if size is not None and len(data) != size:
        raise KeyMaterialError(f"expected {size} bytes in JWK member {member!r}, found {len(data)}")
    return data


def _encode_integer(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
