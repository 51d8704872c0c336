"""A registry as a credential, written from a trust file's entries: what `recognized_entities` reads again.

The entries are those of a trust file, so one form says whom a relying party trusts and whom a publisher
recognises. Not here: signing it (`vclib.proofs`), and links to further registries.
"""

from __future__ import annotations

from datetime import datetime

from health.trust.recognized_entities import CONTEXT
from vclib.data_model import BASE_CONTEXT_V2
from vclib.datetimes import format_datetime
from vclib.strict_json import JSONObject, JSONValue
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers


def registry_credential(
    entries: TrustedIssuers,
    *,
    registry_id: str,
    publisher: str,
    name: str,
    begins: datetime,
    ends: datetime,
) -> JSONObject:
    """Return the credential, unsigned: `registry_id` is a URL that stays, `publisher` the DID that signs."""
    issuers = sorted({issuer.id: issuer for issuer in entries.by_did.values()}.items())
    return {
        "@context": [BASE_CONTEXT_V2, CONTEXT],
        "id": registry_id,
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "issuer": {"id": publisher, "type": "RecognizedIssuer", "name": name},
        "validFrom": format_datetime(begins),
        "validUntil": format_datetime(ends),
        "credentialSubject": [_entity(issuer, publisher) for _, issuer in issuers],
    }


def _entity(issuer: TrustedIssuer, publisher: str) -> JSONObject:
    action: JSONObject = {"type": "RecognizedAction", "action": "issue", "recognizedBy": publisher}
    if issuer.type_iris is not None:
        action["outputValidation"] = [
            {"id": each, "type": "CredentialType"} for each in sorted(issuer.type_iris)
        ]
    for member, moment in (("validFrom", issuer.valid_from), ("validUntil", issuer.valid_until)):
        if moment is not None:
            action[member] = format_datetime(moment)
    entity: JSONObject = {
        "id": issuer.id,
        "type": "RecognizedEntity",
        "name": issuer.name,
        "recognizedTo": [action],
    }
    others: list[JSONValue] = [*sorted(issuer.dids - {issuer.id})]
    if others:
        entity["sameAs"] = others
    if issuer.suspended:
        entity["suspended"] = issuer.suspended
    return entity
