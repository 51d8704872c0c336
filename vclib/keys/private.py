"""Keys that sign: the protocol that callers rely on, and the key held in memory.

`SigningKey` is all that a cryptosuite asks for, so a key inside a hardware module fits as well.
ECDSA is deterministic (RFC 6979): a random number generator that repeats cannot leak the key (threat C17).
A private key never shows itself: not in `repr`, not in `str`, and it cannot be pickled (threat K8). Python
cannot wipe memory: whoever reads this process's memory reads the key.
Not here: BBS signing (`vclib.bbs` takes `secret_bytes`), and keeping keys at rest.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from types import MappingProxyType
from typing import NoReturn, Protocol

import py_arkworks_bls12381 as bls12381
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vclib.errors import KeyMaterialError, UnsupportedKeyError
from vclib.keys.key_types import SECRET_KEY_LENGTHS, KeyType
from vclib.keys.points import CURVES
from vclib.keys.public import ECDSA_DIGESTS, ECDSA_HASHES, PublicKey

# The order r of G1 and G2 (draft-irtf-cfrg-pairing-friendly-curves section 4.2.1).
BLS12_381_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001

_DETERMINISTIC_ECDSA = MappingProxyType(
    {
        key_type: ec.ECDSA(Prehashed(algorithm), deterministic_signing=True)
        for key_type, algorithm in ECDSA_HASHES.items()
    }
)


class SigningKey(Protocol):
    """What signs: a public key that names its type, and signatures of bytes in that type's form."""

    @property
    def public_key(self) -> PublicKey:
        """The public key that verifies what this key signs."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`: Ed25519 64 bytes, ECDSA raw r || s."""


class PrivateKey:
    """A private key in memory: immutable, and silent about its secret."""

    __slots__ = ("_handle", "_key_type", "_public_key", "_secret")

    _key_type: KeyType
    _secret: bytes
    _handle: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | None
    _public_key: PublicKey

    def __init__(self, key_type: KeyType, secret: bytes) -> None:
        expected = SECRET_KEY_LENGTHS.get(key_type)
        if expected is None:
            raise UnsupportedKeyError(f"{key_type} private keys are not supported")
        if len(secret) != expected:
            raise KeyMaterialError(
                f"expected {expected} bytes for a {key_type} private key, found {len(secret)}"
            )
        self._key_type = key_type
        self._secret = bytes(secret)
        # The handle is made once: deriving it from the scalar costs more than a signature.
        self._handle, self._public_key = _load(key_type, self._secret)

    @classmethod
    def from_secret_bytes(cls, key_type: KeyType, secret: bytes) -> PrivateKey:
        """Return the key of a seed (Ed25519, 32 bytes) or a big-endian scalar of the order's length.

        Raises KeyMaterialError for a wrong length, zero or a scalar not below the order, UnsupportedKeyError
        for a type that has no private keys here.
        """
        return cls(key_type, secret)

    @property
    def key_type(self) -> KeyType:
        """The type of this key and of its public key."""
        return self._key_type

    @property
    def public_key(self) -> PublicKey:
        """The public key that verifies what this key signs."""
        return self._public_key

    @property
    def secret_bytes(self) -> bytes:
        """The seed or scalar: for sealing, and for BBS. Never log, print or send it."""
        return self._secret

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`: Ed25519 64 bytes, ECDSA raw r || s, deterministic (RFC 6979).

        Raises UnsupportedKeyError for BLS12-381 keys, which sign lists of messages (`vclib.bbs`).
        """
        if isinstance(self._handle, ed25519.Ed25519PrivateKey):
            return self._handle.sign(message)
        if self._handle is None:
            raise UnsupportedKeyError(f"{self._key_type} keys do not sign bytes, BBS signs with them")
        return _sign_ecdsa(self._handle, self._key_type, message)

    def __repr__(self) -> str:
        return f"<PrivateKey {self._key_type}, secret not shown>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key cannot be pickled, because a pickle would show the secret")

    def __copy__(self) -> PrivateKey:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> PrivateKey:
        return self


class EphemeralKey:
    """A P-256 key that signs for a while and is forgotten: fits SigningKey, and nobody gets its secret.

    Made and kept by OpenSSL, which takes a quarter of the time of a PrivateKey, because the scalar is not
    needed outside.
    """

    __slots__ = ("_handle", "_public_key")

    def __init__(self) -> None:
        self._handle = ec.generate_private_key(CURVES[KeyType.P256])
        self._public_key = PublicKey.of_handle(KeyType.P256, self._handle.public_key())

    @property
    def public_key(self) -> PublicKey:
        """The public key that verifies what this key signs."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`: raw r || s of 64 bytes, deterministic (RFC 6979)."""
        return _sign_ecdsa(self._handle, KeyType.P256, message)

    def sign_each(self, messages: Iterable[bytes]) -> tuple[bytes, ...]:
        """Return the signature of each message, as `sign` does."""
        sign, algorithm = self._handle.sign, _DETERMINISTIC_ECDSA[KeyType.P256]
        digest = ECDSA_DIGESTS[KeyType.P256]
        return tuple([_raw_signature(sign(digest(message).digest(), algorithm), 32) for message in messages])

    def __repr__(self) -> str:
        return "<EphemeralKey P-256, secret not shown>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key cannot be pickled, because a pickle would show the secret")


def generate_private_key(key_type: KeyType) -> PrivateKey:
    """Return a new random key; UnsupportedKeyError for a type that has no private keys here."""
    if key_type is KeyType.ED25519:
        return PrivateKey(key_type, secrets.token_bytes(32))
    if key_type not in SECRET_KEY_LENGTHS:
        raise UnsupportedKeyError(f"{key_type} private keys are not supported")
    scalar = 1 + secrets.randbelow(_order(key_type) - 1)
    return PrivateKey(key_type, scalar.to_bytes(SECRET_KEY_LENGTHS[key_type], "big"))


def _sign_ecdsa(handle: ec.EllipticCurvePrivateKey, key_type: KeyType, message: bytes) -> bytes:
    digest = ECDSA_DIGESTS[key_type](message).digest()
    return _raw_signature(handle.sign(digest, _DETERMINISTIC_ECDSA[key_type]), SECRET_KEY_LENGTHS[key_type])


def _raw_signature(der: bytes, size: int) -> bytes:
    """Return r || s, each of `size` bytes, of the DER that OpenSSL has just written.

    A sequence of two integers, each length in one byte: 30 length 02 length r 02 length s. Cut by hand,
    because two numbers of Python made of it and written again cost a tenth of a signature.
    """
    if der[1] > 127:
        # Of P-521, whose sequence is longer.
        r, s = decode_dss_signature(der)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    middle = 4 + der[3]
    # An integer has a zero in front where its first bit is set, and fewer bytes where it is small.
    return der[4:middle][-size:].rjust(size, b"\0") + der[middle + 2 :][-size:].rjust(size, b"\0")


def _order(key_type: KeyType) -> int:
    return BLS12_381_ORDER if key_type is KeyType.BLS12_381_G2 else CURVES[key_type].group_order


def _load(
    key_type: KeyType, secret: bytes
) -> tuple[ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | None, PublicKey]:
    if key_type is KeyType.ED25519:
        seed = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        public_bytes = seed.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return seed, PublicKey(key_type, public_bytes)
    scalar = int.from_bytes(secret, "big")
    if not 0 < scalar < _order(key_type):
        raise KeyMaterialError(f"expected a {key_type} private key between 1 and the order of its group")
    if key_type is KeyType.BLS12_381_G2:
        point = bls12381.G2Point() * bls12381.Scalar.from_be_bytes(secret)
        return None, PublicKey(key_type, bytes(point.to_compressed_bytes()))
    handle = ec.derive_private_key(scalar, CURVES[key_type])
    return handle, PublicKey.of_handle(key_type, handle.public_key())
