"""BBS proofs: show some messages of a signature, prove the rest, link to nothing.

Each proof is made with fresh randomness, so that two proofs of one signature share nothing but what they
show. The randomness is an argument (the published fixtures need theirs); whoever repeats it reveals the
signature. The presentation header is covered by the proof and chosen by whoever asks for it.
Source: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html sections 3.5.3 to 3.7.
Not constant time, see `signatures`; here the secrets are the holder's hidden messages.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from py_arkworks_bls12381 import G1Point, Scalar

from vclib.bbs.ciphersuites import (
    BLS12_381_SHA_256,
    EXPAND_BYTES,
    MAX_MESSAGES,
    ORDER,
    POINT_BYTES,
    SCALAR_BYTES,
    Ciphersuite,
    calculate_domain,
    create_generators,
    hash_to_scalar,
    messages_to_scalars,
    points_to_octets,
)
from vclib.bbs.octets import read_point, read_public_key, read_scalar, read_signature, write_scalar
from vclib.bbs.signatures import commit, pairing_holds, signature_holds
from vclib.errors import CryptographicSecurityError, InvalidSignatureError

# count -> that many independent, uniformly random integers below the order.
RandomScalars = Callable[[int], Sequence[int]]

# Section 4.2.4.5: three points and four scalars, then one scalar for each hidden message.
PROOF_BYTES_FLOOR = 3 * POINT_BYTES + 4 * SCALAR_BYTES


@dataclass(frozen=True)
class InitializedProof:
    """What the challenge is calculated from, besides the messages shown (section 3.7.1)."""

    a_bar: G1Point
    b_bar: G1Point
    d: G1Point
    t1: G1Point
    t2: G1Point
    domain: Scalar


def calculate_random_scalars(count: int) -> list[int]:
    """Return `count` scalars from the system's generator (section 4.2.1)."""
    return [int.from_bytes(secrets.token_bytes(EXPAND_BYTES), "big") % ORDER for _ in range(count)]


def proof_gen(
    public_key: bytes,
    signature: bytes,
    *,
    header: bytes = b"",
    presentation_header: bytes = b"",
    messages: Sequence[bytes] = (),
    disclosed_indexes: Sequence[int] = (),
    random_scalars: RandomScalars = calculate_random_scalars,
    ciphersuite: Ciphersuite = BLS12_381_SHA_256,
    api_id: bytes | None = None,
    verify_first: bool = False,
) -> bytes:
    """Return a proof of `signature` that shows `messages` at the ascending `disclosed_indexes`.

    272 bytes and 32 more for each hidden message. Verifies the signature only with `verify_first`, which
    costs less than `verify` and this: InvalidSignatureError if it does not hold, KeyMaterialError for no
    key. Raises CryptographicSecurityError for octets that are no signature and for indexes out of order or
    range.
    """
    interface = ciphersuite.api_id if api_id is None else api_id
    scalars = messages_to_scalars(messages, ciphersuite=ciphersuite, api_id=interface)
    hidden_indexes = _other_indexes(disclosed_indexes, len(messages))
    randomness = [Scalar(number) for number in random_scalars(5 + len(hidden_indexes))]
    initialized = proof_init(
        public_key,
        signature,
        randomness,
        header=header,
        scalars=scalars,
        hidden_indexes=hidden_indexes,
        ciphersuite=ciphersuite,
        api_id=interface,
        verify_first=verify_first,
    )
    challenge = proof_challenge(
        initialized,
        [scalars[index] for index in disclosed_indexes],
        disclosed_indexes,
        presentation_header,
        ciphersuite=ciphersuite,
        api_id=interface,
    )
    # ProofFinalize, section 3.7.2.
    r1, r2, e_tilde, r1_tilde, r3_tilde, *m_tildes = randomness
    _, e = read_signature(signature)
    responses = [
        e_tilde + e * challenge,
        r1_tilde - r1 * challenge,
        r3_tilde - r2.inverse() * challenge,
        *(
            m_tilde + scalars[index] * challenge
            for m_tilde, index in zip(m_tildes, hidden_indexes, strict=True)
        ),
    ]
    points = points_to_octets([initialized.a_bar, initialized.b_bar, initialized.d])
    return b"".join([*points, *(write_scalar(scalar) for scalar in (*responses, challenge))])


def proof_verify(
    public_key: bytes,
    proof: bytes,
    *,
    header: bytes = b"",
    presentation_header: bytes = b"",
    disclosed_messages: Sequence[bytes] = (),
    disclosed_indexes: Sequence[int] = (),
    ciphersuite: Ciphersuite = BLS12_381_SHA_256,
    api_id: bytes | None = None,
) -> None:
    """Return if `proof` shows that the key signed `header` and the messages at those ascending indexes.

    Raises InvalidSignatureError, CryptographicSecurityError for octets that are no proof and for indexes
    that do not fit it, and KeyMaterialError for octets that are no key.
    """
    interface = ciphersuite.api_id if api_id is None else api_id
    w = read_public_key(public_key)
    disclosed = messages_to_scalars(disclosed_messages, ciphersuite=ciphersuite, api_id=interface)
    # The challenge is the last scalar of the proof (section 4.2.4.5).
    challenge = read_scalar(proof[-SCALAR_BYTES:])
    initialized = proof_verify_init(
        public_key,
        proof,
        header=header,
        disclosed_scalars=disclosed,
        disclosed_indexes=disclosed_indexes,
        ciphersuite=ciphersuite,
        api_id=interface,
    )
    expected = proof_challenge(
        initialized,
        disclosed,
        disclosed_indexes,
        presentation_header,
        ciphersuite=ciphersuite,
        api_id=interface,
    )
    if challenge != expected:
        raise InvalidSignatureError("the BBS proof does not fit headers, messages, indexes and key")
    if not pairing_holds(initialized.a_bar, initialized.b_bar, w):
        raise InvalidSignatureError("the BBS proof is of a signature by another key")


def proof_init(
    public_key: bytes,
    signature: bytes,
    randomness: Sequence[Scalar],
    *,
    header: bytes,
    scalars: Sequence[Scalar],
    hidden_indexes: Sequence[int],
    ciphersuite: Ciphersuite,
    api_id: bytes,
    verify_first: bool = False,
) -> InitializedProof:
    """Blind the signature and commit to the hidden messages (section 3.7.1)."""
    a, e = read_signature(signature)
    if len(randomness) != 5 + len(hidden_indexes):
        raise CryptographicSecurityError("expected five random scalars and one for each hidden message")
    r1, r2, e_tilde, r1_tilde, r3_tilde, *m_tildes = randomness
    if r1.is_zero() or r2.is_zero():
        raise CryptographicSecurityError("expected random scalars other than zero")
    generators = create_generators(len(scalars), ciphersuite=ciphersuite, api_id=api_id)
    domain = calculate_domain(public_key, generators, header, ciphersuite=ciphersuite, api_id=api_id)
    # 2. to 7.
    b = commit(generators, domain, scalars, ciphersuite=ciphersuite)
    if verify_first and not signature_holds(a, e, b, read_public_key(public_key)):
        raise InvalidSignatureError("the BBS signature does not fit header, messages and key")
    d = b * r2
    a_bar = a * (r1 * r2)
    b_bar = d * r1 - a_bar * e
    t1 = a_bar * e_tilde + d * r1_tilde
    hidden_points = [generators.messages[index] for index in hidden_indexes]
    t2 = G1Point.multiexp_unchecked([d, *hidden_points], [r3_tilde, *m_tildes])
    return InitializedProof(a_bar, b_bar, d, t1, t2, domain)


def proof_verify_init(
    public_key: bytes,
    proof: bytes,
    *,
    header: bytes,
    disclosed_scalars: Sequence[Scalar],
    disclosed_indexes: Sequence[int],
    ciphersuite: Ciphersuite,
    api_id: bytes,
) -> InitializedProof:
    """Read a proof and recompute what it committed to (sections 3.7.3 and 4.2.4.5)."""
    points, (e_hat, r1_hat, r3_hat, *m_hats, challenge) = _read_proof(proof)
    a_bar, b_bar, d = points
    if len(disclosed_scalars) != len(disclosed_indexes):
        raise CryptographicSecurityError(
            f"{len(disclosed_scalars)} messages are shown, but {len(disclosed_indexes)} indexes given"
        )
    message_count = len(disclosed_indexes) + len(m_hats)
    generators = create_generators(message_count, ciphersuite=ciphersuite, api_id=api_id)
    hidden_indexes = _other_indexes(disclosed_indexes, message_count)
    domain = calculate_domain(public_key, generators, header, ciphersuite=ciphersuite, api_id=api_id)
    # 2. T1 = Bbar * c + Abar * e^ + D * r1^
    t1 = G1Point.multiexp_unchecked([b_bar, a_bar, d], [challenge, e_hat, r1_hat])
    # 3. and 4. T2 = Bv * c + D * r3^ + the hidden messages, with Bv multiplied out into one sum.
    shown = [generators.messages[index] for index in disclosed_indexes]
    hidden = [generators.messages[index] for index in hidden_indexes]
    shown_exponents = [scalar * challenge for scalar in disclosed_scalars]
    t2 = G1Point.multiexp_unchecked(
        [ciphersuite.p1, generators.q1, d, *shown, *hidden],
        [challenge, domain * challenge, r3_hat, *shown_exponents, *m_hats],
    )
    return InitializedProof(a_bar, b_bar, d, t1, t2, domain)


def proof_challenge(
    initialized: InitializedProof,
    disclosed_scalars: Sequence[Scalar],
    disclosed_indexes: Sequence[int],
    presentation_header: bytes,
    *,
    ciphersuite: Ciphersuite,
    api_id: bytes,
) -> Scalar:
    """Return the Fiat-Shamir challenge (section 3.7.4)."""
    octets = [len(disclosed_indexes).to_bytes(8, "big")]
    for index, scalar in zip(disclosed_indexes, disclosed_scalars, strict=True):
        octets += [index.to_bytes(8, "big"), write_scalar(scalar)]
    octets += points_to_octets(
        [initialized.a_bar, initialized.b_bar, initialized.d, initialized.t1, initialized.t2]
    )
    octets += [write_scalar(initialized.domain)]
    octets += [len(presentation_header).to_bytes(8, "big"), presentation_header]
    return hash_to_scalar(b"".join(octets), api_id + b"H2S_", ciphersuite=ciphersuite)


def _read_proof(proof: bytes) -> tuple[list[G1Point], list[Scalar]]:
    scalar_octets = len(proof) - 3 * POINT_BYTES
    if len(proof) < PROOF_BYTES_FLOOR or scalar_octets % SCALAR_BYTES:
        raise CryptographicSecurityError(
            f"expected {PROOF_BYTES_FLOOR} proof bytes and 32 for each hidden message, found {len(proof)}"
        )
    hidden = (len(proof) - PROOF_BYTES_FLOOR) // SCALAR_BYTES
    if hidden > MAX_MESSAGES:
        raise CryptographicSecurityError(f"{hidden} hidden messages, at most {MAX_MESSAGES} can be signed")
    ends = range(POINT_BYTES, 3 * POINT_BYTES + 1, POINT_BYTES)
    starts = range(3 * POINT_BYTES, len(proof), SCALAR_BYTES)
    # Scalars first: they are cheap to refuse.
    scalars = [read_scalar(proof[start : start + SCALAR_BYTES]) for start in starts]
    return [read_point(proof[end - POINT_BYTES : end]) for end in ends], scalars


def _other_indexes(indexes: Sequence[int], count: int) -> list[int]:
    """Return the indexes below `count` that are not in `indexes`, which must ascend and be in range."""
    for position, index in enumerate(indexes):
        if not 0 <= index < count or (position and index <= indexes[position - 1]):
            raise CryptographicSecurityError(f"expected ascending message indexes below {count}")
    shown = frozenset(indexes)
    return [index for index in range(count) if index not in shown]
