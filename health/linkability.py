"""Which values of a presentation make its holder recognisable, told before consent (D14 in the threat list).

Selective disclosure hides what is not disclosed. It does not hide that two presentations came from one
person if both carry the same rare value: an identifier, a place in a status list, a signature, the second
in which the credential was issued. The wallet names each such value with a reason in plain words, so that
the holder knows what "minimal" still gives away. Values that thousands share (a brand, a dose number) are
not listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from health.claims import claims_from_credential
from health.codes import Language, read_rows
from vclib.strict_json import JSONObject, JSONValue

# Suites whose derived proof is new each time; every other proof carries values of the issuer's signature.
_UNLINKABLE_SUITES = frozenset({"bbs-2023"})

# Times that many credentials share: midnight, the last second of a day. Any other one is somebody's own.
_SHARED_TIME = re.compile(r"T(?:00:00:00|23:59:59)(?:Z|[+-][0-9:]{5})$")

# Pattern of the pointer (array indexes included) -> key of the reason in data/reasons.tsv.
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"/id", "credential-id"),
        (r"/credentialStatus(/[0-9]+)?/id", "status-id"),
        (r"/credentialStatus(/[0-9]+)?/statusListIndex", "status-index"),
        (r"/credentialSubject/id", "holder"),
        (r"/hcid", "hcid"),
        (r"/credentialSubject/personIdentifier(/[0-9]+)?", "person-identifier"),
        (r"/credentialSubject/name", "name"),
        (r"/credentialSubject/birthDate", "birth-date"),
        (r"/credentialSubject/vaccination/lot", "lot"),
        (r"/credentialSubject/test/sampleCollected", "sample-time"),
    )
)
_VALIDITY = ("/validFrom", "/validUntil")


@dataclass(frozen=True, slots=True)
class LinkableValue:
    """A value by which presentations can be linked: where it is, what it is called, and why."""

    pointer: str
    label: str
    reason: str


def linkable_values(document: JSONObject, language: Language = "en") -> tuple[LinkableValue, ...]:
    """Return the values of a credential, whole or derived, by which its holder can be recognised again."""
    found = []
    for claim in claims_from_credential(document, language):
        key = _reason_key(claim.pointer)
        if claim.pointer in _VALIDITY and not is_shared_time(document.get(claim.pointer[1:])):
            key = "exact-time"
        if key is not None:
            found.append(LinkableValue(claim.pointer, claim.label, _reasons()[key][language]))
    if _has_linkable_proof(document):
        found.append(
            LinkableValue("/proof", _reasons()["proof-label"][language], _reasons()["proof"][language])
        )
    return tuple(found)


def is_shared_time(moment: JSONValue) -> bool:
    """Say whether a date-time is one that many credentials share: midnight, or a day's last second."""
    return isinstance(moment, str) and _SHARED_TIME.search(moment) is not None


def _reason_key(pointer: str) -> str | None:
    return next((reason for pattern, reason in _REASONS if pattern.fullmatch(pointer)), None)


def _has_linkable_proof(document: JSONObject) -> bool:
    proof = document.get("proof")
    proofs = proof if isinstance(proof, list) else [proof]
    return any(
        isinstance(item, dict) and item.get("cryptosuite") not in _UNLINKABLE_SUITES for item in proofs
    )


@cache
def _reasons() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(
        {key: MappingProxyType({"en": en, "fr": fr}) for key, en, fr in read_rows("reasons.tsv")}
    )
