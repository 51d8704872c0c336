"""The two BBS ciphersuites: how octets become scalars and points.

Everything here is public computation on the BLS12-381 curve: expanding and hashing messages, and the fixed
generators that every signature uses. Generators cost 0.2 ms each and depend on nothing but the suite, so
they are kept, in blocks that all lengths share.
Sources: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html sections 4 and 7 and
appendix A.1, RFC 9380 sections 5 and 6. Not here: signatures (`signatures`) and proofs (`proofs`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from py_arkworks_bls12381 import G1Point, Scalar

from vclib.errors import CryptographicSecurityError

# The order r of G1 and G2 (draft-irtf-cfrg-pairing-friendly-curves section 4.2.1).
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001

SCALAR_BYTES = 32
POINT_BYTES = 48
# ceil((ceil(log2(r)) + k) / 8) with k = 128 (section 7.2).
EXPAND_BYTES = 48

# The draft allows 2^64 - 1 messages. A verifier makes as many generators as a proof asks for, so a limit is
# needed; a credential has some thirty statements, and two thousand generators take half a second, once.
MAX_MESSAGES = 2048

# The characteristic p of the field (draft-irtf-cfrg-pairing-friendly-curves section 4.2.1).
_FIELD = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
# RFC 9380 section 8.8.1: bytes expanded for each of the two field elements.
_FIELD_EXPAND_BYTES = 64
_BLOCK = 32


# Suites are compared by identity: there are two of them, and they are the key of the caches below.
@dataclass(frozen=True, eq=False)
class Ciphersuite:
    """One ciphersuite of section 7.2; `p1` is its fixed point of G1."""

    ciphersuite_id: bytes
    p1: G1Point
    expand_message: Callable[[bytes, bytes, int], bytes]
    hash_to_curve_g1: Callable[[bytes, bytes], G1Point]

    @property
    def api_id(self) -> bytes:
        """The identifier of the interface of section 3.5, which is not blind and has no pseudonyms."""
        return self.ciphersuite_id + b"H2G_HM2S_"


@dataclass(frozen=True)
class Generators:
    """Q_1 and H_1 ... H_L, and their compressed octets one after the other."""

    q1: G1Point
    messages: tuple[G1Point, ...]
    octets: bytes


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """Return `length` uniform bytes by SHA-256 (RFC 9380 section 5.3.1)."""
    blocks = -(-length // 32)
    if blocks > 255 or length > 65535 or len(dst) > 255:
        raise CryptographicSecurityError("expand_message is limited to 255 blocks and tags of 255 bytes")
    dst_prime = dst + bytes([len(dst)])
    first = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + dst_prime).digest()
    block = hashlib.sha256(first + b"\x01" + dst_prime).digest()
    uniform = bytearray(block)
    for index in range(2, blocks + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = hashlib.sha256(mixed + bytes([index]) + dst_prime).digest()
        uniform += block
    return bytes(uniform[:length])


def expand_message_xof(message: bytes, dst: bytes, length: int) -> bytes:
    """Return `length` uniform bytes by SHAKE-256 (RFC 9380 section 5.3.2)."""
    if length > 65535 or len(dst) > 255:
        raise CryptographicSecurityError("expand_message is limited to 65535 bytes and tags of 255 bytes")
    return hashlib.shake_256(message + length.to_bytes(2, "big") + dst + bytes([len(dst)])).digest(length)


def _hash_to_curve_xof(message: bytes, dst: bytes) -> G1Point:
    """Hash to G1 with SHAKE-256 (draft appendix A.1, RFC 9380 section 3)."""
    uniform = expand_message_xof(message, dst, 2 * _FIELD_EXPAND_BYTES)
    return _map_to_g1(uniform[:_FIELD_EXPAND_BYTES]) + _map_to_g1(uniform[_FIELD_EXPAND_BYTES:])


def _map_to_g1(uniform: bytes) -> G1Point:
    # The library's map clears the cofactor as well. Clearing is linear, so that the sum of two cleared
    # points is the cleared sum that RFC 9380 asks for.
    element = int.from_bytes(uniform, "big") % _FIELD
    return G1Point.map_from_fp_be(element.to_bytes(POINT_BYTES, "big"))


BLS12_381_SHA_256 = Ciphersuite(
    ciphersuite_id=b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_",
    p1=G1Point.from_compressed_bytes(
        bytes.fromhex(
            "a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9"
        )
    ),
    expand_message=expand_message_xmd,
    hash_to_curve_g1=G1Point.hash_to_curve,
)

BLS12_381_SHAKE_256 = Ciphersuite(
    ciphersuite_id=b"BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_",
    p1=G1Point.from_compressed_bytes(
        bytes.fromhex(
            "8929dfbc7e6642c4ed9cba0856e493f8b9d7d5fcb0c31ef8fdcd34d50648a56c795e106e9eada6e0bda386b414150755"
        )
    ),
    expand_message=expand_message_xof,
    hash_to_curve_g1=_hash_to_curve_xof,
)


def hash_to_scalar(message: bytes, dst: bytes, *, ciphersuite: Ciphersuite) -> Scalar:
    """Return the scalar of an octet string (section 4.2.2)."""
    return Scalar.from_be_bytes_mod_order(ciphersuite.expand_message(message, dst, EXPAND_BYTES))


def messages_to_scalars(
    messages: Iterable[bytes], *, ciphersuite: Ciphersuite, api_id: bytes
) -> list[Scalar]:
    """Return one scalar for each message (section 4.1.2)."""
    dst = api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_"
    return [hash_to_scalar(message, dst, ciphersuite=ciphersuite) for message in messages]


@lru_cache(maxsize=128)
def create_generators(message_count: int, *, ciphersuite: Ciphersuite, api_id: bytes) -> Generators:
    """Return the generators for signatures over `message_count` messages (section 4.1.1).

    Raises CryptographicSecurityError beyond MAX_MESSAGES.
    """
    if not 0 <= message_count <= MAX_MESSAGES:
        raise CryptographicSecurityError(f"{message_count} messages, at most {MAX_MESSAGES} can be signed")
    points: list[G1Point] = []
    seed = ciphersuite.expand_message(
        api_id + b"MESSAGE_GENERATOR_SEED", api_id + b"SIG_GENERATOR_SEED_", EXPAND_BYTES
    )
    while len(points) <= message_count:
        block, seed = _generator_block(len(points), seed, ciphersuite, api_id)
        points += block
    q1, *rest = points[: message_count + 1]
    return Generators(q1, tuple(rest), b"".join(points_to_octets([q1, *rest])))


@lru_cache(maxsize=4 * (MAX_MESSAGES // _BLOCK + 1))
def _generator_block(
    start: int, seed: bytes, ciphersuite: Ciphersuite, api_id: bytes
) -> tuple[tuple[G1Point, ...], bytes]:
    """Return generators `start` + 1 to `start` + _BLOCK, and the seed of the next block."""
    points = []
    for number in range(start + 1, start + _BLOCK + 1):
        seed = ciphersuite.expand_message(
            seed + number.to_bytes(8, "big"), api_id + b"SIG_GENERATOR_SEED_", EXPAND_BYTES
        )
        points.append(ciphersuite.hash_to_curve_g1(seed, api_id + b"SIG_GENERATOR_DST_"))
    return tuple(points), seed


def points_to_octets(points: Sequence[G1Point]) -> list[bytes]:
    """Return the compressed form of each point, 48 bytes."""
    return [bytes(point.to_compressed_bytes()) for point in points]


def calculate_domain(
    public_key: bytes, generators: Generators, header: bytes, *, ciphersuite: Ciphersuite, api_id: bytes
) -> Scalar:
    """Return the scalar that binds key, generators, header and interface (section 4.2.3)."""
    octets = (
        public_key
        + len(generators.messages).to_bytes(8, "big")
        + generators.octets
        + api_id
        + len(header).to_bytes(8, "big")
        + header
    )
    return hash_to_scalar(octets, api_id + b"H2S_", ciphersuite=ciphersuite)
