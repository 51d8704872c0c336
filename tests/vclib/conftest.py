"""Parties with small real keys, and the documents they sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from vclib.did import resolver
from vclib.did.key import did_key, did_key_method
from vclib.environment import Environment
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject, JSONValue

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Party:
    """Somebody with a key and the did:key of it."""

    key: PrivateKey
    cryptosuite: str

    @property
    def did(self) -> str:
        return did_key(self.key.public_key)

    @property
    def method(self) -> str:
        return did_key_method(self.key.public_key)

    def sign(self, document: JSONObject, **options: object) -> JSONObject:
        """Return `document` with this party's proof; a credential's unless `purpose` says otherwise."""
        members: dict[str, object] = {"cryptosuite": self.cryptosuite, "created": NOW} | options
        return add_proof(document, key=self.key, verification_method=self.method, **members)

    def present(self, document: JSONObject, **options: object) -> JSONObject:
        """Return `document`, a presentation, signed for the tests' request unless told otherwise."""
        request: dict[str, object] = {"challenge": "8f1c4e0a", "domain": "https://venue.example"}
        return self.sign(document, purpose=AUTHENTICATION, **(request | options))


def _party(number: int, key_type: KeyType = KeyType.ED25519, cryptosuite: str = "eddsa-rdfc-2022") -> Party:
    return Party(PrivateKey.from_secret_bytes(key_type, bytes([number]) * 32), cryptosuite)


@pytest.fixture(scope="session")
def ministry() -> Party:
    return _party(1)


@pytest.fixture(scope="session")
def ministry_bbs() -> Party:
    return _party(2, KeyType.BLS12_381_G2, "bbs-2023")


@pytest.fixture(scope="session")
def ministry_sd() -> Party:
    return _party(3, KeyType.P256, "ecdsa-sd-2023")


@pytest.fixture(scope="session")
def alice() -> Party:
    return _party(4)


@pytest.fixture(scope="session")
def mallory() -> Party:
    return _party(5)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture
def unsigned(ministry: Party, alice: Party) -> Callable[..., JSONObject]:
    """A maker of credentials by the ministry about Alice; a member set to ... is left out."""

    def make(**changes: object) -> JSONObject:
        members: dict[str, object] = {
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
        return {name: value for name, value in members.items() if value is not ...}  # type: ignore[misc]

    return make


@pytest.fixture
def presentation() -> Callable[..., JSONObject]:
    """A maker of unsigned presentations of the credentials given."""

    def make(*credentials: JSONValue, **changes: object) -> JSONObject:
        members: dict[str, object] = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
        }
        if credentials:
            members["verifiableCredential"] = list(credentials)
        return members | changes  # type: ignore[return-value]

    return make


@pytest.fixture
def environment() -> Callable[..., Environment]:
    """A maker of environments at the tests' moment, which resolve did:key and fetch nothing."""

    def make(**settings: object) -> Environment:
        members: dict[str, object] = {"resolve": resolver(), "now": NOW} | settings
        return Environment(**members)  # type: ignore[arg-type]

    return make
