"""Whom a relying party has suspended by its own decision: by DID, by key identifier, and by key.

A key identifier is of one certificate, and a key that leaked may be in several: a new one is made of the same
key in a minute. So a suspension of a signer also names the keys that it had, and every certificate of one of
them is suspended, whatever its key identifier and its list. Not here: where suspensions are kept
(`verifier.trust_suspensions`), and those that a registry publishes (`recognized_entities`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from health.trust.signers import SignerKey, SignerSet, TrustedSigner
from vclib.trusted_issuers import TrustedIssuer


@dataclass(frozen=True)
class Suspension:
    """Why nothing of an entry counts now; `keys` are those it had when that was said (`key_digest`)."""

    reason: str
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Suspensions:
    """Suspensions by DID, or by a signer's key identifier in small hexadecimal."""

    by_id: Mapping[str, Suspension] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def by_key(self) -> Mapping[str, str]:
        """The reasons by `key_digest`, each with the key identifier whose key it was."""
        return {
            key: f"{each.reason} (the key of {entry})"
            for entry, each in self.by_id.items()
            for key in each.keys
        }

    def of_issuer(self, issuer: TrustedIssuer) -> TrustedIssuer:
        """Return the issuer, suspended if one of its DIDs is; else as its list has it."""
        found = next((self.by_id[did] for did in sorted(issuer.dids) if did in self.by_id), None)
        return issuer if found is None else replace(issuer, suspended=found.reason)

    def of_signer(self, signer: TrustedSigner) -> TrustedSigner:
        """Return the signer, suspended if its key identifier or its key is, and not otherwise."""
        found = self.by_id.get(signer.kid.hex())
        if found is not None:
            why = found.reason
        else:
            why = self.by_key.get(key_digest(signer.public_key), "") if self.by_key else ""
        return signer if why == signer.suspended else replace(signer, suspended=why)

    def of_signers(self, signers: SignerSet) -> SignerSet:
        """Return all of them so."""
        several = signers.by_kid.values()
        return SignerSet.of(self.of_signer(signer) for some in several for signer in some)


def key_digest(key: SignerKey) -> str:
    """Return the SHA-256 of a public key's SubjectPublicKeyInfo (RFC 5280 section 4.1) in hexadecimal.

    The key is written anew, so that two certificates that spell it differently have the same digest.
    """
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
