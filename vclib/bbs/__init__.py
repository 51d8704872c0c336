"""The BBS signature scheme: sign a list of messages, later prove any part of it without being linked.

bytes in, bytes out. Checked against the fixtures of the IETF draft, both ciphersuites.
Source: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html. Not here: which statements
of a credential are the messages (`vclib.cryptosuites.bbs_2023`), blind signatures and pseudonyms.
"""

from vclib.bbs.ciphersuites import BLS12_381_SHA_256, BLS12_381_SHAKE_256, MAX_MESSAGES, Ciphersuite
from vclib.bbs.octets import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from vclib.bbs.proofs import (
    PROOF_BYTES_FLOOR,
    RandomScalars,
    calculate_random_scalars,
    proof_gen,
    proof_verify,
)
from vclib.bbs.signatures import key_gen, sign, sk_to_pk, verify

__all__ = [
    "BLS12_381_SHAKE_256",
    "BLS12_381_SHA_256",
    "MAX_MESSAGES",
    "PROOF_BYTES_FLOOR",
    "PUBLIC_KEY_BYTES",
    "SIGNATURE_BYTES",
    "Ciphersuite",
    "RandomScalars",
    "calculate_random_scalars",
    "key_gen",
    "proof_gen",
    "proof_verify",
    "sign",
    "sk_to_pk",
    "verify",
]
