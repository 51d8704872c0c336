"""Registries as signed credentials, for tests: a publisher, entities, what they may issue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from health.trust.recognized_entities import CONTEXT
from tests.vclib.parties import Party, party
from vclib.data_model import BASE_CONTEXT_V2
from vclib.datetimes import parse_datetime
from vclib.strict_json import JSONObject, JSONValue

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
VACCINATION_TYPE = "https://w3id.org/ddcc#VaccinationStatusCredential"
REGISTRY_TYPE = "https://www.w3.org/ns/credentials/recognized-entities#RecognizedEntityCredential"
REGISTRY = "https://registry.example/2026"

PUBLISHER = party(21)


def action(*types: str, **members: JSONValue) -> JSONObject:
    """Return the action of issuing these types, or every type without any."""
    found: JSONObject = {"type": "RecognizedAction", "action": "issue", "recognizedBy": PUBLISHER.did}
    if types:
        found["outputValidation"] = [{"id": each, "type": "CredentialType"} for each in types]
    return found | members


def entity(
    did: str, *actions: JSONObject, name: str = "Ministry of Health", **members: JSONValue
) -> JSONObject:
    """Return an entity with its actions; every type of credential where none is named."""
    recognised: list[JSONValue] = [*(actions or (action(),))]
    return {"id": did, "type": "RecognizedEntity", "name": name, "recognizedTo": recognised, **members}


def registry(*entities: JSONObject, publisher: Party = PUBLISHER, **members: JSONValue) -> JSONObject:
    """Return an unsigned registry of this year's second half."""
    return {
        "@context": [BASE_CONTEXT_V2, CONTEXT],
        "id": REGISTRY,
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "issuer": {"id": publisher.did, "type": "RecognizedIssuer", "name": "Registry"},
        "validFrom": "2026-06-01T00:00:00Z",
        "validUntil": "2026-12-31T00:00:00Z",
        "credentialSubject": [*entities],
        **members,
    }


def signed(*entities: JSONObject, publisher: Party = PUBLISHER, **members: Any) -> JSONObject:
    """Return a registry with its publisher's signature, made when it begins."""
    unsigned = registry(*entities, publisher=publisher, **members)
    return publisher.sign(unsigned, created=parse_datetime(unsigned["validFrom"]))
