"""The issuers a relying party trusts, each for certain types of credential, read from a trust file.

A signature says who signed; whether to believe the signer is the relying party's own knowledge, and it is
kept here: one entry for an authority, with the name the relying party knows it by, all its DIDs, the types
it is trusted for, and since when. A file:

    {"issuers": [{"id": "did:web:moh.example", "name": "Ministry of Health",
                  "keys": ["did:key:zDna...", "did:key:zUC7..."],
                  "types": ["VaccinationStatusCredential"],
                  "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z"}]}

`keys` are other DIDs of the same authority (one did:key for each cryptosuite, say). Without `types` it is
trusted for all. With `"suspended": "why"` it stays known, and nothing of it is accepted. Not here: signed
registries and lists of lists (`health.trust`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from vclib import jsonld
from vclib.data_model import BASE_CONTEXT_V2, CREDENTIALS, is_url
from vclib.datetimes import parse_datetime
from vclib.errors import ConfigurationError, JSONLDError, MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name
from vclib.verdicts import Reason, Severity

# Where a short type name in a trust file gets its meaning; a full type IRI needs no context.
TYPE_CONTEXTS = (BASE_CONTEXT_V2, "https://w3id.org/ddcc/v1")

_MEMBERS = frozenset({"id", "name", "keys", "types", "validFrom", "validUntil", "suspended"})
_BASE_TYPE = CREDENTIALS + "VerifiableCredential"


@dataclass(frozen=True)
class TrustedIssuer:
    """One authority. `dids` holds its id and all other DIDs; `type_iris` is None where all are trusted.

    `source` is the list that it was learned from, "" for the relying party's own file. From `fresh_until` on
    that list is too old to say yes by; `is_test` says that it is one of a test or acceptance system.
    `suspended` is why nothing of it counts now, empty for an authority that does.
    """

    id: str
    name: str
    dids: frozenset[str]
    type_iris: frozenset[str] | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""
    fresh_until: datetime | None = None
    is_test: bool = False
    suspended: str = ""

    def is_trusted_for(self, type_iris: Iterable[str]) -> bool:
        """Say whether every type but VerifiableCredential is one the authority is trusted for.

        Every one, because a reader may take the credential for any of its types; and at least one, unless
        the authority is trusted for all.
        """
        if self.type_iris is None:
            return True
        specific = set(type_iris) - {_BASE_TYPE}
        return bool(specific) and specific <= self.type_iris

    def is_trusted_at(self, moment: datetime) -> bool:
        """Say whether the entry covers `moment`; both ends belong to it."""
        if self.valid_from is not None and moment < self.valid_from:
            return False
        return self.valid_until is None or moment <= self.valid_until


@dataclass(frozen=True)
class TrustedIssuers:
    """The trusted issuers, found by any of their DIDs."""

    by_did: Mapping[str, TrustedIssuer] = field(default_factory=dict)

    @classmethod
    def of(cls, issuers: Iterable[TrustedIssuer]) -> TrustedIssuers:
        """Return a registry; ConfigurationError if two authorities claim one DID."""
        by_did: dict[str, TrustedIssuer] = {}
        for issuer in issuers:
            for did in issuer.dids:
                if did in by_did:
                    raise ConfigurationError(f"two trusted issuers have {did}")
                by_did[did] = issuer
        return cls(MappingProxyType(by_did))

    @classmethod
    def from_json(
        cls, document: JSONObject, *, type_contexts: Collection[str] = TYPE_CONTEXTS
    ) -> TrustedIssuers:
        """Return the registry that a trust file describes.

        Strict: an unknown member, a second entry for one DID or a type without meaning is a
        ConfigurationError, for a slip in this file is a stranger trusted or a ministry refused.
        """
        entries = document.get("issuers")
        if not isinstance(entries, list) or document.keys() != {"issuers"}:
            raise ConfigurationError('trust file: expected {"issuers": [...]} and nothing else')
        return cls.of(
            _issuer(entry, f"issuers[{position}]", type_contexts) for position, entry in enumerate(entries)
        )

    def find(self, issuer_id: str) -> TrustedIssuer | None:
        """Return the authority that has this DID, or None."""
        return self.by_did.get(issuer_id)

    def is_known(self, issuer_id: str) -> bool:
        """Say whether some entry has this DID: fit for `Environment.is_issuer_acceptable`."""
        return issuer_id in self.by_did

    def dids_of(self, issuer_id: str) -> Collection[str]:
        """Return all DIDs of the authority that has this one: fit for `Environment.issuer_keys`."""
        issuer = self.find(issuer_id)
        return {issuer_id} if issuer is None else issuer.dids


def expand_types(
    types: Sequence[str], path: str, type_contexts: Collection[str] = TYPE_CONTEXTS
) -> frozenset[str]:
    """Return types as the IRIs they are compared by (threat A8); ConfigurationError names `path`."""
    return _types([*types], path, type_contexts)


def suspension(name: str, why: str) -> Reason:
    """Return the reason that an authority is suspended, whenever it issued what is shown (threat I3)."""
    message = f"{name} is suspended: nothing that it issued is accepted now."
    return Reason("issuer-suspended", message, detail=why)


def list_reasons(
    source: str, *, fresh_until: datetime | None, is_test: bool, now: datetime
) -> tuple[Reason, ...]:
    """Return what is to be said of the list behind an issuer: too old (I4, M4), or of a test system (I6)."""
    reasons: list[Reason] = []
    if fresh_until is not None and now > fresh_until:
        reasons.append(
            Reason(
                "trust-list-old",
                "The list that says whom to trust is older than allowed here.",
                Severity.UNDECIDED,
                detail=f"{source}, good until {fresh_until.isoformat()}",
            )
        )
    if is_test:
        message = "TEST: this was issued by a test system and proves nothing."
        reasons.append(Reason("test-issuer", message, Severity.NOTE, detail=source))
    return tuple(reasons)


def _issuer(entry: JSONValue, path: str, type_contexts: Collection[str]) -> TrustedIssuer:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{path}: expected an object, found {json_type_name(entry)}")
    unknown = sorted(entry.keys() - _MEMBERS)
    if unknown:
        raise ConfigurationError(f"{path}: the member {unknown[0][:80]!r} is not known")
    issuer_id, name = entry.get("id"), entry.get("name")
    if not isinstance(issuer_id, str) or not is_url(issuer_id):
        raise ConfigurationError(f"{path}.id: expected a DID or another URL")
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"{path}.name: expected the name to show")
    keys = _strings(entry, "keys", path) if "keys" in entry else []
    for key in keys:
        if not is_url(key):
            raise ConfigurationError(f"{path}.keys: expected DIDs")
    dids = frozenset({issuer_id, *keys})
    if len(dids) != len(keys) + 1:
        raise ConfigurationError(f"{path}.keys: a DID stands twice")
    types = _types(_strings(entry, "types", path), path, type_contexts) if "types" in entry else None
    valid_from, valid_until = _moment(entry, "validFrom", path), _moment(entry, "validUntil", path)
    if valid_from is not None and valid_until is not None and valid_until < valid_from:
        raise ConfigurationError(f"{path}.validUntil: the entry ends before it begins")
    return TrustedIssuer(
        issuer_id, name, dids, types, valid_from, valid_until, suspended=_suspended(entry, path)
    )


def _suspended(entry: JSONObject, path: str) -> str:
    if "suspended" not in entry:
        return ""
    reason = entry["suspended"]
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigurationError(f"{path}.suspended: expected the reason as text; leave it out to end it")
    return reason


def _strings(entry: JSONObject, member: str, path: str) -> list[str]:
    value = entry[member]
    strings = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or not strings or len(strings) != len(value):
        raise ConfigurationError(f"{path}.{member}: expected a list of one or more strings")
    return strings


def _types(types: list[str], path: str, type_contexts: Collection[str]) -> frozenset[str]:
    """Return the types as the IRIs they are compared by (threat A8)."""
    try:
        iris = jsonld.expand_types(types, list(type_contexts))
    except (JSONLDError, MalformedValueError) as err:
        raise ConfigurationError(f"{path}.types: {err.message}") from err
    for iri in iris:
        if not is_url(iri) or iri == _BASE_TYPE:
            raise ConfigurationError(f"{path}.types: expected types other than VerifiableCredential")
    return frozenset(iris)


def _moment(entry: JSONObject, member: str, path: str) -> datetime | None:
    if member not in entry:
        return None
    try:
        return parse_datetime(entry[member])
    except MalformedValueError as err:
        raise ConfigurationError(f"{path}.{member}: {err.message}") from err
