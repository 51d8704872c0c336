"""BBS signatures: keys, Sign and Verify over a list of messages.

One signature covers a header, always shown, and a list of messages, of which the holder can later prove
any part (`proofs`). Signing is deterministic. The curve library is not constant time: whoever can measure
signing precisely, many times, may learn about the secret key; sign where no stranger can.
Source: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html sections 3.4 to 3.6.
`api_id` names the interface; blind signatures and pseudonyms have their own and their own operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from vclib.bbs.ciphersuites import (
    BLS12_381_SHA_256,
    Ciphersuite,
    Generators,
    calculate_domain,
    create_generators,
    hash_to_scalar,
    messages_to_scalars,
)
from vclib.bbs.octets import read_public_key, read_secret_key, read_signature, write_scalar
from vclib.errors import CryptographicSecurityError, InvalidSignatureError, KeyMaterialError

# BP2, the base point of G2.
_BASE_POINT_2 = G2Point()
_NEGATED_BASE_POINT_2 = -G2Point()


def key_gen(
    key_material: bytes,
    *,
    key_info: bytes = b"",
    key_dst: bytes | None = None,
    ciphersuite: Ciphersuite = BLS12_381_SHA_256,
) -> bytes:
    """Return the secret key (32 bytes) of at least 32 bytes of secret, random `key_material` (section 3.4.1).

    Raises KeyMaterialError for less material, or more than 65,535 bytes of `key_info`.
    """
    if len(key_material) < 32:
        raise KeyMaterialError(f"expected at least 32 bytes of key material, found {len(key_material)}")
    if len(key_info) > 65535:
        raise KeyMaterialError("key_info is limited to 65535 bytes")
    dst = ciphersuite.ciphersuite_id + b"KEYGEN_DST_" if key_dst is None else key_dst
    derive_input = key_material + len(key_info).to_bytes(2, "big") + key_info
    return write_scalar(hash_to_scalar(derive_input, dst, ciphersuite=ciphersuite))


def sk_to_pk(secret_key: bytes) -> bytes:
    """Return the public key, 96 bytes: a compressed point of G2 (section 3.4.2)."""
    return bytes((_BASE_POINT_2 * read_secret_key(secret_key)).to_compressed_bytes())


def sign(
    secret_key: bytes,
    public_key: bytes,
    *,
    header: bytes = b"",
    messages: Sequence[bytes] = (),
    ciphersuite: Ciphersuite = BLS12_381_SHA_256,
    api_id: bytes | None = None,
) -> bytes:
    """Return the signature, 80 bytes, of `header` and `messages` (sections 3.5.1 and 3.6.1).

    `public_key` must belong to `secret_key`. Raises KeyMaterialError for a key that is none,
    CryptographicSecurityError for more than MAX_MESSAGES messages.
    """
    interface = ciphersuite.api_id if api_id is None else api_id
    scalars = messages_to_scalars(messages, ciphersuite=ciphersuite, api_id=interface)
    generators = create_generators(len(messages), ciphersuite=ciphersuite, api_id=interface)
    secret = read_secret_key(secret_key)
    # 1. domain
    domain = calculate_domain(public_key, generators, header, ciphersuite=ciphersuite, api_id=interface)
    # 2. e = hash_to_scalar(serialize((SK, msg_1, ..., msg_L, domain)))
    octets = b"".join(write_scalar(scalar) for scalar in (secret, *scalars, domain))
    e = hash_to_scalar(octets, interface + b"H2S_", ciphersuite=ciphersuite)
    # 3. and 4. A = B * (1 / (SK + e)); the sum is zero once in 2^255 times.
    exponent = secret + e
    if exponent.is_zero():
        raise CryptographicSecurityError("these messages cannot be signed with this key")
    a = commit(generators, domain, scalars, ciphersuite=ciphersuite) * exponent.inverse()
    return bytes(a.to_compressed_bytes()) + write_scalar(e)


def verify(
    public_key: bytes,
    signature: bytes,
    *,
    header: bytes = b"",
    messages: Sequence[bytes] = (),
    ciphersuite: Ciphersuite = BLS12_381_SHA_256,
    api_id: bytes | None = None,
) -> None:
    """Return if `signature` is one of exactly `header` and `messages` (sections 3.5.2 and 3.6.2).

    Raises InvalidSignatureError, CryptographicSecurityError for octets that are no signature, and
    KeyMaterialError for octets that are no key.
    """
    interface = ciphersuite.api_id if api_id is None else api_id
    a, e = read_signature(signature)
    w = read_public_key(public_key)
    scalars = messages_to_scalars(messages, ciphersuite=ciphersuite, api_id=interface)
    generators = create_generators(len(messages), ciphersuite=ciphersuite, api_id=interface)
    domain = calculate_domain(public_key, generators, header, ciphersuite=ciphersuite, api_id=interface)
    b = commit(generators, domain, scalars, ciphersuite=ciphersuite)
    # 3.
    if not signature_holds(a, e, b, w):
        raise InvalidSignatureError("the BBS signature does not fit header, messages and key")


def commit(
    generators: Generators, domain: Scalar, scalars: Sequence[Scalar], *, ciphersuite: Ciphersuite
) -> G1Point:
    """Return B = P1 + Q_1 * domain + H_1 * msg_1 + ... + H_L * msg_L, one scalar for each generator."""
    if len(scalars) != len(generators.messages):
        raise CryptographicSecurityError("expected as many messages as generators")
    return ciphersuite.p1 + G1Point.multiexp_unchecked(
        [generators.q1, *generators.messages], [domain, *scalars]
    )


def signature_holds(a: G1Point, e: Scalar, b: G1Point, public_key: G2Point) -> bool:
    """Say whether h(A, W) * h(A * e - B, BP2) is the identity of GT: one product of pairings."""
    return GT.pairing_check([a, a * e - b], [public_key, _BASE_POINT_2])


def pairing_holds(a_bar: G1Point, b_bar: G1Point, public_key: G2Point) -> bool:
    """Say whether h(a_bar, W) * h(b_bar, -BP2) is the identity of GT."""
    return GT.pairing_check([a_bar, b_bar], [public_key, _NEGATED_BASE_POINT_2])
