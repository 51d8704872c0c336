"""Multikey strings: base58btc multibase over a multicodec prefix and the key.

One key has one string: another base, a longer varint or bytes after the key are refused, so a key's
string can serve as its name (threats C16, G8).
Sources: https://www.w3.org/TR/cid-1.0/#Multikey, https://github.com/multiformats/multicodec (table.csv).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from vclib.encoding import decode_multibase, decode_varint, encode_multibase, encode_varint
from vclib.errors import UnsupportedKeyError
from vclib.keys.key_types import KeyType
from vclib.keys.private import PrivateKey
from vclib.keys.public import PublicKey

PUBLIC_KEY_CODECS: Mapping[KeyType, int] = MappingProxyType(
    {
        KeyType.SECP256K1: 0xE7,
        KeyType.BLS12_381_G1: 0xEA,
        KeyType.BLS12_381_G2: 0xEB,
        KeyType.X25519: 0xEC,
        KeyType.ED25519: 0xED,
        KeyType.BLS12_381_G1G2: 0xEE,
        KeyType.P256: 0x1200,
        KeyType.P384: 0x1201,
        KeyType.P521: 0x1202,
        KeyType.RSA: 0x1205,
    }
)

SECRET_KEY_CODECS: Mapping[KeyType, int] = MappingProxyType(
    {
        KeyType.ED25519: 0x1300,
        KeyType.SECP256K1: 0x1301,
        KeyType.P256: 0x1306,
        KeyType.P384: 0x1307,
        KeyType.P521: 0x1308,
        KeyType.BLS12_381_G2: 0x130A,
    }
)

_PUBLIC_KEY_TYPES = MappingProxyType({codec: key_type for key_type, codec in PUBLIC_KEY_CODECS.items()})
_SECRET_KEY_TYPES = MappingProxyType({codec: key_type for key_type, codec in SECRET_KEY_CODECS.items()})


# How many public keys are remembered: those of the issuers that a verifier meets all day, some 1 kB each.
_REMEMBERED = 512


@lru_cache(maxsize=_REMEMBERED)
def encode_multikey(public_key: PublicKey) -> str:
    """Return `public_key` as a Multikey string: "z6Mk..." Ed25519, "zDna..." P-256, "zUC7..." BLS G2."""
    prefix = encode_varint(PUBLIC_KEY_CODECS[public_key.key_type])
    return encode_multibase(prefix + public_key.key_bytes, base="z")


def split_multikey(text: object) -> tuple[KeyType, bytes]:
    """Return the type and the unchecked key bytes of a Multikey string.

    Raises EncodingError for text that is no multibase "z" over a shortest varint, UnsupportedKeyError for
    a codec that names no public key known here.
    """
    data = decode_multibase(text, bases="z")
    codec, length = decode_varint(data)
    key_type = _PUBLIC_KEY_TYPES.get(codec)
    if key_type is None:
        raise UnsupportedKeyError(f"multicodec 0x{codec:x} names no public key type that is supported")
    return key_type, data[length:]


def decode_multikey(text: object) -> PublicKey:
    """Return the public key of a Multikey string; raises as `split_multikey`, and KeyMaterialError."""
    if not isinstance(text, str):
        return PublicKey(*split_multikey(text))
    return _decoded(text)


# A key is checked when it is made and never changes; what is refused is not remembered.
@lru_cache(maxsize=_REMEMBERED)
def _decoded(text: str) -> PublicKey:
    return PublicKey(*split_multikey(text))


def encode_secret_multikey(key: PrivateKey) -> str:
    """Return a private key as text: "z3u2..." Ed25519, "z42t..." P-256, "z2fa..." P-384, "z48..." BLS."""
    prefix = encode_varint(SECRET_KEY_CODECS[key.key_type])
    return encode_multibase(prefix + key.secret_bytes, base="z")


def decode_secret_multikey(text: object) -> PrivateKey:
    """Return the private key of a secret Multikey string.

    Raises EncodingError, UnsupportedKeyError for another codec, KeyMaterialError for bytes that are no key.
    """
    data = decode_multibase(text, bases="z")
    codec, length = decode_varint(data)
    key_type = _SECRET_KEY_TYPES.get(codec)
    if key_type is None:
        raise UnsupportedKeyError(f"multicodec 0x{codec:x} names no private key type that is supported")
    return PrivateKey(key_type, data[length:])
