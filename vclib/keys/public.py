"""A public key: checked when made, and able to verify bytes.

ECDSA signatures are raw `r || s` (IEEE P1363), the form that Data Integrity and JOSE share; DER is not
another spelling but a wrong length. Each curve has one hash, so that nobody else has to choose one.
Sources: https://www.w3.org/TR/vc-di-ecdsa/, https://www.w3.org/TR/vc-di-eddsa/, FIPS 186-5, RFC 8032.
Not here: BBS signatures (`vclib.bbs`), and RSA signatures, which no supported cryptosuite uses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vclib.errors import InvalidSignatureError, KeyMaterialError, UnsupportedKeyError
from vclib.keys import points
from vclib.keys.key_types import PUBLIC_KEY_LENGTHS, KeyType

# What OpenSSL holds of a key, kept so that parsing costs once; None where OpenSSL has no such key.
_Handle = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey | None

# vc-di-ecdsa section 3: P-256 with SHA-256, P-384 with SHA-384; RFC 8812 and RFC 7518 for the others.
ECDSA_HASHES: Mapping[KeyType, hashes.HashAlgorithm] = MappingProxyType(
    {
        KeyType.P256: hashes.SHA256(),
        KeyType.SECP256K1: hashes.SHA256(),
        KeyType.P384: hashes.SHA384(),
        KeyType.P521: hashes.SHA512(),
    }
)

# Messages are hashed here: asking OpenSSL to hash as well takes one to three microseconds, to find the hash.
ECDSA_DIGESTS = MappingProxyType(
    {key_type: getattr(hashlib, algorithm.name) for key_type, algorithm in ECDSA_HASHES.items()}
)

_ECDSA = MappingProxyType(
    {key_type: ec.ECDSA(Prehashed(algorithm)) for key_type, algorithm in ECDSA_HASHES.items()}
)

# The order of each curve, and the bytes of a number below it, as many as the field's.
_ORDERS = MappingProxyType(
    {key_type: (curve.group_order, (curve.key_size + 7) // 8) for key_type, curve in points.CURVES.items()}
)


@dataclass(frozen=True)
class PublicKey:
    """A public key: `key_bytes` is what a Multikey carries after its prefix (compressed points, raw 25519).

    Making one checks it: KeyMaterialError if the bytes are no key of this type.
    """

    key_type: KeyType
    key_bytes: bytes
    _handle: _Handle = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_handle", _parse(self.key_type, self.key_bytes))

    @classmethod
    def of_handle(cls, key_type: KeyType, handle: ec.EllipticCurvePublicKey) -> PublicKey:
        """Return the public half of a private key, as OpenSSL computed it: a point of the curve.

        `handle` must be of the curve that `key_type` names. Reading its bytes again would find the point
        that it was made of, by a square root that takes as long as a signature.
        """
        key = object.__new__(cls)
        object.__setattr__(key, "key_type", key_type)
        compressed = handle.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        object.__setattr__(key, "key_bytes", compressed)
        object.__setattr__(key, "_handle", handle)
        return key

    def __reduce__(self) -> tuple[type[PublicKey], tuple[KeyType, bytes]]:
        # The OpenSSL handle cannot be pickled; another process makes its own, with the same checks.
        return PublicKey, (self.key_type, self.key_bytes)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature of `message`: Ed25519 64 bytes, ECDSA r || s of twice the order's length.

        Raises InvalidSignatureError, or UnsupportedKeyError for a type that does not sign bytes here.
        """
        handle = self._handle
        try:
            # By the type: the classes of `cryptography` are abstract, and asking what is an instance of them
            # takes a hundredth of a verification. `_parse` made the handle of this type and no other.
            if self.key_type is KeyType.ED25519:
                if len(signature) != 64:
                    raise InvalidSignatureError(f"expected 64 signature bytes, found {len(signature)}")
                # OpenSSL refuses S >= L, so a signature has one form (RFC 8032 section 5.1.7).
                cast("ed25519.Ed25519PublicKey", handle).verify(signature, message)
            elif self.key_type in _ECDSA:
                cast("ec.EllipticCurvePublicKey", handle).verify(
                    _to_der(signature, self.key_type),
                    ECDSA_DIGESTS[self.key_type](message).digest(),
                    _ECDSA[self.key_type],
                )
            else:
                raise UnsupportedKeyError(f"{self.key_type} keys do not verify signatures of bytes here")
        except InvalidSignature as err:
            raise InvalidSignatureError(f"the {self.key_type} signature does not fit") from err

    def to_uncompressed(self) -> bytes:
        """Return 0x04, x, y (SEC 1 section 2.3.3); UnsupportedKeyError for keys that are no ECDSA keys."""
        if not isinstance(self._handle, ec.EllipticCurvePublicKey):
            raise UnsupportedKeyError(f"{self.key_type} keys have no uncompressed form")
        return uncompressed_point(self._handle)

    def to_x25519(self) -> PublicKey:
        """Return the key agreement key that belongs to an Ed25519 key (RFC 7748 section 4.1)."""
        if self.key_type is not KeyType.ED25519:
            raise UnsupportedKeyError(f"{self.key_type} keys have no X25519 form")
        return PublicKey(KeyType.X25519, points.ed25519_to_x25519(self.key_bytes))


def _parse(key_type: KeyType, data: bytes) -> _Handle:
    expected = PUBLIC_KEY_LENGTHS.get(key_type)
    if expected is not None and len(data) != expected:
        raise KeyMaterialError(f"expected {expected} bytes for a {key_type} public key, found {len(data)}")
    if key_type in points.CURVES:
        return points.parse_ec(key_type, data)
    if key_type is KeyType.ED25519:
        return points.parse_ed25519(data)
    if key_type is KeyType.RSA:
        return points.parse_rsa(data)
    if key_type is KeyType.BLS12_381_G2:
        points.parse_bls_g2(data)
    elif key_type is KeyType.BLS12_381_G1:
        points.parse_bls_g1(data)
    elif key_type is KeyType.BLS12_381_G1G2:
        points.parse_bls_g1(data[:48])
        points.parse_bls_g2(data[48:])
    # Every 32 bytes are an X25519 key (RFC 7748 section 5); whoever agrees on a key checks the outcome.
    return None


def uncompressed_point(handle: ec.EllipticCurvePublicKey) -> bytes:
    """Return 0x04, x, y, each coordinate in the full length of the field."""
    numbers = handle.public_numbers()
    size = (handle.curve.key_size + 7) // 8
    return b"\x04" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")


def _to_der(signature: bytes, key_type: KeyType) -> bytes:
    """Return the DER form of r || s, after checking length and range (threat C11)."""
    order, size = _ORDERS[key_type]
    if len(signature) != 2 * size:
        raise InvalidSignatureError(
            f"expected {2 * size} signature bytes for {key_type}, found {len(signature)}"
        )
    r = int.from_bytes(signature[:size], "big")
    s = int.from_bytes(signature[size:], "big")
    if not (0 < r < order and 0 < s < order):
        raise InvalidSignatureError(f"a part of the {key_type} signature is zero or not below the order")
    return encode_dss_signature(r, s)
