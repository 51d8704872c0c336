"""Whose key signed a paper code: what every trust list says of a signer, and what a relying party asks of it.

Foreign certificate formats name their signer by a key identifier of a few bytes, not by a DID. Several
certificates may share one, so whoever looks one up gets all of them and tries each. A signer is good at a
moment if its certificate, the authority that signed it and the list's entry all are: the shell model, in
which nothing outlives what vouches for it. The moment of the signature is judged too, and both are told.
Source: https://github.com/ehn-dcc-development/eu-dcc-hcert-spec (key identifier, extended key usage).
Not here: checking a signature (`health.formats`), and where signers come from (the other modules here).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from health.trust.countries import may_sign_for
from vclib.trusted_issuers import list_reasons, suspension
from vclib.verdicts import Reason

SignerKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

# First bytes of the SHA-256 of a signer certificate's DER, as HC1 headers carry them.
KID_BYTES = 8


@dataclass(frozen=True)
class TrustedSigner:
    """One key that a trust list vouches for.

    `certificate` and `authority` are DER; `country` is alpha-2 or alpha-3 as the list writes it. `formats`
    names `health.formats` and `kinds` says vaccination, test, recovery; None means all. The period is what
    certificate, authority and entry have in common. `source` is the name of the list. From `fresh_until` on
    the list is too old to say yes by. `is_test` marks a signer of a test or acceptance system. `countries`
    are those that it may sign for beside its own (alpha-2, or "any"). `suspended` is why nothing of it counts
    now, empty for a signer that does.
    """

    kid: bytes
    certificate: bytes | None
    public_key: SignerKey
    authority: bytes | None
    name: str
    country: str
    formats: frozenset[str] | None
    kinds: frozenset[str] | None
    valid_from: datetime | None
    valid_until: datetime | None
    source: str
    is_test: bool
    fresh_until: datetime | None = None
    countries: frozenset[str] = frozenset()
    suspended: str = ""

    def is_trusted_at(self, moment: datetime) -> bool:
        """Say whether certificate, authority and entry all cover `moment`; both ends belong to it."""
        if self.valid_from is not None and moment < self.valid_from:
            return False
        return self.valid_until is None or moment <= self.valid_until


class Signers(Protocol):
    """Who may sign paper codes: what `TrustStore` gives, or a `SignerSet` of a test."""

    def signers_for(self, kid: bytes, *, format: str) -> tuple[TrustedSigner, ...]:  # noqa: A002 - its name
        """Return every signer with this key identifier that is trusted for the format."""
        ...


@dataclass(frozen=True)
class SignerSet:
    """Signers that are held in memory, found by their key identifier."""

    by_kid: Mapping[bytes, tuple[TrustedSigner, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, signers: Iterable[TrustedSigner]) -> SignerSet:
        """Return the set of these signers, in their order."""
        found: dict[bytes, tuple[TrustedSigner, ...]] = {}
        for signer in signers:
            found[signer.kid] = (*found.get(signer.kid, ()), signer)
        return cls(MappingProxyType(found))

    def signers_for(self, kid: bytes, *, format: str) -> tuple[TrustedSigner, ...]:  # noqa: A002 - its name
        """Return every signer with this key identifier that is trusted for the format."""
        return tuple(
            signer
            for signer in self.by_kid.get(kid, ())
            if signer.formats is None or format in signer.formats
        )


def certificate_kid(certificate: bytes) -> bytes:
    """Return the key identifier of a signer certificate: 8 bytes of the SHA-256 of its DER."""
    return hashlib.sha256(certificate).digest()[:KID_BYTES]


def judge_signer(
    signer: TrustedSigner,
    *,
    kind: str,
    issued: datetime,
    now: datetime,
    stated_country: str | None = None,
) -> tuple[Reason, ...]:
    """Return what is to be said of a signer whose signature holds; no reason is no objection.

    `kind` is vaccination, test or recovery, `issued` when the certificate says it was issued, and
    `stated_country` of which country it says that its issuer is (I2, I3).
    """
    reasons: list[Reason] = []
    if signer.suspended:
        reasons.append(suspension(signer.name, signer.suspended))
    if not may_sign_for(signer.country, stated_country, signer.countries):
        reasons.append(
            Reason(
                "issuer-not-trusted-for-type",
                f"{signer.name} is not trusted to issue certificates of another country.",
                detail=f"its key is of {signer.country}, the certificate says {stated_country}",
            )
        )
    if signer.kinds is not None and kind not in signer.kinds:
        reasons.append(
            Reason(
                "issuer-not-trusted-for-type",
                f"{signer.name} is not trusted to issue this kind of certificate.",
                detail=kind,
            )
        )
    moments = (
        (issued, "issuer-not-trusted-at-issuance", "was not recognised when it issued this"),
        (now, "issuer-not-trusted-now", "is not recognised at this time"),
    )
    reasons += [
        Reason(code, f"{signer.name} {words}.", detail=moment.isoformat())
        for moment, code, words in moments
        if not signer.is_trusted_at(moment)
    ]
    return (
        *reasons,
        *list_reasons(signer.source, fresh_until=signer.fresh_until, is_test=signer.is_test, now=now),
    )
