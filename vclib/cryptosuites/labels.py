"""Names for blank nodes that tell a verifier nothing: label maps, made by the issuer and checked when read.

Canonical labels (c14n0, c14n1, ...) are numbered by what the whole document says, so they would tell
something of what is hidden. `ecdsa-sd-2023` replaces each by its HMAC under a key of the credential's own,
`bbs-2023` by its rank among those HMACs. A derived proof carries the map from the labels that a verifier
computes to these. Sources: https://www.w3.org/TR/vc-di-ecdsa/#createhmacidlabelmapfunction,
https://www.w3.org/TR/vc-di-bbs/#createshuffledidlabelmapfunction. Labels are without "_:".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping

from vclib.encoding import encode_base64url
from vclib.errors import ProofGenerationError, ProofVerificationError

# From the canonical label of each input label to the new label of each input label.
LabelMapFactory = Callable[[Mapping[str, str]], dict[str, str]]

# https://www.w3.org/TR/vc-di-ecdsa/#base-proof-transformation-ecdsa-sd-2023: as long as a SHA-256 digest.
HMAC_KEY_BYTES = 32


def new_hmac_key() -> bytes:
    """Return a random key: one for each credential, because it is what keeps labels unlinkable."""
    return secrets.token_bytes(HMAC_KEY_BYTES)


def check_hmac_key(hmac_key: bytes) -> None:
    """Return if the key has the length of the digest; else ProofGenerationError."""
    if len(hmac_key) != HMAC_KEY_BYTES:
        raise ProofGenerationError(f"expected an HMAC key of {HMAC_KEY_BYTES} bytes, found {len(hmac_key)}")


def hmac_label_map_factory(hmac_key: bytes) -> LabelMapFactory:
    """Return the factory of `ecdsa-sd-2023`: "u" and the base64url HMAC-SHA-256 of the canonical label."""

    keyed = _keyed(hmac_key)

    def factory(canonical_id_map: Mapping[str, str]) -> dict[str, str]:
        return {label: _digest(keyed, canonical) for label, canonical in canonical_id_map.items()}

    return factory


def shuffled_label_map_factory(hmac_key: bytes) -> LabelMapFactory:
    """Return the factory of `bbs-2023`: "b" and the rank of the label's HMAC among all of them."""

    keyed = _keyed(hmac_key)

    def factory(canonical_id_map: Mapping[str, str]) -> dict[str, str]:
        digests = {label: _digest(keyed, canonical) for label, canonical in canonical_id_map.items()}
        rank = {digest: number for number, digest in enumerate(sorted(digests.values()))}
        return {label: f"b{rank[digest]}" for label, digest in digests.items()}

    return factory


def replacement_label_map_factory(label_map: Mapping[str, str]) -> LabelMapFactory:
    """Return the factory of a verifier: what the derived proof's `label_map` says of each canonical label.

    The factory raises ProofVerificationError unless the map has an entry for every blank node of the
    document, no other entries, and different labels for different nodes: two nodes under one label would
    let a holder show what was said of two things as if it had been said of one.
    See https://www.w3.org/TR/vc-di-ecdsa/#createlabelmapfunction.
    """

    def factory(canonical_id_map: Mapping[str, str]) -> dict[str, str]:
        if set(canonical_id_map.values()) != set(label_map):
            raise ProofVerificationError("the proof's label map does not fit the blank nodes of the document")
        if len(set(label_map.values())) != len(label_map):
            raise ProofVerificationError("the proof's label map gives one label to two blank nodes")
        return {label: label_map[canonical] for label, canonical in canonical_id_map.items()}

    return factory


def _keyed(hmac_key: bytes) -> hmac.HMAC:
    return hmac.new(hmac_key, digestmod="sha256")


def _digest(keyed: hmac.HMAC, canonical_label: str) -> str:
    # A copy takes half the time of beginning with the key again.
    own = keyed.copy()
    own.update(canonical_label.encode("utf-8"))
    return "u" + encode_base64url(own.digest())
