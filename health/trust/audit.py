"""What is in a trust list, looked at with the eyes of its publisher: age, dates, keys, chains, per country.

A relying party that takes a list takes its faults, too, and the published ones have many; an audit counts
them. It judges at one moment and says nothing of whether the list may be believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from health.trust.lists import PROBLEMS, SIGNER, CertificateEntry, TrustList
from health.trust.x509 import read_certificate
from vclib.datetimes import format_datetime
from vclib.errors import KeyMaterialError
from vclib.strict_json import JSONObject


@dataclass(frozen=True)
class Finding:
    """Something about one certificate: a code of `PROBLEMS`, "expired", "not-yet-valid" or
    "authority-expired"."""

    code: str
    country: str
    usage: str
    name: str
    kid: bytes

    def to_json(self) -> JSONObject:
        """Return the finding as JSON; the key identifier in hexadecimal."""
        return {
            "code": self.code,
            "country": self.country,
            "usage": self.usage,
            "name": self.name,
            "kid": self.kid.hex(),
        }


@dataclass(frozen=True)
class CountryAudit:
    """The counts of one country, or of the whole list.

    `usable` are signers in force: certificate and authority valid at the moment of the audit, nothing wrong
    that bars them. `codes` counts findings.
    """

    country: str
    usages: Counter[str]
    signers_expired: int
    signers_not_yet: int
    usable: int
    codes: Counter[str]

    @property
    def total(self) -> int:
        """How many certificates there are."""
        return sum(self.usages.values())

    @property
    def signers(self) -> int:
        """How many of them are of signers."""
        return self.usages[SIGNER]

    def to_json(self) -> JSONObject:
        """Return the counts as JSON."""
        return {
            "country": self.country,
            "certificates": self.total,
            "usages": dict(sorted(self.usages.items())),
            "signers": self.signers,
            "signersExpired": self.signers_expired,
            "signersNotYetValid": self.signers_not_yet,
            "signersUsable": self.usable,
            "findings": dict(sorted(self.codes.items())),
        }


@dataclass(frozen=True)
class Audit:
    """The audit of one list at one moment."""

    at: datetime
    trust_list: TrustList
    whole: CountryAudit
    countries: tuple[CountryAudit, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> JSONObject:
        """Return everything that was found as JSON."""
        produced = self.trust_list.produced
        return {
            "kind": self.trust_list.kind,
            "publisher": self.trust_list.publisher,
            "at": format_datetime(self.at),
            "produced": None if produced is None else format_datetime(produced),
            "ageDays": None if produced is None else (self.at - produced).days,
            "issuers": len(self.trust_list.issuers),
            "whole": self.whole.to_json(),
            "countries": [country.to_json() for country in self.countries],
            "findings": [finding.to_json() for finding in self.findings],
            "remarks": list(self.trust_list.remarks),
        }


# Words for what is found beside `PROBLEMS`.
WORDS = {
    **PROBLEMS,
    "expired": "the certificate has expired",
    "not-yet-valid": "the certificate is not yet valid",
    "authority-expired": "the certificate of the authority has expired",
}


def audit(
    trust_list: TrustList, *, at: datetime, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Audit:
    """Return what there is and what is wrong at a moment; `progress` is told how many were looked at."""
    entries = trust_list.certificates
    looked_at: list[tuple[CertificateEntry, tuple[str, ...]]] = []
    for number, entry in enumerate(entries, start=1):
        looked_at.append((entry, _codes(entry, at)))
        progress(number, len(entries))
    countries = sorted({entry.country for entry in entries})
    return Audit(
        at,
        trust_list,
        _counts("", looked_at),
        tuple(
            _counts(country, [each for each in looked_at if each[0].country == country])
            for country in countries
        ),
        tuple(
            Finding(code, entry.country, entry.usage, entry.name, entry.kid)
            for entry, codes in looked_at
            for code in codes
        ),
    )


def _codes(entry: CertificateEntry, at: datetime) -> tuple[str, ...]:
    codes = list(entry.problems)
    try:
        certificate = read_certificate(entry.certificate)
        authority = None if entry.authority is None else read_certificate(entry.authority)
    except KeyMaterialError:
        return tuple(codes)
    if at > certificate.valid_until:
        codes.append("expired")
    if at < certificate.valid_from:
        codes.append("not-yet-valid")
    if authority is not None and at > authority.valid_until:
        codes.append("authority-expired")
    return tuple(codes)


def _counts(country: str, looked_at: list[tuple[CertificateEntry, tuple[str, ...]]]) -> CountryAudit:
    signers = [(entry, codes) for entry, codes in looked_at if entry.usage == SIGNER]
    untimely = {"expired", "not-yet-valid", "authority-expired"}
    return CountryAudit(
        country,
        Counter(entry.usage for entry, _ in looked_at),
        sum("expired" in codes for _, codes in signers),
        sum("not-yet-valid" in codes for _, codes in signers),
        sum(entry.is_signer and not untimely & set(codes) for entry, codes in signers),
        Counter(code for _, codes in looked_at for code in codes),
    )
