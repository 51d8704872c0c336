"""The parties as fixtures, and makers of what they sign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.vclib.parties import NOW, Party, party
from vclib.did import resolver
from vclib.environment import Environment
from vclib.keys import KeyType
from vclib.strict_json import JSONObject, JSONValue


@pytest.fixture(scope="session")
def ministry() -> Party:
    return party(1)


@pytest.fixture(scope="session")
def ministry_bbs() -> Party:
    return party(2, KeyType.BLS12_381_G2, "bbs-2023")


@pytest.fixture(scope="session")
def ministry_sd() -> Party:
    return party(3, KeyType.P256, "ecdsa-sd-2023")


@pytest.fixture(scope="session")
def alice() -> Party:
    return party(4)


@pytest.fixture(scope="session")
def mallory() -> Party:
    return party(5)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture
def unsigned(ministry: Party, alice: Party) -> Callable[..., JSONObject]:
    """A maker of credentials by the ministry about Alice; a member set to ... is left out."""

    def make(**changes: Any) -> JSONObject:
        members: dict[str, Any] = {
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"],
            "type": ["VerifiableCredential", "TestResultCredential"],
            "issuer": {"id": ministry.did, "name": "Ministry of Health"},
            "validFrom": "2026-06-01T00:00:00Z",
            "validUntil": "2026-12-31T23:59:59Z",
            "credentialSubject": {"id": alice.did, "type": "HealthSubject", "name": "Alice Example"},
        }
        if "context" in changes:
            changes["@context"] = changes.pop("context")
        members |= changes
        return {name: value for name, value in members.items() if value is not ...}

    return make


@pytest.fixture
def presentation() -> Callable[..., JSONObject]:
    """A maker of unsigned presentations of the credentials given."""

    def make(*credentials: JSONValue, **changes: Any) -> JSONObject:
        members: dict[str, Any] = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
        }
        if credentials:
            members["verifiableCredential"] = list(credentials)
        return members | changes

    return make


@pytest.fixture
def environment() -> Callable[..., Environment]:
    """A maker of environments at the tests' moment, which resolve did:key and fetch nothing."""

    def make(**settings: Any) -> Environment:
        members: dict[str, Any] = {"resolve": resolver(), "now": NOW} | settings
        return Environment(**members)

    return make
