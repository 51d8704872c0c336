"""What a proof set cannot be had without: its signatures, through the library that makes them.

Per credential: one key of its own, one signature for each statement that may be hidden, one by the issuer's
P-256 key, one by its Ed25519 key. Not here: anything that turns a record into statements.
"""

from __future__ import annotations

import base64
import json
import statistics
import time
from pathlib import Path

import cbor2

from issuer.keys import generate_keys
from vclib.keys import EphemeralKey, KeyType

# As long as a statement usually is, and as what the issuer's keys sign.
_STATEMENT = b"s" * 150
_HASHES = b"h" * 64
# https://www.w3.org/TR/vc-di-ecdsa/#serializebaseproofvalue: a header of three bytes, then an array whose
# fourth member has the signatures.
_HEADER_BYTES, _SIGNATURES = 3, 3


def signatures_of(part: Path) -> int:
    """Return how many statements of the first credential of a part have a signature of their own."""
    with part.open() as lines:
        proof = json.loads(next(lines))["proof"][0]
    encoded = proof["proofValue"].removeprefix("u")
    decoded = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return len(cbor2.loads(decoded[_HEADER_BYTES:])[_SIGNATURES])


def floor_microseconds(signatures: int, *, samples: int = 7, rounds: int = 30) -> float:
    """Return the processor time of one credential's signatures in microseconds, a median."""
    keys = generate_keys().keys
    p256, ed25519 = keys[KeyType.P256], keys[KeyType.ED25519]
    taken: list[float] = []
    for _ in range(samples):
        began = time.process_time()
        for _ in range(rounds):
            own = EphemeralKey()
            for _ in range(signatures):
                own.sign(_STATEMENT)
            p256.sign(_HASHES)
            ed25519.sign(_HASHES)
        taken.append((time.process_time() - began) / rounds * 1e6)
    return statistics.median(taken)
