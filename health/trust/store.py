"""The trust store: every list that a relying party took in, asked by DID and by key identifier.

A list stays as it was when it was verified, with what vouched for it and when it was last confirmed; from
then it ages. Who is on any list in force is trusted as far as that list says. A DID that stands in several
counts by the first: the relying party's own file before lists, those in the order of their names. Signers of
all lists count side by side, since each is tried anyway. Not here: where lists are kept
(`verifier.trust_lists`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType

from health.trust.lists import CertificateEntry, TrustList
from health.trust.look_alikes import look_alikes
from health.trust.signers import TrustedSigner
from health.trust.suspensions import Suspensions
from health.trust.x509 import read_certificate
from vclib.errors import KeyMaterialError
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers


@dataclass(frozen=True)
class KeptList:
    """A list as it was taken in.

    `name` is the relying party's word for it and `location` where it is from. `confirmed` is when it was last
    read and found to be the newest, `voucher` what vouches for it, `sha256` of its bytes. `formats` and
    `types` are what the relying party restricts it to, None for nothing; `countries` those that each of its
    signers may sign for beside its own (see `countries`). `is_test` marks a test system.
    """

    name: str
    location: str
    trust_list: TrustList
    voucher: str
    sha256: str
    confirmed: datetime
    formats: frozenset[str] | None = None
    types: frozenset[str] | None = None
    countries: frozenset[str] = frozenset()
    is_test: bool = False

    def fresh_until(self, max_age: timedelta | None) -> datetime | None:
        """Return from when on it is too old to say yes by; None for never.

        That is at its own end, and `max_age` after it was confirmed. Where it has a date and no end, its age
        counts from that date: whoever shows the same old list for ever does not keep it young.
        """
        trust_list = self.trust_list
        limits = [trust_list.valid_until] if trust_list.valid_until is not None else []
        if max_age is not None:
            dated = trust_list.produced if trust_list.valid_until is None else None
            limits.append((dated or self.confirmed) + max_age)
        return min(limits, default=None)


@dataclass(frozen=True)
class TrustStore:
    """Lists by name, and the relying party's own trust file if it has one.

    `max_age` is how old a list may be. `suspended` is whom the relying party itself has suspended: newer
    lists do not change that. Fit as `Signers` for paper codes; for credentials see `trusted_issuers`.
    """

    lists: tuple[KeptList, ...] = ()
    own: TrustedIssuers | None = None
    max_age: timedelta | None = None
    suspended: Suspensions = field(default_factory=Suspensions)
    _made: dict[tuple[str, bytes], TrustedSigner | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever said to be trusted."""
        return self.own is None and not self.lists

    @property
    def test_lists(self) -> tuple[str, ...]:
        """The names of the lists that are of test systems."""
        return tuple(kept.name for kept in self.lists if kept.is_test)

    def trusted_issuers(self) -> TrustedIssuers:
        """Return the issuers of all lists, by their DIDs."""
        return self._issuers

    def signers_for(self, kid: bytes, *, format: str) -> tuple[TrustedSigner, ...]:  # noqa: A002 - its name
        """Return every signer with this key identifier that is trusted for the format."""
        return tuple(
            signer for signer in self.signers_of(kid) if signer.formats is None or format in signer.formats
        )

    def signers_of(self, kid: bytes) -> tuple[TrustedSigner, ...]:
        """Return every signer with this key identifier, of whatever formats."""
        found = (self._signer(kept, entry) for kept, entry in self._signers.get(kid, ()))
        return tuple(signer for signer in found if signer is not None)

    def look_alikes(self) -> list[tuple[str, ...]]:
        """Return names of issuers that are drawn alike, or mix alphabets (threat I7)."""
        own = () if self.own is None else self.own.by_did.values()
        issuers = [*own, *(issuer for kept in self.lists for issuer in kept.trust_list.issuers)]
        return look_alikes(issuer.name for issuer in issuers)

    def repeated_dids(self) -> list[str]:
        """Return the DIDs that more than one list has; the first counts."""
        seen: set[str] = set() if self.own is None else set(self.own.by_did)
        repeated: list[str] = []
        for kept in self.lists:
            dids = {did for issuer in kept.trust_list.issuers for did in issuer.dids}
            repeated += sorted(dids & seen)
            seen |= dids
        return list(dict.fromkeys(repeated))

    @cached_property
    def _issuers(self) -> TrustedIssuers:
        own = {} if self.own is None else self.own.by_did
        by_did = {did: self.suspended.of_issuer(issuer) for did, issuer in own.items()}
        for kept in self.lists:
            for issuer in kept.trust_list.issuers:
                judged = self._judged(kept, issuer)
                for did in issuer.dids:
                    by_did.setdefault(did, judged)
        return TrustedIssuers(MappingProxyType(by_did))

    def _judged(self, kept: KeptList, issuer: TrustedIssuer) -> TrustedIssuer:
        return replace(
            self.suspended.of_issuer(issuer),
            type_iris=_both(issuer.type_iris, kept.types),
            source=kept.name,
            fresh_until=kept.fresh_until(self.max_age),
            is_test=kept.is_test,
        )

    @cached_property
    def _signers(self) -> Mapping[bytes, list[tuple[KeptList, CertificateEntry]]]:
        found: defaultdict[bytes, list[tuple[KeptList, CertificateEntry]]] = defaultdict(list)
        for kept in self.lists:
            for entry in kept.trust_list.certificates:
                if entry.is_signer and "duplicate" not in entry.problems:
                    found[entry.kid].append((kept, entry))
        # Not a defaultdict any more: asking for a stranger's key identifier must not make it grow.
        return dict(found)

    def _signer(self, kept: KeptList, entry: CertificateEntry) -> TrustedSigner | None:
        """Return the signer of an entry; its certificates are read when it is first asked for."""
        key = (kept.name, entry.certificate)
        if key not in self._made:
            signer = _read_signer(kept, entry, kept.fresh_until(self.max_age))
            self._made[key] = None if signer is None else self.suspended.of_signer(signer)
        return self._made[key]


def _read_signer(
    kept: KeptList, entry: CertificateEntry, fresh_until: datetime | None
) -> TrustedSigner | None:
    try:
        certificate = read_certificate(entry.certificate)
        authority = None if entry.authority is None else read_certificate(entry.authority)
    except KeyMaterialError:
        return None
    if certificate.key is None or authority is None:
        return None
    return TrustedSigner(
        kid=entry.kid,
        certificate=certificate.der,
        public_key=certificate.key,
        authority=authority.der,
        name=entry.name or entry.country,
        country=entry.country,
        formats=kept.formats,
        kinds=certificate.kinds,
        # The shell model: nothing outlives what vouches for it.
        valid_from=max(certificate.valid_from, authority.valid_from),
        valid_until=min(certificate.valid_until, authority.valid_until),
        source=kept.name,
        is_test=kept.is_test,
        fresh_until=fresh_until,
        countries=kept.countries,
    )


def _both(own: frozenset[str] | None, limit: frozenset[str] | None) -> frozenset[str] | None:
    if own is None or limit is None:
        return limit if own is None else own
    return own & limit
