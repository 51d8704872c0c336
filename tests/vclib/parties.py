"""Parties with small real keys, who sign what the tests verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vclib.did.key import did_key, did_key_method
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject

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

    def sign(self, document: JSONObject, **options: Any) -> JSONObject:
        """Return `document` with this party's proof; a credential's unless `purpose` says otherwise."""
        members: dict[str, Any] = {"cryptosuite": self.cryptosuite, "created": NOW} | options
        return add_proof(document, key=self.key, verification_method=self.method, **members)

    def present(self, document: JSONObject, **options: Any) -> JSONObject:
        """Return `document`, a presentation, signed for the tests' request unless told otherwise."""
        request: dict[str, Any] = {
            "purpose": AUTHENTICATION,
            "challenge": "8f1c4e0a",
            "domain": "https://venue.example",
        }
        return self.sign(document, **(request | options))


def party(number: int, key_type: KeyType = KeyType.ED25519, cryptosuite: str = "eddsa-rdfc-2022") -> Party:
    return Party(PrivateKey.from_secret_bytes(key_type, bytes([number]) * 32), cryptosuite)
