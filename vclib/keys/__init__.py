"""Keys: Multikey and JWK to checked keys, and signing and verifying bytes with them.

`PublicKey` is checked when it is made; `PrivateKey` never shows its secret; `SigningKey` is the protocol
that cryptosuites use. Not here: which key belongs to whom (`vclib.cid`), BBS signatures (`vclib.bbs`).
"""

from vclib.keys.jwk import jwk_thumbprint, public_key_from_jwk, public_key_to_jwk
from vclib.keys.key_types import PUBLIC_KEY_LENGTHS, SECRET_KEY_LENGTHS, KeyType
from vclib.keys.multikey import (
    decode_multikey,
    decode_secret_multikey,
    encode_multikey,
    encode_secret_multikey,
    split_multikey,
)
from vclib.keys.private import BLS12_381_ORDER, EphemeralKey, PrivateKey, SigningKey, generate_private_key
from vclib.keys.public import PublicKey

__all__ = [
    "BLS12_381_ORDER",
    "PUBLIC_KEY_LENGTHS",
    "SECRET_KEY_LENGTHS",
    "EphemeralKey",
    "KeyType",
    "PrivateKey",
    "PublicKey",
    "SigningKey",
    "decode_multikey",
    "decode_secret_multikey",
    "encode_multikey",
    "encode_secret_multikey",
    "generate_private_key",
    "jwk_thumbprint",
    "public_key_from_jwk",
    "public_key_to_jwk",
    "split_multikey",
]
