"""The trust file: read strictly, and asked by DID, type and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers

MINISTRY = "did:web:moh.example"
KEY = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"
VACCINATION = "https://w3id.org/ddcc#VaccinationStatusCredential"
TEST = "https://w3id.org/ddcc#TestResultCredential"
BASE = "https://www.w3.org/2018/credentials#VerifiableCredential"


def _registry(**changes: Any) -> TrustedIssuers:
    entry: dict[str, Any] = {"id": MINISTRY, "name": "Ministry of Health"}
    return TrustedIssuers.from_json({"issuers": [entry | changes]})


def _only(registry: TrustedIssuers) -> TrustedIssuer:
    issuer = registry.find(MINISTRY)
    assert issuer is not None
    return issuer


def test_an_authority_is_found_by_any_of_its_dids() -> None:
    registry = _registry(keys=[KEY])
    assert registry.find(MINISTRY) == registry.find(KEY)
    assert _only(registry).name == "Ministry of Health"
    assert set(registry.dids_of(KEY)) == {MINISTRY, KEY}
    assert registry.is_known(KEY)


def test_a_stranger_is_not_found_and_is_nobody_but_itself() -> None:
    """I1."""
    registry = _registry(keys=[KEY])
    assert registry.find("did:web:moh.example.evil.example") is None
    assert not registry.is_known("did:web:MOH.example")
    assert set(registry.dids_of("did:web:evil.example")) == {"did:web:evil.example"}


def test_a_short_type_and_its_iri_are_the_same_type() -> None:
    """A8."""
    assert _only(_registry(types=["VaccinationStatusCredential"])).type_iris == {VACCINATION}
    assert _only(_registry(types=[VACCINATION])).type_iris == {VACCINATION}


@pytest.mark.parametrize(
    ("types", "credential_types", "trusted"),
    [
        (["VaccinationStatusCredential"], [BASE, VACCINATION], True),
        (["VaccinationStatusCredential"], [BASE, TEST], False),
        (["VaccinationStatusCredential"], [BASE, VACCINATION, TEST], False),
        (["VaccinationStatusCredential"], [BASE], False),
        (["VaccinationStatusCredential", "TestResultCredential"], [VACCINATION, TEST, BASE], True),
        (["VaccinationStatusCredential"], [BASE, "https://evil.example/#VaccinationStatusCredential"], False),
    ],
)
def test_an_authority_is_trusted_for_its_types_only(
    types: list[str], credential_types: list[str], trusted: bool
) -> None:
    """A8, I2: every type counts, since a reader may go by any of them."""
    assert _only(_registry(types=types)).is_trusted_for(credential_types) is trusted


def test_an_authority_without_types_is_trusted_for_all() -> None:
    assert _only(_registry()).is_trusted_for([BASE, "https://example.org/#Anything"])


def test_trust_has_a_beginning_and_an_end() -> None:
    """I3."""
    issuer = _only(_registry(validFrom="2026-01-01T00:00:00Z", validUntil="2026-12-31T00:00:00Z"))
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    second = timedelta(seconds=1)
    moments = (start - second, start, end, end + second)
    assert [issuer.is_trusted_at(moment) for moment in moments] == [False, True, True, False]


def test_trust_without_dates_has_no_end() -> None:
    assert _only(_registry()).is_trusted_at(datetime(2999, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "moh"}, r"issuers\[0\]\.id: expected a DID"),
        ({"id": None}, r"issuers\[0\]\.id: expected a DID"),
        ({"name": ""}, r"issuers\[0\]\.name: expected the name"),
        ({"name": {"en": "Ministry"}}, r"issuers\[0\]\.name: expected the name"),
        ({"keys": []}, r"issuers\[0\]\.keys: expected a list"),
        ({"keys": KEY}, r"issuers\[0\]\.keys: expected a list"),
        ({"keys": ["z6Mk"]}, r"issuers\[0\]\.keys: expected DIDs"),
        ({"keys": [KEY, KEY]}, r"issuers\[0\]\.keys: a DID stands twice"),
        ({"keys": [MINISTRY]}, r"issuers\[0\]\.keys: a DID stands twice"),
        ({"types": []}, r"issuers\[0\]\.types: expected a list"),
        ({"types": [1]}, r"issuers\[0\]\.types: expected a list"),
        ({"types": ["VaccinationCredential"]}, r"issuers\[0\]\.types: .*VaccinationCredential"),
        ({"types": ["VerifiableCredential"]}, r"issuers\[0\]\.types: expected types other than"),
        ({"validFrom": "2026"}, r"issuers\[0\]\.validFrom: expected a date-time"),
        (
            {"validFrom": "2026-01-02T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
            "ends before it begins",
        ),
        ({"type": ["VaccinationStatusCredential"]}, r"issuers\[0\]: the member 'type' is not known"),
    ],
)
def test_a_slip_in_the_trust_file_is_refused_by_its_place(changes: JSONObject, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        _registry(**changes)


@pytest.mark.parametrize("document", [{}, {"issuers": {}}, {"issuers": [], "version": 1}, {"issuer": []}])
def test_a_trust_file_holds_a_list_of_issuers_and_nothing_else(document: JSONObject) -> None:
    with pytest.raises(ConfigurationError, match="trust file: expected"):
        TrustedIssuers.from_json(document)


def test_an_entry_is_an_object() -> None:
    with pytest.raises(ConfigurationError, match=r"issuers\[0\]: expected an object, found a string"):
        TrustedIssuers.from_json({"issuers": [MINISTRY]})


def test_two_authorities_cannot_have_one_did() -> None:
    with pytest.raises(ConfigurationError, match="two trusted issuers have did:key:z6Mk"):
        TrustedIssuers.from_json(
            {
                "issuers": [
                    {"id": MINISTRY, "name": "Ministry of Health", "keys": [KEY]},
                    {"id": KEY, "name": "Somebody"},
                ]
            }
        )


def test_an_empty_registry_trusts_nobody() -> None:
    assert not TrustedIssuers().is_known(MINISTRY)
